//! `posse` typed on a host of a namespace bed, where the run-time directory is the usual one: what
//! a person does when the host that led is lost. Called by tests of faults.

use crate::{Ran, Vm, posse_binary, ran};
use posse_bed::NamespaceBed;
use std::process::Command;
use std::time::Duration;

/// A command that takes longer hangs.
const COMMAND_WITHIN: Duration = Duration::from_secs(120);

impl Vm {
    /// `posse ARGS` on this host, not started.
    #[must_use]
    #[track_caller]
    pub fn command_on(&self, bed: &NamespaceBed, host: &str, args: &[&str]) -> Command {
        let quoted = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
        let mut line = format!("exec {}", quoted(&posse_binary().to_string_lossy()));
        args.iter().for_each(|word| line.extend([" ", &quoted(word)]));
        let mut command = bed.run_in(host, &line).expect("the host is running");
        command.env("POSSE_VM_NAME", bed.token());
        command
    }

    /// Runs it, with nothing on its stdin.
    #[must_use]
    #[track_caller]
    pub fn posse_on(&self, bed: &NamespaceBed, host: &str, args: &[&str]) -> Ran {
        ran::run(self.command_on(bed, host, args), b"", COMMAND_WITHIN)
    }
}
