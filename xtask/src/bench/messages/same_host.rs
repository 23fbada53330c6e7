//! Two processes of one host that send to each other through posse's own interface, beside shared
//! memory by hand; and eight in a barrier.
//!
//! Called by `mod.rs`.

use anyhow::{Context, Result};
use posse_bed::LoopbackOptions;

use super::cores::Form;
use super::programs;
use super::said::{Teller, by_turns, text};
use crate::bench::contest::{Contest, succeed};
use crate::bench::figure::Measure;
use crate::bench::ground::Ground;
use crate::bench::spec::{Found, Spec, at_most};

pub const ROWS: [Spec; 5] = [
    small("M1a", "8 B one way, same host, one core", |contest| pingpong(contest, 8, Form::OneCore)),
    small("M1b", "8 B one way, same host, two cores", |contest| {
        pingpong(contest, 8, Form::TwoCores)
    }),
    large("M2a", "1 MiB one way, same host, one core", |contest| {
        pingpong(contest, 1 << 20, Form::OneCore)
    }),
    large("M2b", "1 MiB one way, same host, two cores", |contest| {
        pingpong(contest, 1 << 20, Form::TwoCores)
    }),
    Spec {
        name: "M3",
        what: "barrier of 8 processes of one host",
        target: "≤ 3 x counter and sched_yield",
        measure: Measure::Value,
        judge: |r| at_most(r.to_floor, 3.0),
        run: barrier,
    },
];

const fn small(name: &'static str, what: &'static str, run: fn(&Contest) -> Result<Found>) -> Spec {
    let (target, measure) = ("≤ 1.5 x raw shared memory", Measure::Value);
    Spec { name, what, target, measure, judge: |r| at_most(r.to_floor, 1.5), run }
}

const fn large(name: &'static str, what: &'static str, run: fn(&Contest) -> Result<Found>) -> Spec {
    let (target, measure) = ("≤ 1.3 x two copies, < 1 by one copy", Measure::Value);
    Spec { name, what, target, measure, judge: |r| at_most(r.to_floor, 1.3), run }
}

/// More than any of them takes, in seconds: one that hangs is a row that failed.
pub const HANGS_AFTER: &str = "120";

fn pingpong(contest: &Contest, bytes: usize, form: Form) -> Result<Found> {
    programs::messages()?;
    let confined = form.confine()?;
    let words = format!("pingpong {bytes} {}", confined.words());
    found(contest, "2", &words, &words, &format!("pingpong {bytes} us"), "shared memory")
}

fn barrier(contest: &Contest) -> Result<Found> {
    found(contest, "8", "barrier", "barrier 8", "barrier 8 us", "yield")
}

fn found(
    contest: &Contest,
    processes: &str,
    words: &str,
    floor: &str,
    figure: &str,
    by: &'static str,
) -> Result<Found> {
    let ground = Ground::start(1, LoopbackOptions::default())?;
    succeed(&mut ground.posse(&["up", "--batch", "local1"])).context("posse up failed")?;
    let program = programs::messages()?.to_string_lossy().into_owned();
    let options = ["e", "-H", "local1", "-n", processes, "--timeout", HANGS_AFTER, "--argv"];
    let posse = || text(ground.posse(&options).arg(&program).args(words.split_whitespace()));
    let tellers = [Teller::new("posse", posse), Teller::new(by, || programs::floor(floor))];
    let [posse, floor] = by_turns(contest.rounds, tellers).map(|told| told.figure(figure));
    Ok(Found { posse, floor, peers: vec![], notes: vec![] })
}
