//! Front ends that follow jobs: told of changes, not too often, and of the end. And those that
//! wait until a host is empty.

use super::limits::{FOLLOWERS_MAX, TELL_EVERY};
use crate::shell::Shell;
use posse_farm::JobId;
use posse_farm::ask::Said;
use posse_proto::LinkId;
use posse_wire::{CommandId, HostId};
use std::collections::BTreeSet;
use std::rc::Rc;
use tokio::task::spawn_local;
use tokio::time::sleep;

#[derive(Default)]
pub(super) struct Follows {
    all: Vec<(JobId, (LinkId, CommandId))>,
    changed: BTreeSet<JobId>,
    /// Who waits until nothing is on a host.
    drains: Vec<(HostId, (LinkId, CommandId))>,
    /// They will be told soon.
    telling: bool,
}

impl Follows {
    /// False where there are too many.
    pub fn add(&mut self, job: JobId, who: (LinkId, CommandId)) -> bool {
        let room = self.all.len() < FOLLOWERS_MAX;
        if room {
            self.all.push((job, who));
        }
        room
    }

    pub fn stop(&mut self, who: (LinkId, CommandId)) {
        self.all.retain(|(_, other)| *other != who);
        self.drains.retain(|(_, other)| *other != who);
    }

    pub fn gone(&mut self, link: LinkId) {
        self.all.retain(|(_, (other, _))| *other != link);
        self.drains.retain(|(_, (other, _))| *other != link);
    }

    /// False where there are too many.
    pub fn add_drain(&mut self, host: HostId, who: (LinkId, CommandId)) -> bool {
        let room = self.drains.len() < FOLLOWERS_MAX;
        if room {
            self.drains.push((host, who));
        }
        room
    }

    /// Those that need not wait longer.
    pub fn take_drains(
        &mut self,
        stays: impl Fn(HostId) -> bool,
    ) -> Vec<(HostId, (LinkId, CommandId))> {
        self.drains.extract_if(.., |(host, _)| !stays(*host)).collect()
    }

    pub fn changed(&mut self, job: JobId) {
        if self.all.iter().any(|(followed, _)| *followed == job) {
            self.changed.insert(job);
        }
    }

    /// Those of a job, who hear no more after this.
    pub fn take(&mut self, job: JobId) -> Vec<(LinkId, CommandId)> {
        self.changed.remove(&job);
        let of = self.all.extract_if(.., |(followed, _)| *followed == job);
        of.map(|(_, who)| who).collect()
    }
}

impl Shell {
    pub(super) fn tend_followers(self: &Rc<Self>) {
        let begins = self.farm.held.borrow_mut().as_mut().is_some_and(|held| {
            let follows = &mut held.follows;
            !follows.changed.is_empty() && !std::mem::replace(&mut follows.telling, true)
        });
        if !begins {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            sleep(TELL_EVERY).await;
            shell.hold(|held, _| {
                held.follows.telling = false;
                for job in std::mem::take(&mut held.follows.changed) {
                    let Some(summary) = held.holder.summary(job) else { continue };
                    let of = held.follows.all.iter().filter(|(followed, _)| *followed == job);
                    let of: Vec<_> = of.map(|(_, who)| *who).collect();
                    for who in of {
                        held.say(who, Said::Progress(summary.clone()), 0);
                    }
                }
            });
        });
    }
}
