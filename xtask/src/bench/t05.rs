//! T5: a file of 64 MiB to 16 hosts that share nothing.
//!
//! Called by `commands.rs`; `t06.rs` uses the same hosts and file.

use std::path::PathBuf;

use anyhow::Result;
use posse_bed::LoopbackOptions;

use super::contest::{Contest, Way};
use super::figure::Measure;
use super::ground::Ground;
use super::peers::{clush, for_each};
use super::spec::{Found, Spec, at_most};

pub const SSH: Spec = Spec {
    name: "T5a",
    what: "64 MiB to 16 hosts over ssh links (`posse cp`)",
    target: "CPU ≤ 0.6 x scp",
    measure: Measure::Cpu,
    judge: |r| at_most(r.to_peer, 0.6),
    run: |contest| run(contest, &[]),
};

pub const DIRECT: Spec = Spec {
    name: "T5b",
    what: "64 MiB to 16 hosts over direct links (`up --direct`)",
    target: "CPU ≤ 0.25 x scp",
    measure: Measure::Cpu,
    judge: |r| at_most(r.to_peer, 0.25),
    run: |contest| run(contest, &["--direct"]),
};

pub const HOSTS: usize = 16;

fn run(contest: &Contest, links: &[&str]) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default().separate_homes())?;
    let file = sample(&ground)?;
    let name = file.to_string_lossy().into_owned();
    let up = ground.up_with(links);
    let bed = &ground.bed;
    let target = format!("{}:got", ground.all());
    let config = bed.ssh_config().to_string_lossy().into_owned();
    let scp = format!("scp -q -B -F {config} {name} $h:got");
    let root = bed.root().to_string_lossy().into_owned();
    let copy = format!("cp {name} {root}/copy.$h");
    let [posse, floor, scp, clush] = contest.run([
        Way::command("posse", || ground.posse(&["cp", &name, &target])),
        Way::command("16 local cp", || for_each(bed, &copy)),
        Way::command("scp loop", || for_each(bed, &scp)),
        Way::command("clush --copy", || clush(bed, &["--copy", &name, "--dest", "got"])),
    ]);
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    Ok(Found { posse, floor, peers: vec![scp, clush], notes })
}

/// 64 MiB that no link can compress, in the bed's directory.
pub fn sample(ground: &Ground) -> Result<PathBuf> {
    let path = ground.bed.root().join("sample");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(SIZE);
    while bytes.len() < SIZE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    std::fs::write(&path, bytes)?;
    Ok(path)
}

const SIZE: usize = 64 << 20;
