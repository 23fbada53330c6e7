//! T7: memory of the front end while one of four hosts prints 100 MB and the output is grouped.
//!
//! That the others are not held up is a cluster test. Called by `commands.rs`.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use posse_bed::{LoopbackOptions, wait_until};

use super::contest::Contest;
use super::figure::{Figure, Measure};
use super::ground::Ground;
use super::peers::clush;
use super::spec::{Found, Spec, at_most};

pub const ROW: Spec = Spec {
    name: "T7",
    what: "front end's memory, 100 MB from one of 4 hosts, grouped",
    target: "≤ 64 MB",
    measure: Measure::Value,
    judge: |r| at_most(r.value, 64.0),
    run,
};

const DEADLINE: Duration = Duration::from_secs(120);

/// All four hosts are one machine and differ in the address that the login came to.
fn theirs() -> String {
    format!("case $SSH_CONNECTION in *' 127.0.0.1 '*) {LOUD};; *) echo done;; esac")
}

fn ours() -> String {
    format!("if [ $POSSE_RANK = 0 ]; then {LOUD}; else echo done; fi")
}

/// Lines of 80 bytes, as programs print them.
const LOUD: &str = "yes $(printf %079d 1) | head -c 100000000";

fn run(_: &Contest) -> Result<Found> {
    let ground = Ground::start(4, LoopbackOptions::default())?;
    let up = ground.up();
    let measured = |by: &str, command: &mut Command| match peak(command) {
        Ok(megabytes) => Figure::number(by, megabytes, "MB"),
        Err(error) => Figure::failed(by, &error),
    };
    let posse = measured("posse", &mut ground.posse(&["e", "--group", &ours()]));
    let grouped = measured("clush -b", &mut clush(&ground.bed, &["-b", &theirs()]));
    let labelled = measured("clush -L", &mut clush(&ground.bed, &["-L", &theirs()]));
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    let peers = vec![grouped, labelled];
    Ok(Found { posse, floor: Figure::Absent, peers, notes })
}

/// The highest resident size of a command in MB. The kernel's own high-water mark, read until the
/// command is over.
fn peak(command: &mut Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start")?;
    let status = format!("/proc/{}/status", child.id());
    let mut kib = 0.0;
    let ended = wait_until(DEADLINE, || {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let mark = mark.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
        kib = mark.unwrap_or(kib);
        !matches!(child.try_wait(), Ok(None))
    });
    if !ended {
        child.kill()?;
    }
    let status = child.wait()?;
    ensure!(ended && status.success(), "it ended with {status}");
    Ok(kib * 1024.0 / 1e6)
}
