//! What the disk does for the journal, off the thread of the daemon: syncs, a new file, and
//! another try where it was full. Called by `holder`.

use super::journal;
use super::limits::DISK_AGAIN;
use crate::shell::Shell;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::sleep;

impl Shell {
    /// All that was written so far becomes durable together.
    pub(super) fn sync_journal(self: &Rc<Self>, file: Arc<File>, upto: u64) {
        let shell = self.clone();
        spawn_local(async move {
            let synced = spawn_blocking(move || file.sync_data()).await;
            let synced = synced.map_err(io::Error::other).flatten();
            if let Err(error) = &synced {
                crate::log::line(&format!("the journal of jobs is not synced: {error}"));
                sleep(DISK_AGAIN).await;
            }
            shell.hold(|held, _| {
                let upto = synced.ok().map(|()| upto);
                held.journal.synced(upto);
                held.holder.durable(upto.unwrap_or(0));
            });
        });
    }

    /// The disk refused what is to be written: again, until it takes it.
    pub(super) fn write_again(self: &Rc<Self>) {
        let begins = |held: &mut super::Held| !std::mem::replace(&mut held.writes, true);
        if !self.farm.held.borrow_mut().as_mut().is_some_and(begins) {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            sleep(DISK_AGAIN).await;
            shell.hold(|held, now| {
                held.writes = false;
                if held.journal.flush().is_ok() {
                    held.retries = false;
                    crate::log::line("the journal of jobs can be written again");
                    held.holder.disk(now, true);
                }
            });
        });
    }

    /// The journal begins anew with these bytes. Whatever comes meanwhile waits behind them.
    pub(super) fn replace_journal(self: &Rc<Self>, directory: PathBuf, bytes: Vec<u8>, upto: u64) {
        let shell = self.clone();
        let (length, bytes) = (bytes.len() as u64, Arc::new(bytes));
        spawn_local(async move {
            loop {
                let (directory, bytes) = (directory.clone(), bytes.clone());
                let made = spawn_blocking(move || journal::replace(&directory, &bytes)).await;
                match made.map_err(io::Error::other).flatten() {
                    Ok(file) => {
                        let done = shell.hold(|held, now| {
                            let done = held.journal.replaced(file, length, upto);
                            held.holder.durable(upto);
                            held.holder.disk(now, done.is_ok());
                        });
                        return done.unwrap_or_default();
                    }
                    Err(error) => {
                        crate::log::line(&format!("the journal of jobs stays long: {error}"));
                        shell.hold(|held, now| held.holder.disk(now, false));
                        sleep(DISK_AGAIN).await;
                    }
                }
            }
        });
    }
}
