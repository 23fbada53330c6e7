//! `cargo xtask demo`: builds posse and shows one of its jobs on this computer alone, on a vm of
//! four local hosts that the example makes and ends: a search, or with `--sweep` 320 simulations.
//!
//! Commands of the README. Called by `main.rs`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::repo;

const SEARCH: &str = "examples/01_grep_mail.sh";
const SWEEP: &str = "examples/10_sweep.sh";

/// `args` go to the example: where to search, and for what; how long simulations are.
pub fn main(args: &[String]) -> Result<bool> {
    let (example, args) = match args {
        [first, rest @ ..] if first == "--sweep" => (SWEEP, rest),
        _ => (SEARCH, args),
    };
    let root = repo::root();
    if !build(&root)? {
        return Ok(false);
    }
    // The build for daily work takes a fifth of the time of the release build beside it.
    let release = repo::posse_binary(&root)?;
    let target = release.parent().and_then(Path::parent).context("the binary has no folder")?;
    let folder = target.join("debug");
    let old = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&old)))
        .context("PATH can not hold the program's folder")?;
    println!("$ {}", [&[example.to_owned()], args].concat().join(" "));
    passes(Command::new(root.join(example)).args(args).env("PATH", path))
}

fn build(root: &Path) -> Result<bool> {
    let mut command = Command::new(repo::cargo());
    command.args(["build", "--package", "posse-cli"]).current_dir(root);
    // What cargo said of xtask when it ran us would make build scripts believe in a change.
    for (name, _) in std::env::vars_os() {
        let about_us = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if about_us.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    println!("$ cargo build --package posse-cli");
    passes(&mut command)
}

fn passes(command: &mut Command) -> Result<bool> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    Ok(status.success())
}
