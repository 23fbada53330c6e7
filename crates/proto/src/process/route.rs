//! The way of what is for a process: to its connection here, down, or up. What finds no way for the
//! moment is dropped, and its source sends it again; what is for a process that is over is
//! answered so.

use crate::{Daemon, LinkId};
use posse_wire::msg::{HostEntry, Packet};
use posse_wire::{Frame, HostId, Incarnation, ProcessId, WireError};

impl Daemon {
    /// A part of a message.
    pub(crate) fn message(&mut self, from: LinkId, frame: Frame) -> Result<(), WireError> {
        let Packet { from: source, to, .. } = Packet::decode(&frame)?;
        if self.may_speak_for(from, source) {
            self.send_on(from, to, source, frame);
        }
        Ok(())
    }

    /// A process speaks for itself, a child for the hosts below it, a parent for all others.
    pub(super) fn may_speak_for(&self, from: LinkId, source: ProcessId) -> bool {
        let Some(link) = self.links.get(&from) else { return false };
        match link.process {
            Some(process) => process == source,
            None if link.child().is_some() => link.reaches.contains(&source.host()),
            None => self.parent == Some(from) && self.routes.below(source.host()).is_none(),
        }
    }

    pub(super) fn send_on(&mut self, from: LinkId, to: ProcessId, source: ProcessId, frame: Frame) {
        if to.host() != self.config.host {
            match self.way_to(to.host()) {
                // What came from there would only go back there.
                Some(link) if link != from => self.send(link, frame),
                Some(_) => {}
                None if self.is_known_lost(to) => {
                    self.tell_gone(source, to, "its host is down");
                }
                None => {}
            }
            return;
        }
        if !self.is_here(to) || self.processes.get_mut(to).is_none() {
            return self.tell_gone(source, to, "there is no such process");
        }
        // One that has not enrolled yet is sent it again.
        if let Some(link) = self.processes.link(to) {
            self.send(link, frame);
        }
    }

    /// The link that leads to another host.
    pub(super) fn way_to(&self, host: HostId) -> Option<LinkId> {
        self.routes.below(host).or(self.parent)
    }

    /// The daemon that leads knows its host to be none of the vm, or to be down in the life that
    /// gave this id; the next life may be there before it is known here.
    pub(super) fn is_known_lost(&self, process: ProcessId) -> bool {
        let host = process.host();
        let member = self.members.get(host);
        let lives = |entry: &HostEntry| {
            entry.is_up() || process.is_of(Incarnation(entry.incarnation.0.wrapping_add(1)))
        };
        let may_live = member.is_some_and(|member| lives(&member.entry));
        self.leads() && !may_live && !self.missing.is_missing(host)
    }
}
