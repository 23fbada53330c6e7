//! `posse net`: how each pair of hosts is connected.

use super::Outcome;
use crate::error::Error;
use crate::net::{Asked, Pair, Paper, fold, line, matrix, object, summary, survey};
use crate::output::{colour_wanted, visible};
use crate::run::local::window_size;
use crate::{run, tell};
use indicatif::{ProgressBar, ProgressStyle};
use posse::{HostEntry, HostId, Vm};
use std::io::{self, IsTerminal};

/// Bytes of a burst each way: on a line of 100 Mbit/s a tenth of a second.
const BURST_BYTES: u32 = 1024 * 1024;

/// Show how each pair of hosts is connected: directly, or through which others
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse net                      all hosts and this computer, as a matrix\n  \
        posse net --fold               a line for all pairs that are connected alike\n  \
        posse net 'lab[1-4]' --list    a line a pair\n  \
        posse net lab1,lab2 --list --bandwidth\n\n\
        Every two hosts that are no neighbours in the tree are tried: one dials the other, then\n\
        the other way round, each for 2 s at most, 8 pairs at a time; a pair costs some small\n\
        frames. With N hosts that are N*(N-1)/2 pairs: 780 for 40. What cannot be reached\n\
        directly goes through the tree; its round trip is the sum of the links between.\n\
        With --bandwidth each direct pair also carries 1 MiB each way, 1.6 GB in all for 40\n\
        hosts; on far lines that is too short for TCP to find its pace.")]
pub struct Args {
    /// Only these, and this computer [default: all that are up]
    #[arg(value_name = "HOSTSET")]
    hosts: Option<String>,
    /// A line a pair
    #[arg(short, long)]
    list: bool,
    /// Hosts that are connected alike in one line
    #[arg(long, conflicts_with = "list")]
    fold: bool,
    /// Measure what direct pairs carry, 1 MiB each way; shown by --list and --json
    #[arg(short, long)]
    bandwidth: bool,
    /// One JSON object a pair
    #[arg(long, conflicts_with_all = ["list", "fold"])]
    json: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let connect = || run::connect(vm);
    let here = connect()?;
    let (all, hosts) = (here.hosts().to_vec(), hosts(&here, args.hosts.as_deref())?);
    let names: Vec<String> = hosts.iter().map(|host| shown(&host.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let burst = if args.bandwidth { BURST_BYTES } else { 0 };
    let bar = bar((hosts.len() * (hosts.len() - 1) / 2) as u64);
    let pairs =
        survey(&Asked { connect: &connect, all: &all, hosts: &hosts, burst }, || bar.inc(1));
    bar.finish_and_clear();
    show(args, &names, &pairs?);
    Ok(0)
}

/// Those that are meant, and this computer before them.
fn hosts(vm: &Vm, text: Option<&str>) -> Result<Vec<HostEntry>, Error> {
    let mut hosts = run::hosts_up(vm, text)?;
    if !hosts.iter().any(|host| host.number == HostId::OWNER) {
        let owner = vm.hosts().iter().find(|host| host.number == HostId::OWNER).cloned();
        hosts.splice(0..0, owner);
    }
    Ok(hosts)
}

fn shown(name: &str) -> String {
    visible(name.as_bytes())
}

fn show(args: &Args, names: &[&str], pairs: &[Pair]) {
    if args.json {
        return pairs.iter().for_each(|pair| tell::say(&object(names, pair)));
    }
    if args.list {
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let text = |pair| shown(&line(names, pair, width));
        return pairs.iter().for_each(|pair| tell::say(&text(pair)));
    }
    let paper = Paper {
        columns: window_size().columns.into(),
        colour: colour_wanted(io::stdout().is_terminal(), |name| std::env::var_os(name)),
    };
    let lines = Some(()).filter(|()| !args.fold).and_then(|()| matrix(names, pairs, paper));
    let lines = lines.unwrap_or_else(|| fold(names, pairs, paper));
    lines.iter().for_each(|line| tell::say(line));
    tell::say(&shown(&summary(pairs)));
}

fn bar(pairs: u64) -> ProgressBar {
    let bar = ProgressBar::new(pairs);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} pairs {wide_bar} {eta}")
    {
        bar.set_style(style);
    }
    bar
}
