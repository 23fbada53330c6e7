//! `posse` typed on a host of a namespace bed, where the run-time directory is the usual one: what
//! a person does when the host that led is lost. Called by tests of faults.

use crate::{Ran, Vm, posse_binary, ran};
use posse_bed::NamespaceBed;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A command that takes longer hangs.
const COMMAND_WITHIN: Duration = Duration::from_secs(120);

/// `posse ARGS` on this host, not started.
#[must_use]
#[track_caller]
pub fn command_on(bed: &NamespaceBed, host: &str, args: &[&str]) -> Command {
    let mut command = bed.run_in(host, "exec \"$0\" \"$@\"").expect("the host is running");
    command.arg(binary_in(bed)).args(args).env("POSSE_VM_NAME", bed.token());
    command
}

/// Where hosts see it too, which have a /tmp of their own.
fn binary_in(bed: &NamespaceBed) -> PathBuf {
    let path = bed.root().join("posse");
    if !path.exists() && std::fs::hard_link(posse_binary(), &path).is_err() {
        std::fs::copy(posse_binary(), &path).expect("the bed has room for the program");
    }
    path
}

impl Vm {
    /// Runs it, with nothing on its stdin.
    #[must_use]
    #[track_caller]
    pub fn posse_on(&self, bed: &NamespaceBed, host: &str, args: &[&str]) -> Ran {
        ran::run(command_on(bed, host, args), b"", COMMAND_WITHIN)
    }
}
