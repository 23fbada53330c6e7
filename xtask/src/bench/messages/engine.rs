//! What the engine of messages does alone, without a way between processes.
//!
//! Called by `mod.rs`.

use std::process::Command;

use anyhow::Result;

use super::programs;
use super::said::{Teller, by_turns, text};
use crate::bench::contest::Contest;
use crate::bench::figure::Measure;
use crate::bench::spec::{Found, Spec, at_most};

pub const ROWS: [Spec; 1] = [Spec {
    name: "M14",
    what: "send and receive by attribute, 10,000 messages waiting",
    target: "≤ 2 x with 10 waiting",
    measure: Measure::Value,
    judge: |r| at_most(r.to_floor, 2.0),
    run,
}];

fn run(contest: &Contest) -> Result<Found> {
    let program = programs::messages()?;
    let run = |depth: &str| text(Command::new(&program).args(["attributes", depth]));
    let [deep, flat] = by_turns(
        contest.rounds,
        [Teller::new("posse", || run("10000")), Teller::new("10 waiting", || run("10"))],
    );
    let (posse, floor) = (deep.figure("attributes 10000 us"), flat.figure("attributes 10 us"));
    Ok(Found { posse, floor, peers: vec![], notes: vec![] })
}
