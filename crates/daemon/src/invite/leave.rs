//! `posse leave`: tells the daemon of a host that this computer became by a code to leave, and
//! waits until it has. Called by the command.

use super::joined::{PID, REST};
use crate::limits::{LEAVE_WITHIN, VACATE_WITHIN};
use posse_net::place::{VM_NAME, runtime_directory};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often it is looked whether it is gone.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a daemon needs beside its tasks and its word to the vm: its control state, its files.
const REST_WITHIN: Duration = Duration::from_secs(10);

/// The name that the kernel has for a daemon.
const DAEMON: &str = "posse-daemon";

/// The vms that were left: the one that is called so, or all that were joined.
pub fn leave(vm: Option<&str>) -> io::Result<Vec<String>> {
    let above = runtime_directory().map_err(|error| io::Error::other(error.to_string()))?;
    let mut told: Vec<(PathBuf, String)> = Vec::new();
    for entry in fs::read_dir(above)?.flatten() {
        let directory = entry.path();
        let Ok(name) = fs::read_to_string(directory.join(VM_NAME)) else { continue };
        let is_meant = vm.is_none_or(|vm| vm == name) && directory.join(REST).exists();
        if is_meant && tell(&directory) {
            told.push((directory, name));
        }
    }
    let deadline = Instant::now() + VACATE_WITHIN + LEAVE_WITHIN + REST_WITHIN;
    while told.iter().any(|(directory, _)| directory.join(PID).exists()) {
        if Instant::now() > deadline {
            return Err(io::Error::other("its daemon was told to leave and has not yet"));
        }
        sleep(LOOK_EVERY);
    }
    Ok(told.into_iter().map(|(_, name)| name).collect())
}

fn tell(directory: &Path) -> bool {
    let text = fs::read_to_string(directory.join(PID)).unwrap_or_default();
    let Some(pid) = text.trim().parse().ok().and_then(Pid::from_raw) else { return false };
    // Its keeper may have been killed with it, and the number be another's since.
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim() == DAEMON && kill_process(pid, Signal::TERM).is_ok()
}
