//! Many PVM tasks at once, over posse's library and over the real PVM: a message to 64, barrier and
//! reduce of 65, and 256 programs that are started and heard to end.
//!
//! Called by `mod.rs`.

use anyhow::Result;

use super::said::{Teller, Told, by_turns};
use super::{machines, programs};
use crate::bench::contest::Contest;
use crate::bench::figure::{Figure, Measure};
use crate::bench::spec::{Found, Ratios, Spec, at_least, at_most, both};

pub const ROWS: [Spec; 4] = [
    row("M9", "`pvm_mcast` of 1 MiB to 64 tasks on 4 hosts, and their answers", |contest| {
        collect(contest, "mcast", "mcast 64 1048576 ms", None)
    }),
    row("M10", "`pvm_barrier` of 64 and one", |contest| {
        collect(contest, "group", "barrier dynamic 64 ms", Some("barrier static 64 ms"))
    }),
    row("M11", "`pvm_reduce` of 8 doubles, 64 and one", |contest| {
        collect(contest, "group", "reduce dynamic 64 ms", Some("reduce static 64 ms"))
    }),
    Spec {
        name: "M12",
        what: "256 x `pvm_spawn` of `true`, and `pvm_notify` of all ends",
        target: "≥ 0.8 x posix_spawn, ≥ 3 x PVM",
        measure: Measure::Value,
        judge: |r| both(at_least(r.to_floor, 0.8), at_least(r.to_peer, 3.0)),
        run: spawn,
    },
];

const fn row(name: &'static str, what: &'static str, run: fn(&Contest) -> Result<Found>) -> Spec {
    let target = "≥ 3 x as fast as PVM";
    Spec { name, what, target, measure: Measure::Value, judge: three, run }
}

fn three(ratios: &Ratios) -> Option<bool> {
    at_most(ratios.to_peer, 1.0 / 3.0)
}

/// `more` is a further figure of the same program, below the table.
fn collect(contest: &Contest, what: &str, figure: &str, more: Option<&str>) -> Result<Found> {
    let script = format!("bench-collect 64 {what}");
    let told = by_turns(contest.rounds, machines::both(4, &script));
    let notes = more.map(|more| beside(more, &told));
    let [posse, peer] = told.map(|told| told.figure(figure));
    let floor = Figure::Absent;
    Ok(Found { posse, floor, peers: vec![peer], notes: notes.into_iter().collect() })
}

/// `group static 64: 1.2 ms, PVM: 3.4 ms`.
fn beside(what: &str, told: &[Told]) -> String {
    let shown = |told: &Told| {
        let figure = told.figure(what);
        figure.error().unwrap_or_else(|| figure.to_string())
    };
    let all: Vec<String> = told.iter().map(shown).collect();
    let (name, _unit) = what.rsplit_once(' ').unwrap_or((what, ""));
    format!("{name}: {}", all.join(", "))
}

fn spawn(contest: &Contest) -> Result<Found> {
    let [posse, pvm] = machines::both(1, "bench-spawnrate 256 256");
    let floor = Teller::new("posix_spawn", || programs::floor("spawn 256"));
    let [posse, pvm, floor] = by_turns(contest.rounds, [posse, pvm, floor]);
    let figure = "spawn /bin/true 256 /s";
    let (posse, peer) = (posse.figure(figure), pvm.figure(figure));
    Ok(Found { posse, floor: floor.figure("spawn 256 /s"), peers: vec![peer], notes: vec![] })
}
