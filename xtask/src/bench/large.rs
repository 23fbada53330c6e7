//! A vm of ten thousand hosts and a million names, of which a few hosts live: how long one takes
//! to join, what it keeps, and what the voter needs.
//!
//! Not the targets. Called by `reliability.rs`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use posse_bed::LoopbackOptions;

use super::contest::succeed;
use super::ground::Ground;
use super::t11::private_kib;
use crate::repo;

const HOSTS: &str = "10000";
const NAMES: &str = "1000000";

/// Hosts that join one after the other.
const JOINS: usize = 10;

/// Megabytes, and seconds of each joining.
pub struct Large {
    pub small_joins: Vec<f64>,
    pub joins: Vec<f64>,
    /// What a host that joined has in private memory more than one of the small vm.
    pub host: f64,
    pub voter: f64,
}

pub fn measure() -> Result<Large> {
    let ground = Ground::start(1, LoopbackOptions::default())?;
    let load = posse_load()?;
    let fill = |args: &[&str]| succeed(ground.shell("shift; exec \"$@\"").arg(&load).args(args));
    let small_joins = join(&ground, 1)?;
    let small = memory(&ground, "--name local1 ")?;
    succeed(&mut ground.posse(&["e", "-H", "local1", "--detach", "exec sleep 99733"]))?;
    fill(&["names", ground.bed.token(), "1", NAMES])?;
    ground.lose_owner()?;
    let table = table(&ground)?;
    fill(&["table", &table.to_string_lossy(), HOSTS])?;
    succeed(&mut ground.posse(&["up", "--batch", "local1"]))?;
    let joins = join(&ground, 1 + JOINS)?;
    let host = memory(&ground, "--name local11 ")? - small;
    let voter = memory(&ground, "--host 0 ")?;
    Ok(Large { small_joins, joins, host, voter })
}

/// Of the owner's daemon: in the one directory of this machine.
fn table(ground: &Ground) -> Result<PathBuf> {
    let machines = ground.bed.root().join("home/.local/state/posse");
    let machine = std::fs::read_dir(machines)?.next().context("nothing is kept")??;
    Ok(machine.path().join(ground.bed.token()).join("table"))
}

fn join(ground: &Ground, from: usize) -> Result<Vec<f64>> {
    let one = |number: usize| {
        let start = Instant::now();
        succeed(ground.posse(&["up", "--batch"]).arg(format!("local{number}")))?;
        Ok(start.elapsed().as_secs_f64())
    };
    (from..from + JOINS).map(one).collect()
}

/// Private megabytes of a daemon.
fn memory(ground: &Ground, words: &str) -> Result<f64> {
    Ok(private_kib(ground.daemon(words)?.pid) * 1024.0 / 1e6)
}

fn posse_load() -> Result<PathBuf> {
    let build = ["build", "--release", "--quiet", "-p", "posse-cluster", "--example", "posse-load"];
    succeed(Command::new("cargo").args(build).current_dir(repo::root()))?;
    let posse = repo::posse_binary(&repo::root())?;
    let load = posse.parent().context("it has a directory")?.join("examples/posse-load");
    ensure!(load.is_file(), "no {}", load.display());
    Ok(load)
}
