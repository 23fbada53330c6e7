//! The measuring programs, built when a row first needs them: the floors in C, posse's own in Rust.
//!
//! Called by the rows.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Result, anyhow};

use super::said::text;
use crate::repo;

type Built = LazyLock<Result<PathBuf, String>>;

static FLOOR: Built = LazyLock::new(|| build_floor().map_err(|error| format!("{error:#}")));
static MESSAGES: Built = LazyLock::new(|| build_messages().map_err(|error| format!("{error:#}")));

/// `floor/floor.c`.
pub fn floor(args: &str) -> Result<String> {
    let program = built(&FLOOR)?;
    text(Command::new(program).args(args.split_whitespace()))
}

/// The example `posse-messages` of `tests/cluster`.
pub fn messages() -> Result<PathBuf> {
    built(&MESSAGES)
}

fn built(program: &Built) -> Result<PathBuf> {
    program.as_ref().cloned().map_err(|error| anyhow!("{error}"))
}

fn build_floor() -> Result<PathBuf> {
    let folder = repo::target_dir(&repo::root())?.join("bench");
    fs::create_dir_all(&folder)?;
    let (program, source) = (folder.join("floor"), folder.join("floor.c"));
    fs::write(&source, include_str!("floor/floor.c"))?;
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(&source);
    text(&mut cc)?;
    Ok(program)
}

fn build_messages() -> Result<PathBuf> {
    // As people build theirs: the release form of this workspace is for size.
    build("library", &["posse-cluster", "--example", "posse-messages"])?;
    let release = repo::posse_binary(&repo::root())?;
    let built = release.parent().map(|release| release.with_file_name("library"));
    let built = built.ok_or_else(|| anyhow!("no target folder above {release:?}"))?;
    Ok(built.join("examples/posse-messages"))
}

/// `cargo build` of a package, by this profile.
pub fn build(profile: &str, package: &[&str]) -> Result<()> {
    let mut cargo = repo::plain_cargo();
    cargo.args(["build", "--profile", profile, "--quiet", "-p"]).args(package);
    text(cargo.current_dir(repo::root())).map(drop)
}
