//! Ends of processes: main processes of commands, launchers, and orphans that came to this daemon
//! as their subreaper.

use super::core::Shell;
use crate::process::reap_all;
use std::io;
use std::rc::Rc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signal is caught from here on; to be called before the first process is started.
pub(crate) fn watch() -> io::Result<Signal> {
    signal(SignalKind::child())
}

impl Shell {
    /// The task that reaps.
    pub async fn reap(self: Rc<Self>, mut children: Signal) {
        while children.recv().await.is_some() {
            self.look_at_attempts();
            for (pid, how) in reap_all() {
                let family = self.processes.families.borrow_mut().reaped(pid);
                match family {
                    Some(family) if self.attempt_over(family, how) => {}
                    Some(family) => self.main_process_over(family, how),
                    None => self.launches.ended(pid, how),
                }
            }
            self.end_leftovers();
        }
    }
}
