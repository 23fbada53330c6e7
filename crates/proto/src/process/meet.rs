//! Two processes that have much to say to each other get a way that passes no daemon. Of one host:
//! a socket between them, over which they share memory; counted here, so that a host does not give
//! more memory to that than it should. Of two hosts: each is told the other's key, and where the
//! other's host takes connections. What they do with that is theirs (`posse::message`).

use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Introduce, Meet, Part};
use posse_wire::{Frame, Message, ProcessId, WireError, limits};
use std::collections::BTreeSet;

/// Who has met whom, each pair in both orders.
#[derive(Debug, Default)]
pub(crate) struct Meetings {
    pairs: BTreeSet<(ProcessId, ProcessId)>,
    last: u64,
}

impl Meetings {
    /// A number for a new meeting of these two; `None` where there are too many.
    fn begin(&mut self, a: ProcessId, b: ProcessId) -> Option<u64> {
        let is_known = self.pairs.contains(&(a, b));
        if !is_known && self.pairs.len() >= 2 * limits::MEETINGS_MAX {
            return None;
        }
        self.pairs.extend([(a, b), (b, a)]);
        self.last += 1;
        Some(self.last)
    }

    fn end(&mut self, a: ProcessId, b: ProcessId) {
        self.pairs.remove(&(a, b));
        self.pairs.remove(&(b, a));
    }

    /// This process is over.
    pub fn end_all(&mut self, of: ProcessId) {
        let all = (of, ProcessId(0))..=(of, ProcessId(u64::MAX));
        let others: Vec<ProcessId> = self.pairs.range(all).map(|(_, other)| *other).collect();
        others.into_iter().for_each(|other| self.end(of, other));
    }
}

impl Daemon {
    pub(crate) fn meet(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Meet { key, answers } = Meet::decode(frame)?;
        let other = ProcessId(frame.id.0);
        let Some(process) = self.links.get(&from).and_then(|link| link.process) else {
            return Ok(());
        };
        if other.host() != self.config.host {
            if let Some(key) = key {
                self.out.push(Effect::Introduce { from: process, to: other, key, answers });
            }
            return Ok(());
        }
        let there = self.processes.link(other).filter(|_| self.is_here(other));
        let Some(there) = there.filter(|_| other != process) else { return Ok(()) };
        if let Some(number) = self.meetings.begin(process, other) {
            let (a, b) = ((from, process), (there, other));
            self.out.push(Effect::Meet { a, b, number });
        }
        Ok(())
    }

    /// Word of another host about one of its processes, for one of this host or on its way.
    pub(crate) fn introduce(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let introduce = Introduce::decode(frame)?;
        if self.may_speak_for(from, introduce.from) {
            self.introduce_on(Some(from), introduce, frame);
        }
        Ok(())
    }

    /// The shell has signed this.
    pub(crate) fn introduces(&mut self, frame: &Frame) {
        if let Ok(introduce) = Introduce::decode(frame) {
            self.introduce_on(None, introduce, frame);
        }
    }

    fn introduce_on(&mut self, from: Option<LinkId>, introduce: Introduce, frame: &Frame) {
        let to = ProcessId(frame.id.0);
        if to.host() != self.config.host {
            if let Some(link) = self.way_to(to.host()).filter(|link| Some(*link) != from) {
                self.send(link, frame.clone());
            }
        } else if let Some(link) = self.processes.link(to).filter(|_| self.is_here(to)) {
            self.out.push(Effect::Introduced { link, to, introduce });
        }
    }

    pub(crate) fn part(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        Part::decode(frame)?;
        if let Some(process) = self.links.get(&from).and_then(|link| link.process) {
            self.meetings.end(process, ProcessId(frame.id.0));
        }
        Ok(())
    }
}
