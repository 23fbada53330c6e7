//! The same PVM program over posse's library and over the real PVM: half a round trip between two
//! hosts and within one, by the default route, packed raw.
//!
//! Called by `mod.rs`.

use anyhow::Result;

use super::cores::Form;
use super::machines;
use super::said::by_turns;
use crate::bench::contest::Contest;
use crate::bench::figure::{Figure, Measure};
use crate::bench::spec::{Found, Ratios, Spec, at_most};

const OTHER: &str = "local2";
const SAME: &str = ".";
const MIB: usize = 1 << 20;

pub const ROWS: [Spec; 8] = [
    row("M5a", "PVM program, 8 B, two hosts, one core", "≥ 5 x as fast as PVM", five, |contest| {
        run(contest, OTHER, 8, Form::OneCore)
    }),
    row(
        "M5b",
        "PVM program, 8 B, two hosts, two cores",
        "≥ 5 x as fast as PVM",
        five,
        |contest| run(contest, OTHER, 8, Form::TwoCores),
    ),
    row("M6a", "1 MiB, two hosts, one core", "≥ 10 x as fast as PVM", ten, |contest| {
        run(contest, OTHER, MIB, Form::OneCore)
    }),
    row("M6b", "1 MiB, two hosts, two cores", "≥ 10 x as fast as PVM", ten, |contest| {
        run(contest, OTHER, MIB, Form::TwoCores)
    }),
    row("M7a", "8 B, same host, one core", "≥ 2 x as fast as PVM", two, |contest| {
        run(contest, SAME, 8, Form::OneCore)
    }),
    row("M7b", "8 B, same host, two cores", "≥ 2 x as fast as PVM", two, |contest| {
        run(contest, SAME, 8, Form::TwoCores)
    }),
    row("M8a", "1 MiB, same host, one core", "≥ 4 x as fast as PVM", four, |contest| {
        run(contest, SAME, MIB, Form::OneCore)
    }),
    row("M8b", "1 MiB, same host, two cores", "≥ 4 x as fast as PVM", four, |contest| {
        run(contest, SAME, MIB, Form::TwoCores)
    }),
];

const fn row(
    name: &'static str,
    what: &'static str,
    target: &'static str,
    judge: fn(&Ratios) -> Option<bool>,
    run: fn(&Contest) -> Result<Found>,
) -> Spec {
    Spec { name, what, target, measure: Measure::Value, judge, run }
}

fn two(ratios: &Ratios) -> Option<bool> {
    at_most(ratios.to_peer, 1.0 / 2.0)
}

fn four(ratios: &Ratios) -> Option<bool> {
    at_most(ratios.to_peer, 1.0 / 4.0)
}

fn five(ratios: &Ratios) -> Option<bool> {
    at_most(ratios.to_peer, 1.0 / 5.0)
}

fn ten(ratios: &Ratios) -> Option<bool> {
    at_most(ratios.to_peer, 1.0 / 10.0)
}

fn run(contest: &Contest, host: &str, bytes: usize, form: Form) -> Result<Found> {
    machines::ready()?;
    let cores = form.confine()?;
    let script = format!("bench-pingpong {host} default {} raw {bytes}", cores.words());
    let told = by_turns(contest.rounds, machines::both(2, &script));
    let figure = format!("pingpong raw default {bytes} us");
    let [posse, peer] = told.map(|told| told.figure(&figure));
    Ok(Found { posse, floor: Figure::Absent, peers: vec![peer], notes: vec![] })
}
