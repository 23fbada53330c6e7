//! A holder begins: from the journal of the owner's last daemon, or when the first job is asked
//! for. Called by `run` and by `desk`.

use super::files::Manifest;
use super::holder::Held;
use super::journal::{self, Journal};
use super::store::Store;
use crate::shell::Shell;
use posse_farm::Epoch;
use posse_farm::holder::{Holder, Settings};
use posse_proto::Daemon;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

impl Shell {
    fn farm_directory(&self) -> PathBuf {
        self.state.join("farm")
    }

    /// The owner's daemon starts: goes on with the jobs of its last life, if it had any.
    pub(crate) fn take_up_jobs(self: &Rc<Self>) {
        if journal::is_there(&self.farm_directory())
            && let Err(error) = self.begin_holding()
        {
            crate::log::line(&format!("jobs of an earlier life are not taken up: {error}"));
        }
    }

    /// Jobs are held on the owner's machine, which has a disk that outlives its daemon.
    pub(super) fn ready_to_hold(self: &Rc<Self>) -> Result<(), String> {
        if self.farm.held.borrow().is_some() {
            return Ok(());
        }
        if !self.with_daemon(Daemon::is_owner) {
            return Err(
                "jobs are held on the owner's machine, and another host leads the vm now; \
                        try again when it is back (posse hosts)"
                    .to_owned(),
            );
        }
        self.begin_holding()
            .map_err(|error| format!("the journal of jobs can not be kept: {error}"))
    }

    fn begin_holding(self: &Rc<Self>) -> io::Result<()> {
        let directory = self.farm_directory();
        let (mut journal, bytes) = Journal::open(&directory)?;
        let now = super::time::now();
        let (holder, found) = Holder::recover(now, Settings::default(), Epoch(0), &bytes);
        journal.begin_at(found.scan.good)?;
        for lost in &found.scan.lost {
            let bytes = lost.end - lost.start;
            crate::log::line(&format!("the journal of jobs is damaged: {bytes} bytes are lost"));
        }
        if found.strange > 0 {
            let count = found.strange;
            crate::log::line(&format!("{count} records of the journal of jobs tell of lost ones"));
        }
        let files = Manifest::open(directory.clone(), self.context.home.clone());
        let held = Held::new(holder, journal, Store::new(directory), files);
        *self.farm.held.borrow_mut() = Some(held);
        self.join_hosts();
        Ok(())
    }
}
