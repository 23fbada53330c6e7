//! `cargo xtask fuzz SECONDS [TARGET ...]`: builds the driver of `tests/fuzz` with optimisation
//! and with the checks of a debug build, and runs it.
//!
//! What is fuzzed and how is there. Called by `main.rs`.

use std::process::Command;

use anyhow::{Context, Result};

use crate::repo;

pub fn main(args: &[String]) -> Result<bool> {
    let mut command = Command::new(repo::cargo());
    command.args(["run", "--quiet", "--profile", "fuzz", "--package", "posse-fuzz", "--"]);
    let status = command.args(args).current_dir(repo::root()).status();
    Ok(status.context("cannot start cargo")?.success())
}
