//! T8: one of 16 hosts accepts connections and never says a word: when is it given up, with the
//! others served?
//!
//! Called by `commands.rs`.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use posse_bed::{HostQuirk, LoopbackOptions};

use super::contest::{Contest, succeed};
use super::figure::{Figure, Measure};
use super::ground::Ground;
use super::peers::{clush, pdsh};
use super::spec::{Found, Spec, at_most};

pub const ROW: Spec = Spec {
    name: "T8",
    what: "`up` with one silent host among 16 says so after",
    target: "≤ 10 s, not status 0, the others up at once",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 10.0),
    run,
};

const OTHERS: &str = "n[001-006,008-016]";

/// Longer than any that ends at all.
const PATIENCE: &str = "40";

fn run(_: &Contest) -> Result<Found> {
    let options = LoopbackOptions::default().quirk(7, HostQuirk::Silent);
    let ground = Ground::start(16, options)?;
    let posse = given_up("posse", ground.posse(&["up", &ground.all()]));
    // An `up` that fails as a whole is quick too.
    let posse = match succeed(&mut ground.posse(&["e", "-H", OTHERS, "true"])) {
        Ok(()) => posse,
        Err(error) => Figure::failed("posse", &error.context("the other hosts are not up")),
    };
    let peers = vec![
        given_up("pdsh", pdsh(&ground.bed, "true")),
        given_up("clush", clush(&ground.bed, &["true"])),
    ];
    Ok(Found { posse, floor: Figure::Absent, peers, notes: vec![] })
}

fn given_up(by: &str, command: Command) -> Figure {
    match seconds(&command) {
        Ok(seconds) => Figure::number(by, seconds, "s"),
        Err(error) => Figure::failed(by, &error),
    }
}

/// How long it takes to end, which must be with a status that is not 0.
fn seconds(command: &Command) -> Result<f64> {
    let mut patient = Command::new("timeout");
    patient.arg(PATIENCE).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => patient.env(name, value),
            None => patient.env_remove(name),
        };
    }
    patient.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = patient.status().context("cannot start")?;
    ensure!(status.code() != Some(124), "it had not ended after {PATIENCE} s");
    ensure!(!status.success(), "status 0 with a host lost");
    Ok(start.elapsed().as_secs_f64())
}
