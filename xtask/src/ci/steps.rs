//! The steps of `cargo xtask ci` and how each is run.
//!
//! A step prints what its program prints and says whether it passed. Called by `mod.rs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::packages;
use crate::{repo, tidy};

pub struct Setting {
    pub root: PathBuf,
    /// Where the build step leaves the program and the later ones find it (`POSSE_BIN`).
    pub posse: PathBuf,
    /// May Debian packages be installed?
    pub install: bool,
}

pub struct Step {
    pub name: &'static str,
    pub says: &'static str,
    pub run: fn(&Setting) -> Result<bool>,
}

/// Cheapest first. The tests are last, so that their summary is what one sees at the end.
pub const STEPS: [Step; 11] = [
    Step { name: "packages", says: "programs that the tests use", run: install },
    Step { name: "tidy", says: "the rules of the house", run: |_| tidy::main(&[]) },
    Step { name: "fmt", says: "cargo fmt", run: fmt },
    Step { name: "clippy", says: "cargo clippy, warnings are errors", run: clippy },
    Step { name: "deny", says: "licences, sources, double versions", run: deny },
    Step { name: "build", says: "the release binary", run: build },
    Step { name: "pvm", says: "PVM's C libraries, and programs with them", run: pvm },
    Step { name: "doctests", says: "the examples in the API's documentation", run: doctests },
    Step { name: "loom", says: "all interleavings of what shares memory", run: loom },
    Step { name: "examples", says: "examples/*.sh", run: examples },
    Step { name: "tests", says: "all others", run: tests },
];

/// A hanging example is a failure; the slowest takes a tenth of this.
const EXAMPLE_SECONDS: &str = "300";

fn install(setting: &Setting) -> Result<bool> {
    if !setting.install {
        println!("left out (--no-install)");
        return Ok(true);
    }
    packages::install(&setting.root)
}

fn fmt(setting: &Setting) -> Result<bool> {
    cargo(setting, &["fmt", "--all", "--check"])
}

fn clippy(setting: &Setting) -> Result<bool> {
    cargo(setting, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// Building cargo-deny takes minutes of a small machine, so it is not installed for this: tidy's
/// check `licences` has already judged the same lists by `cargo metadata`.
fn deny(setting: &Setting) -> Result<bool> {
    if !repo::has_program("cargo-deny") {
        println!("cargo-deny is not installed; tidy's check `licences` has read deny.toml");
        return Ok(true);
    }
    cargo(setting, &["deny", "check", "licenses", "bans", "sources"])
}

fn build(setting: &Setting) -> Result<bool> {
    cargo(setting, &["build", "--release", "--package", "posse-cli"])
}

fn pvm(_setting: &Setting) -> Result<bool> {
    crate::pvm::main(&["--examples".to_owned()])
}

fn doctests(setting: &Setting) -> Result<bool> {
    cargo(setting, &["test", "--quiet", "--doc", "--workspace"])
}

/// Other flags make other builds of what the crate stands on, which stay beside the usual ones.
fn loom(setting: &Setting) -> Result<bool> {
    let args = ["test", "--quiet", "--package", "posse-shm", "--lib"];
    println!("$ RUSTFLAGS='--cfg loom' cargo {}", args.join(" "));
    passes(setting, repo::plain_cargo().args(args).env("RUSTFLAGS", "--cfg loom"))
}

fn examples(setting: &Setting) -> Result<bool> {
    let folder = setting.root.join("examples");
    let mut scripts: Vec<PathBuf> = match std::fs::read_dir(&folder) {
        Ok(found) => found.filter_map(|file| Some(file.ok()?.path())).collect(),
        Err(_) => vec![],
    };
    scripts.retain(|path| path.extension().is_some_and(|e| e == "sh"));
    scripts.sort();
    for script in &scripts {
        println!("--- {}", script.file_name().unwrap_or_default().to_string_lossy());
        let mut command = Command::new("timeout");
        command.arg(EXAMPLE_SECONDS).arg(script).env("PATH", path_with(&setting.posse)?);
        if !passes(setting, &mut command)? {
            println!("{} failed", script.display());
            return Ok(false);
        }
    }
    println!("{} examples", scripts.len());
    Ok(true)
}

fn path_with(posse: &Path) -> Result<std::ffi::OsString> {
    let folder = posse.parent().context("the program has no folder")?.to_owned();
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(std::env::split_paths(&old));
    std::env::join_paths(folders).context("PATH can not hold the program's folder")
}

fn tests(setting: &Setting) -> Result<bool> {
    if repo::has_program("cargo-nextest") {
        return cargo(setting, &["nextest", "run", "--workspace"]);
    }
    println!("cargo-nextest is not installed: cargo test it is");
    cargo(setting, &["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
}

fn cargo(setting: &Setting, args: &[&str]) -> Result<bool> {
    println!("$ cargo {}", args.join(" "));
    passes(setting, repo::plain_cargo().args(args))
}

fn passes(setting: &Setting, command: &mut Command) -> Result<bool> {
    command.current_dir(&setting.root).env("POSSE_BIN", &setting.posse).stdin(Stdio::null());
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    Ok(status.success())
}
