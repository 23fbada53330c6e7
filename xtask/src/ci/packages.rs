//! `cargo xtask packages`: the Debian packages that tests, examples and benchmarks use.
//!
//! Installs what is missing, as root; tells what to type otherwise and lets the run go on, since a
//! test that lacks its program says so itself. Called by `main.rs` and by the first step of `ci`.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::repo;

const LISTS: [&str; 3] =
    ["xtask/packages.txt", "tests/bed/packages.txt", "tests/peers/packages.txt"];

pub fn main(args: &[String]) -> Result<bool> {
    if !args.is_empty() {
        bail!("packages takes no argument");
    }
    install(&repo::root())
}

pub fn install(root: &Path) -> Result<bool> {
    let mut wanted = BTreeSet::new();
    for list in LISTS {
        // The test bed may have no list of its own.
        let text = std::fs::read_to_string(root.join(list)).unwrap_or_default();
        wanted.extend(names(&text));
    }
    if !repo::has_program("dpkg-query") || !repo::has_program("apt-get") {
        println!("not a Debian system: install by hand what is missing of {}", join(&wanted));
        return Ok(true);
    }
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        println!("all {} packages are there", wanted.len());
        return Ok(true);
    }
    let line = format!("apt-get install --no-install-recommends {}", join(&missing));
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        println!("not root, so nothing is installed. Tests that need them will say so. Type:");
        println!("  sudo {line}");
        return Ok(true);
    }
    println!("{line}");
    apt(&["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt(&install.into_iter().chain(missing.iter().map(String::as_str)).collect::<Vec<_>>())
}

fn apt(args: &[&str]) -> Result<bool> {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    Ok(status.context("cannot start apt-get")?.success())
}

fn missing(wanted: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut query = Command::new("dpkg-query");
    let known = repo::output(query.args(["-W", "-f", "${db:Status-Status} ${Package}\n"]))?;
    let there: BTreeSet<&str> =
        known.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
    Ok(wanted.iter().filter(|name| !there.contains(name.as_str())).cloned().collect())
}

/// One package a line, `#` for comments; nothing that apt-get could take for an option.
fn names(list: &str) -> Vec<String> {
    let lines = list.lines().map(|line| line.split('#').next().unwrap_or("").trim());
    let is_name = |line: &&str| {
        line.starts_with(|c: char| c.is_ascii_alphanumeric()) && !line.contains(char::is_whitespace)
    };
    lines.filter(is_name).map(str::to_owned).collect()
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn lists_hold_names_and_comments() {
        assert_eq!(names("# a\n\npdsh # peer\n--purge x\n-y\ng++\n"), ["pdsh", "g++"]);
    }
}
