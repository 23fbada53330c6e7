//! Loopback hosts and a vm on them, for one row.
//!
//! Builds command lines; measures nothing. Called by the rows.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use posse_bed::{LoopbackBed, LoopbackOptions, Process, ProcessCensus};

use super::contest::succeed;
use crate::repo;

pub struct Ground {
    pub bed: LoopbackBed,
    posse: PathBuf,
}

impl Ground {
    pub fn start(hosts: usize, options: LoopbackOptions) -> Result<Ground> {
        let posse = posse()?;
        let bed = LoopbackBed::start(hosts, options).context("no test hosts")?;
        Ok(Ground { bed, posse })
    }

    /// Every host of the bed as one hostset: `n[001-128]`.
    pub fn all(&self) -> String {
        format!("n[001-{:03}]", self.bed.hosts().len())
    }

    /// `posse ARGS` as the bed's user.
    pub fn posse(&self, args: &[&str]) -> Command {
        let mut command = self.bed.command(&self.posse);
        // Commands on hosts are known by the vm's name, daemons and logins by the bed's mark.
        command.env("POSSE_VM_NAME", self.bed.token()).args(args);
        command
    }

    /// A shell line with the bed's programs first in PATH and `posse` among them.
    pub fn shell(&self, line: &str) -> Command {
        let mut command = self.bed.command("sh");
        command.env("POSSE_VM_NAME", self.bed.token());
        command.args(["-c", line, "sh"]).arg(&self.posse);
        command
    }

    pub fn up(&self) -> Result<()> {
        self.up_with(&[])
    }

    /// `posse up` of all hosts, with these options.
    pub fn up_with(&self, options: &[&str]) -> Result<()> {
        let all = self.all();
        succeed(self.posse(&["up"]).args(options).arg(&all)).context("posse up failed")
    }

    /// `posse down`, with what else it shall remove.
    pub fn down(&self, more: &[&str]) -> Result<()> {
        succeed(self.posse(&["down"]).args(more)).context("posse down failed")
    }

    /// The daemon that was started with these words: `--name n001 `.
    pub fn daemon(&self, words: &str) -> Result<Process> {
        let mut found = self.processes("posse daemon ").into_iter();
        let found = found.find(|daemon| daemon.command.contains(words));
        found.with_context(|| format!("no daemon runs with {words}"))
    }

    /// The owner's daemon and its keeper end as with their computer.
    pub fn lose_owner(&self) -> Result<()> {
        let owner = self.daemon("--host 0 ")?;
        let mut keepers = self.processes("posse keeper ").into_iter();
        let keeper = keepers.find(|keeper| keeper.pid == owner.parent);
        let keeper = keeper.context("the owner's daemon has no keeper")?;
        // A keeper whose daemon dies starts the next; this one is to have no time for that.
        signal("STOP", keeper.pid)?;
        signal("KILL", owner.pid)?;
        signal("KILL", keeper.pid)
    }

    /// All processes of the bed whose command line holds this text.
    pub fn processes(&self, text: &str) -> Vec<Process> {
        let marks = ["POSSE_BED", "POSSE_VM"].map(|name| format!("{name}={}", self.bed.token()));
        let census = ProcessCensus::new().token(&marks[0]).token(&marks[1]);
        let all = census.snapshot().processes.into_iter();
        all.filter(|process| process.command.contains(text)).collect()
    }

    /// Processes of the program itself: keepers, daemons, front ends.
    pub fn ours(&self) -> Vec<Process> {
        let is_ours = |process: &Process| {
            let name = process.exe.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("posse")
        };
        self.processes("").into_iter().filter(is_ours).collect()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // The bed ends what is left; a vm that never came up has nothing to end.
        let _ = self.down(&["--purge"]);
    }
}

/// The program that is measured: the release build, or another one.
pub fn posse() -> Result<PathBuf> {
    let posse = match std::env::var_os("POSSE_BIN") {
        Some(path) => PathBuf::from(path),
        None => repo::posse_binary(&repo::root())?,
    };
    let hint = "cargo build --release -p posse-cli, or set POSSE_BIN";
    ensure!(posse.is_file(), "no {}: {hint}", posse.display());
    Ok(posse)
}

pub fn signal(name: &str, pid: u32) -> Result<()> {
    succeed(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]))
}
