//! Takes in the ends of processes: children of the daemon and, since it is a child subreaper, all
//! orphans below it. Called on SIGCHLD by the daemon and the keeper, after which nobody else may
//! wait for a child (no `Child::wait`, no `tokio::process`).

use posse_wire::msg::Status;
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, wait};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Exited(u8),
    /// By this signal.
    Signaled(u8),
}

impl From<How> for Status {
    fn from(how: How) -> Status {
        match how {
            How::Exited(code) => Status::Exited(code),
            How::Signaled(signal) => Status::Signaled(signal),
        }
    }
}

/// From now on orphaned descendants become children of this process.
pub fn become_reaper() -> std::io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// All that have ended since the last call; never waits.
pub fn reap_all() -> Vec<(Pid, How)> {
    let mut ended = vec![];
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        // What a status of eight bits cannot hold does not occur: exit(2) cuts it as well.
        let code = |number: i32| (number & 0xff) as u8;
        match (status.exit_status(), status.terminating_signal()) {
            (Some(number), _) => ended.push((pid, How::Exited(code(number)))),
            (_, Some(signal)) => ended.push((pid, How::Signaled(code(signal)))),
            _ => {}
        }
    }
    ended
}
