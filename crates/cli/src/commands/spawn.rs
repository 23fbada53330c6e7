//! `posse spawn`: processes of a program that take part in messages.

use super::Outcome;
use crate::error::Error;
use crate::limits::SPAWNED_MAX;
use crate::run::members::Member;
use crate::run::plan::{Mode, Plan, What};
use crate::run::{self, detached, drive, members, stage};
use crate::tell;
use posse::{HostEntry, HostId, Placement, Vm};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Start processes of a program that send messages to each other; prints their ids
#[derive(clap::Args, Debug)]
#[command(
    trailing_var_arg = true,
    after_help = "Example:\n  posse spawn -n 8 ./workers\n  \
        posse spawn --per-host 2 -H 'lab[1-4]' --wait ./ring 1000\n\n\
        A line is the id of a process, its host, its process number (`-` where it is over).\n\
        The processes outlive this terminal; `posse ps` has the number of their command for\n\
        `posse out`, `attach` and `kill`. Exit status: as that of `posse e`."
)]
pub struct Args {
    /// Processes in all: on hosts with free slots first, by load and measured speed
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "per_host",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(SPAWNED_MAX)))]
    count: Option<u32>,
    /// Which hosts [default: the mask in force, else all]
    #[arg(short = 'H', long = "hosts", value_name = "HOSTSET")]
    hosts: Option<String>,
    /// So many on each host instead
    #[arg(long, value_name = "K",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(SPAWNED_MAX)))]
    per_host: Option<u32>,
    /// With -n: each host in turn, whatever it has and does
    #[arg(long, conflicts_with = "per_host")]
    round_robin: bool,
    /// Start there; `~` is the home of each host
    #[arg(short = 'C', long = "cd", value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Set a variable; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = super::e::variable)]
    environment: Vec<(String, String)>,
    /// Send the program to hosts that have none of its name
    #[arg(long)]
    stage: bool,
    /// Stay, and show what they print as `posse e` does; they end with this command
    #[arg(long)]
    wait: bool,
    /// One JSON object a process; with --wait, one a line and exit
    #[arg(long)]
    json: bool,
    /// The program and its arguments
    #[arg(value_name = "PROGRAM", required = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let mut plan = Plan::new(What::Argv(args.words.clone()));
    plan.hosts.clone_from(&args.hosts);
    plan.directory.clone_from(&args.directory);
    plan.environment.clone_from(&args.environment);
    if args.json {
        plan.mode = Mode::Json;
    }
    let hosts = drive::hosts(&vm, &plan)?;
    plan.on = on(&vm, args, &hosts)?;
    if args.stage && !stage::send(&vm, &mut plan)? {
        return Ok(NOT_STARTED);
    }
    if args.wait { drive::run(&vm, &plan) } else { detach(&vm, &plan, &hosts, args.json) }
}

/// The host of each process. Those of one host have neighbouring ranks.
fn on(vm: &Vm, args: &Args, hosts: &[HostEntry]) -> Result<Vec<HostId>, Error> {
    let per_host = args.per_host.unwrap_or(0) as usize;
    let size = args.count.map_or(hosts.len() * per_host, |count| count as usize).max(1);
    if size > SPAWNED_MAX as usize {
        let text = format!("{size} processes are over the limit of {SPAWNED_MAX} for one command");
        return Err(Error::usage(text));
    }
    let how = if args.round_robin { Placement::RoundRobin } else { Placement::ByLoad };
    let chosen = match args.per_host {
        Some(_) => hosts.iter().flat_map(|host| vec![host.number; per_host]).collect(),
        None => vm.place(args.count.unwrap_or(1), hosts, how)?,
    };
    let mut places: BTreeMap<HostId, usize> = BTreeMap::new();
    for host in &chosen {
        *places.entry(*host).or_default() += 1;
    }
    let each = |host: &HostEntry| vec![host.number; places.get(&host.number).copied().unwrap_or(0)];
    Ok(hosts.iter().flat_map(each).collect())
}

/// Starts them, prints who they are, and says which could not be started.
fn detach(vm: &Vm, plan: &Plan, hosts: &[HostEntry], json: bool) -> Outcome {
    let entry = vm.run_detached(&plan.command(vm)?)?;
    let names: BTreeMap<HostId, &str> =
        hosts.iter().map(|host| (host.number, host.name.as_str())).collect();
    let named: Vec<&str> =
        plan.on.iter().map(|number| names.get(number).copied().unwrap_or("?")).collect();
    detached::remember(vm, &entry, 1, &named)?;
    let found = members::of(vm, &plan.on, entry.id, plan.on.len())?;
    let mut worst = 0;
    for (rank, member) in found.iter().enumerate() {
        let host = named[rank];
        let Some(member) = member else {
            tell::note(&format!("{host}: did not say whether rank {rank} was started"));
            worst = LOST;
            continue;
        };
        if let Some(why) = members::not_started(member) {
            tell::note(&format!("{host}: {why}"));
            worst = worst.max(if why.contains("not found") { NOT_FOUND } else { NOT_STARTED });
            continue;
        }
        tell::say(&line(member, host, rank, entry.number, json));
    }
    Ok(worst)
}

/// As [`posse::Status::code`] has them.
const LOST: u8 = 255;
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

fn line(member: &Member, host: &str, rank: usize, number: u32, json: bool) -> String {
    let (id, pid) = (member.entry.process, member.pid);
    if json {
        let object = json!({
            "id": id.to_string(), "process": id.0, "host": host, "rank": rank, "pid": pid,
            "command": number,
        });
        return object.to_string();
    }
    let pid = pid.map_or("-".to_owned(), |pid| pid.to_string());
    format!("{id} {host} {pid}")
}
