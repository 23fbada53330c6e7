//! Drives `posse_farm`'s holder: carries out what it wants in the order that its page asks for.
//! Bytes of the journal are written before what follows them is sent; what waits for the disk is
//! sent when that is synced.

use super::files::Manifest;
use super::follow::Follows;
use super::hosts::Hosts;
use super::journal::Journal;
use super::store::Store;
use crate::shell::Shell;
use posse_farm::ask::Said;
use posse_farm::holder::{Effect, Holder};
use posse_farm::words::Order;
use posse_farm::{HostLife, JobId, TaskId};
use posse_proto::LinkId;
use posse_wire::CommandId;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// A holder and what it stands on.
pub(super) struct Held {
    pub holder: Holder,
    pub journal: Journal,
    pub store: Store,
    pub files: Manifest,
    pub follows: Follows,
    pub hosts: Hosts,
    /// Waits for the journal. Bounded by what is handed out and what front ends ask.
    outbox: VecDeque<Waiting>,
    /// The journal could not be written.
    pub retries: bool,
    /// Another try is under way.
    pub writes: bool,
}

struct Waiting {
    /// Synced up to there, and written up to there.
    durable: u64,
    written: u64,
    what: Out,
}

/// What leaves a holder.
pub(super) enum Out {
    Order(HostLife, Order),
    /// Nothing but that the holder is there.
    There(HostLife),
    Say(LinkId, CommandId, Said),
}

impl Held {
    pub fn new(holder: Holder, journal: Journal, store: Store, files: Manifest) -> Held {
        Held {
            holder,
            journal,
            store,
            files,
            follows: Follows::default(),
            hosts: Hosts::default(),
            outbox: VecDeque::new(),
            retries: false,
            writes: false,
        }
    }

    pub fn has_open_jobs(&self) -> bool {
        let open = |job| self.holder.summary(job).is_some_and(|summary| !summary.over);
        self.holder.jobs().any(open)
    }

    /// To a front end, once the journal is durable so far.
    pub fn say(&mut self, to: (LinkId, CommandId), said: Said, durable: u64) {
        self.put(Out::Say(to.0, to.1, said), durable);
    }

    /// To all hosts: this holder is there.
    pub fn say_there(&mut self) {
        for life in self.hosts.lives() {
            self.put(Out::There(life), 0);
        }
    }

    fn put(&mut self, what: Out, durable: u64) {
        // An answer waits for what it is about alone, an order for all that was written before it.
        let written = if let Out::Say(..) = what { 0 } else { self.journal.end() };
        self.outbox.push_back(Waiting { durable, written, what });
    }

    /// Carries out what stays here. Gives hostsets that are to be resolved.
    fn carry_out(&mut self, now: Duration) -> Vec<String> {
        let mut sets = Vec::new();
        for effect in self.holder.take_effects() {
            match effect {
                Effect::Journal { bytes, upto } => {
                    if let Err(error) = self.journal.append(&bytes, upto)
                        && !self.retries
                    {
                        self.retries = true;
                        crate::log::line(&format!("the journal of jobs waits: {error}"));
                        self.holder.disk(now, false);
                        self.answer_unwritten(&error);
                    }
                }
                Effect::Send { to, order, after } => self.put(Out::Order(to, order), after),
                Effect::Resolve { hosts } => sets.push(hosts),
                Effect::Ended(task) => self.ended(task),
                Effect::Over(job) => self.over(job),
                Effect::Drained(_) => {}
            }
        }
        sets
    }

    fn ended(&mut self, task: TaskId) {
        self.follows.changed(task.job);
    }

    /// Who follows hears so when the results are on disk.
    fn over(&mut self, job: JobId) {
        let Some(summary) = self.holder.summary(job) else { return };
        let durable = self.journal.end();
        for follower in self.follows.take(job) {
            self.say(follower, Said::Progress(summary.clone()), durable);
        }
    }

    /// Who asked for what can not be written now does not wait for that.
    fn answer_unwritten(&mut self, error: &std::io::Error) {
        let why = format!(
            "the journal of jobs can not be written ({error}); whether this was taken shows \
             `posse jobs` when there is room again"
        );
        let written = self.journal.written();
        for one in self.outbox.iter_mut().filter(|one| one.durable > written) {
            if let Out::Say(_, _, said @ Said::Done { .. }) = &mut one.what {
                *said = Said::Refused { why: why.clone() };
                one.durable = 0;
            }
        }
    }

    /// What need not wait any longer, in its order.
    fn ready(&mut self) -> Vec<Out> {
        let (durable, written) = (self.journal.durable(), self.journal.written());
        let waits = |one: &Waiting| one.durable > durable || one.written > written;
        let (wait, ready): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.outbox).into_iter().partition(waits);
        self.outbox = wait;
        ready.into_iter().map(|one| one.what).collect()
    }

    fn wants_sync(&self) -> bool {
        let durable = self.journal.durable();
        self.outbox.iter().any(|one| one.durable > durable)
    }
}

impl Shell {
    /// Does something at the holder, where there is one, and all that follows from it.
    pub(super) fn hold<T>(
        self: &Rc<Self>,
        act: impl FnOnce(&mut Held, Duration) -> T,
    ) -> Option<T> {
        let done = self.farm.held.borrow_mut().as_mut().map(|held| act(held, super::time::now()));
        if done.is_some() {
            self.settle_held();
        }
        done
    }

    /// What arises meanwhile waits its turn, so that orders keep their order.
    fn settle_held(self: &Rc<Self>) {
        if self.farm.settling_held.replace(true) {
            return;
        }
        loop {
            let mut slot = self.farm.held.borrow_mut();
            let Some(held) = slot.as_mut() else { break };
            let sets = held.carry_out(super::time::now());
            for set in &sets {
                let members = self.hosts_of(set);
                held.holder.resolved(super::time::now(), set, members);
            }
            let ready = held.ready();
            drop(slot);
            if sets.is_empty() && ready.is_empty() {
                break;
            }
            self.deliver(ready);
        }
        self.farm.settling_held.set(false);
        self.tend_journal();
        self.tend_followers();
        self.farm_arm();
    }

    /// What the disk is to do next: a sync for those who wait, a shorter file, another try.
    fn tend_journal(self: &Rc<Self>) {
        let mut slot = self.farm.held.borrow_mut();
        let Some(held) = slot.as_mut() else { return };
        if held.journal.written() < held.journal.end() && !held.journal.is_replacing() {
            drop(slot);
            return self.write_again();
        }
        if held.holder.wants_snapshot() && !held.journal.is_replacing() {
            let (bytes, upto) = held.holder.snapshot();
            let directory = held.journal.begin_replacing();
            drop(slot);
            return self.replace_journal(directory, bytes, upto);
        }
        let sync = if held.wants_sync() { held.journal.begin_sync() } else { None };
        drop(slot);
        if let Some((file, upto)) = sync {
            self.sync_journal(file, upto);
        }
    }
}
