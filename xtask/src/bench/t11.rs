//! T11: what a host of an idle vm costs: private memory and wake-ups of daemon and keeper.
//!
//! Called by `commands.rs`, and by `reliability.rs` for its own vm.

use std::time::Duration;

use anyhow::{Result, ensure};
use posse_bed::{LoopbackOptions, Process, ProcessCensus};

use super::contest::Contest;
use super::figure::{Figure, Measure};
use super::ground::Ground;
use super::spec::{Found, Spec, at_most};

pub const ROW: Spec = Spec {
    name: "T11",
    what: "private memory of daemon and keeper, each host of an idle vm",
    target: "≤ 4 MB, no wake-up but the heartbeat",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 4.0),
    run,
};

const HOSTS: usize = 16;
const WATCHED: Duration = Duration::from_secs(5);

fn run(_: &Contest) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default())?;
    let measured = ground.up().and_then(|()| idle(&ground));
    let (posse, notes) = match measured {
        Ok(idle) => (Figure::number("posse", idle.megabytes, "MB"), vec![idle.note()]),
        Err(error) => (Figure::failed("posse", &error), vec![]),
    };
    let peers = sshd(&ground).into_iter().collect();
    Ok(Found { posse, floor: Figure::Absent, peers, notes })
}

/// What the sshd processes of the same links take. They are known by the namespace that they share
/// with our daemons, since sshd writes its title over its environment.
fn sshd(ground: &Ground) -> Option<Figure> {
    let space = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let bed = ground.ours().iter().find_map(|process| space(process.pid))?;
    let all = ProcessCensus::new().executable("/usr/sbin/sshd").snapshot().processes;
    let sessions = all.iter().filter(|process| process.command.starts_with("sshd: "));
    let kib: f64 = sessions
        .filter(|process| space(process.pid).as_ref() == Some(&bed))
        .map(|process| private_kib(process.pid))
        .sum();
    let each = kib * 1024.0 / 1e6 / HOSTS as f64;
    (each > 0.0).then(|| Figure::number("sshd of the same links", each, "MB"))
}

/// For each host: private memory, and wake-ups a second there and for it at the owner.
pub struct Idle {
    pub megabytes: f64,
    wakeups: f64,
    owner: f64,
}

impl Idle {
    pub fn note(&self) -> String {
        format!(
            "{:.1} wake-ups a second of a host's daemon and keeper (4 heartbeats among them), \
             {:.1} of the owner's daemon for each host (their answers)",
            self.wakeups, self.owner
        )
    }
}

/// Of a vm of 16 hosts.
pub fn idle(ground: &Ground) -> Result<Idle> {
    let ours = ground.ours();
    ensure!(!ours.is_empty(), "found no daemon");
    let (owner, hosts): (Vec<Process>, Vec<Process>) =
        ours.into_iter().partition(|process| process.command.contains("--host 0 "));
    let count = |all: &[Process]| all.iter().map(|process| wakeups(process.pid)).sum::<f64>();
    let before = (count(&hosts), count(&owner));
    // Nothing happens in this time: that is the point.
    std::thread::sleep(WATCHED);
    let each = WATCHED.as_secs_f64() * HOSTS as f64;
    let wakeups = (count(&hosts) - before.0) / each;
    let owners = (count(&owner) - before.1) / each;
    let all = hosts.iter().chain(&owner);
    let memory: f64 = all.map(|process| private_kib(process.pid)).sum();
    Ok(Idle { megabytes: memory * 1024.0 / 1e6 / HOSTS as f64, wakeups, owner: owners })
}

pub fn private_kib(pid: u32) -> f64 {
    sum_of(&format!("/proc/{pid}/smaps_rollup"), "Private_")
}

fn wakeups(pid: u32) -> f64 {
    sum_of(&format!("/proc/{pid}/status"), "voluntary_ctxt_switches")
}

/// The numbers of all lines that begin so; a process that ended counts nothing.
fn sum_of(file: &str, start: &str) -> f64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter(|line| line.starts_with(start));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).sum()
}
