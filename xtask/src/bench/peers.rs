//! How the peers are told to do the same job on the same hosts.
//!
//! Command lines only. Called by the rows.

use std::process::Command;

use anyhow::{Context, Result};
use posse_bed::LoopbackBed;

use super::contest::succeed;

/// One shell that runs a line for each host at once and fails if one fails; `$h` is the host.
pub fn for_each(bed: &LoopbackBed, line: &str) -> Command {
    let script = format!(
        "p=; for h in \"$@\"; do {line} & p=\"$p $!\"; done; \
         s=0; for i in $p; do wait $i || s=1; done; exit $s"
    );
    let mut command = bed.command("sh");
    command.args(["-c", &script, "sh"]).args(bed.hosts());
    command
}

pub fn ssh_loop(bed: &LoopbackBed) -> Command {
    for_each(bed, "ssh -o BatchMode=yes $h true </dev/null")
}

/// An ssh connection to each host that stays, and commands over them.
pub struct Masters<'a> {
    bed: &'a LoopbackBed,
    path: String,
}

impl<'a> Masters<'a> {
    pub fn start(bed: &'a LoopbackBed) -> Result<Masters<'a>> {
        let path = bed.root().join("m.").to_string_lossy().into_owned();
        let line = format!("ssh -M -S {path}$h -o ControlPersist=yes -fN $h >/dev/null 2>&1");
        succeed(&mut for_each(bed, &line)).context("no ssh masters")?;
        Ok(Masters { bed, path })
    }

    pub fn ssh_loop(&self) -> Command {
        for_each(self.bed, &format!("ssh -S {}$h $h true </dev/null", self.path))
    }

    pub fn ssh(&self, host: &str) -> Command {
        let mut command = self.bed.command("ssh");
        command.args(["-S", &format!("{}{host}", self.path), host, "true"]);
        command
    }

    pub fn pdsh(&self) -> Command {
        let mut command = pdsh(self.bed, "true");
        command.env("PDSH_SSH_ARGS", format!("-a -x -S {}%h %h", self.path));
        command
    }
}

impl Drop for Masters<'_> {
    fn drop(&mut self) {
        // The bed ends them otherwise.
        let _ = succeed(&mut for_each(
            self.bed,
            &format!("ssh -S {}$h -O exit $h 2>/dev/null", self.path),
        ));
    }
}

/// pdsh to all hosts at once. Its own `-l user` is left out: the hosts' accounts differ.
pub fn pdsh(bed: &LoopbackBed, line: &str) -> Command {
    let mut command = bed.command("pdsh");
    command.args(["-R", "ssh", "-S", "-f", &bed.hosts().len().to_string()]);
    command.args(["-w", &bed.hosts().join(","), line]);
    command.env("PDSH_SSH_ARGS", "-a -x %h");
    command
}

/// clush to all hosts at once.
pub fn clush(bed: &LoopbackBed, args: &[&str]) -> Command {
    let mut command = bed.command("clush");
    command.args(["-S", "-f", &bed.hosts().len().to_string(), "-w", &bed.hosts().join(",")]);
    command.args(args);
    command
}
