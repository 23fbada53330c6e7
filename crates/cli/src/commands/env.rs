//! `posse env`: command lines whose effect on the environment all commands to come have.

use super::Outcome;
use crate::error::{Error, Kind};
use crate::limits::ENVIRONMENT_BYTES_MAX;
use crate::output::visible;
use crate::run::environment::{self, From, Load};
use crate::run::plan::{Plan, What};
use crate::run::{self, check};
use crate::tell;
use posse::{Command, Fd, RunEvent, Vm};
use std::collections::{BTreeMap, BTreeSet};

/// Load modules and the like for the commands to come, or show what a host loads
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["load", "show", "clear"]))]
#[command(after_help = "Example:\n  posse env --load 'module load gcc; conda activate x'\n  \
        posse env --load 'module load cuda' -H @gpu\n  \
        posse env --show lab1      what it loads, and what that changes there\n  \
        posse env --clear -H @gpu\n\n\
        The lines run once a host in one login shell, and what they change in the environment \
        is added\nto that of later commands: first the line for all hosts, then the user's \
        file, then the lines for\nsome hosts. The file is ~/.config/posse/env, its lines \
        `HOSTSET: shell text`. Hostsets mean what\nthey mean when a command starts. \
        `posse export` sets single variables.")]
#[group(skip)]
pub struct Args {
    /// Run this line once on each host, and keep what it changes
    #[arg(long, value_name = "LINE")]
    load: Option<String>,
    /// Print what this host loads, and what that changes in its environment
    #[arg(long, value_name = "HOST", conflicts_with = "hosts")]
    show: Option<String>,
    /// Forget the lines that are loaded, with -H only that of this hostset
    #[arg(long)]
    clear: bool,
    /// For these hosts only
    #[arg(short = 'H', long, short_alias = 'w', value_name = "HOSTSET")]
    hosts: Option<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let hosts = args.hosts.as_deref().map(str::trim);
    if let Some(line) = &args.load {
        load(&vm, line, hosts)?;
    } else if let Some(host) = &args.show {
        show(&vm, host)?;
    } else if environment::forget(&vm, hosts)? == 0 {
        let of = hosts.map_or_else(String::new, |hosts| format!(" for `{hosts}`"));
        tell::note(&format!("no line{of} was loaded"));
    }
    Ok(0)
}

/// Tried at once, so that a mistake in it is said now and not by the next command.
fn load(vm: &Vm, line: &str, hosts: Option<&str>) -> Result<(), Error> {
    if line.trim().is_empty() {
        return Err(Error::usage("the line is empty").hint("`posse env --clear` forgets one"));
    }
    let (loads, load, before) = environment::with(environment::loads(vm)?, hosts, line);
    if let Some(before) = before.filter(|before| before != line) {
        tell::note(&format!("instead of `{before}`"));
    }
    let mut command = environment::apply(Command::argv(["true"]), &loads);
    if let Some(hosts) = hosts {
        command = command.hosts(hosts);
    }
    check::everywhere(vm, &command, "the line")?;
    environment::keep(vm, &load)
}

/// The lines, then the variables that differ with them.
fn show(vm: &Vm, host: &str) -> Result<(), Error> {
    let host = run::one_host(vm, host)?.name;
    let mut applied = Vec::new();
    for load in environment::loads(vm)? {
        let here = load.hosts.as_deref().map(|hosts| vm.selects(hosts, &host)).transpose()?;
        if here.unwrap_or(true) {
            applied.push(load);
        }
    }
    for load in &applied {
        tell::say(&visible(described(load).as_bytes()));
    }
    if applied.is_empty() {
        tell::note(&format!("{host} loads nothing"));
        return Ok(());
    }
    let (without, with) = (environ(vm, &host, false)?, environ(vm, &host, true)?);
    difference(&without, &with).iter().for_each(|line| tell::say(&visible(line.as_bytes())));
    Ok(())
}

/// `# lab[1-4]: module load gcc`.
fn described(load: &Load) -> String {
    let place = match &load.from {
        From::Vm(_) => String::new(),
        From::File(place) => format!("  ({place})"),
    };
    format!("# {}: {}{place}", load.hosts.as_deref().unwrap_or("all hosts"), load.text)
}

type Environ = BTreeMap<String, String>;

/// That of a command on this host.
fn environ(vm: &Vm, host: &str, loads: bool) -> Result<Environ, Error> {
    let mut plan = Plan::new(What::Argv(vec!["cat".into(), "/proc/self/environ".into()]));
    plan.hosts = Some(host.to_owned());
    plan.directory = Some("/".into());
    plan.loads = loads;
    let mut run = vm.run(&plan.command(vm)?)?;
    let (mut text, mut complaint) = (Vec::new(), Vec::new());
    while let Some(event) = run.next_event(None)? {
        match event {
            RunEvent::Output { fd, bytes, .. } => {
                let kept = if fd == Fd::STDOUT { &mut text } else { &mut complaint };
                let room = ENVIRONMENT_BYTES_MAX.saturating_sub(kept.len());
                kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            RunEvent::Exit { status, .. } if status.code() != 0 => {
                let why = crate::output::status_text(&status);
                let said = String::from_utf8_lossy(&complaint).trim().to_owned();
                return Err(Error::new(Kind::Hosts, format!("{host}: {why} {said}")));
            }
            _ => {}
        }
    }
    Ok(parse(&text))
}

fn parse(environ: &[u8]) -> Environ {
    let pair = |entry: &[u8]| {
        let text = String::from_utf8_lossy(entry).into_owned();
        text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    environ.split(|byte| *byte == 0).filter_map(pair).collect()
}

/// `NAME=VALUE` or `unset NAME`, sorted by name. Each command has a number and a token of its own.
fn difference(without: &Environ, with: &Environ) -> Vec<String> {
    let own = |name: &str| name.starts_with("POSSE_");
    let names: BTreeSet<&String> =
        without.keys().chain(with.keys()).filter(|name| !own(name)).collect();
    let changed = names.into_iter().filter(|name| without.get(*name) != with.get(*name));
    let line = |name: &String| match with.get(name) {
        Some(value) => format!("{name}={value}"),
        None => format!("unset {name}"),
    };
    changed.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{difference, parse};

    #[test]
    fn what_differs_is_shown_by_name() {
        let without = parse(b"B=2\0A=two\nlines\0GONE=x\0POSSE_TOKEN=1\0");
        let with = parse(b"A=two\nlines\0C=\0B=3=4\0POSSE_TOKEN=2\0");
        assert_eq!(difference(&without, &with), ["B=3=4", "C=", "unset GONE"]);
        assert!(difference(&with, &with).is_empty());
    }
}
