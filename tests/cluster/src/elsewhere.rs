//! The owner's machine is lost, and somebody types elsewhere: on a host, or on a machine that is
//! none. Called by tests of who leads.

use crate::{Ran, Vm, run, signal};
use rustix::process::Signal;
use std::ffi::OsStr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A vm between two leaders may take its time.
const WITHIN: Duration = Duration::from_secs(90);

/// Kills the owner's daemon and its keeper, as the loss of their machine would.
#[track_caller]
pub fn kill_owner(vm: &Vm) {
    let daemon = vm.owner();
    let keepers = vm.processes("posse keeper");
    let keeper = keepers.into_iter().find(|process| process.pid == daemon.parent).unwrap();
    // A daemon whose keeper dies ends in order, and a keeper whose daemon dies starts the next:
    // neither is to have the time.
    signal(&keeper, Signal::STOP);
    signal(&daemon, Signal::KILL);
    signal(&keeper, Signal::KILL);
}

/// `posse ARGS` as typed on the computer of the hosts: there the run-time directory is the usual
/// one.
#[track_caller]
pub fn on_host(vm: &Vm, host: &str, args: &[&str]) -> Ran {
    let typed = vm.command(args);
    let program = typed.get_program().to_owned();
    there(vm, host, &program, typed)
}

/// Any program, with the environment in which a person there would type it.
#[track_caller]
pub fn program_on_host(vm: &Vm, host: &str, program: &str, args: &[&str]) -> Ran {
    there(vm, host, program.as_ref(), vm.command(args))
}

#[track_caller]
fn there(vm: &Vm, host: &str, program: &OsStr, typed: Command) -> Ran {
    let mut command = Command::new("nsenter");
    let there = vm.daemon(host).pid.to_string();
    command.args(["--target", &there, "--pid", "--mount", "--"]);
    command.arg(program).args(typed.get_args());
    for (name, value) in typed.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env_remove("POSSE_RUNTIME_DIR").env_remove("XDG_RUNTIME_DIR");
    // Nothing of the owner's is kept there.
    command.env_remove("POSSE_STATE_DIR");
    run(command, b"", WITHIN)
}

/// Another machine that reaches the hosts: it has a run-time directory, a disk and a configuration
/// of its own.
pub struct Machine {
    runtime: PathBuf,
    state: PathBuf,
    config: PathBuf,
}

impl Machine {
    /// What it keeps is below this directory.
    #[must_use]
    pub fn new(directory: &Path, name: &str) -> Machine {
        let private = |what: &str| {
            let path = directory.join(format!("{name}-{what}"));
            std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
            path
        };
        Machine { runtime: private("run"), state: private("state"), config: private("config") }
    }

    /// Its user's configuration of posse.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.config.join("posse")
    }

    /// `posse ARGS` as typed there.
    #[must_use]
    #[track_caller]
    pub fn posse(&self, vm: &Vm, args: &[&str]) -> Ran {
        run(self.command(vm, args), b"", WITHIN)
    }

    /// The same, not started.
    #[must_use]
    pub fn command(&self, vm: &Vm, args: &[&str]) -> Command {
        let mut command = vm.command(args);
        command.env("POSSE_RUNTIME_DIR", &self.runtime).env("XDG_CONFIG_HOME", &self.config);
        command.env("POSSE_STATE_DIR", &self.state);
        command
    }
}
