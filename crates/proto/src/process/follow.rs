//! Who is told that a process is over: those that follow it, by the daemon of its host; and where
//! that host is lost, by their own daemons, to which the daemon that leads tells each such loss.

use crate::{Daemon, LinkId};
use posse_wire::msg::{Follow, Gone, Lost};
use posse_wire::{CommandId, Frame, HostId, Incarnation, Message, ProcessId, WireError, limits};

impl Daemon {
    pub(crate) fn follow(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let by = Follow::decode(frame)?.by;
        let target = ProcessId(frame.id.0);
        if !self.may_speak_for(from, by) {
            return Ok(());
        }
        if self.is_here(by) && target.host() != self.config.host {
            self.processes.following.add(target, by);
        }
        if target.host() != self.config.host {
            self.send_on(from, target, by, frame.clone());
            return Ok(());
        }
        let here = self.is_here(target);
        match self.processes.get_mut(target).filter(|_| here) {
            Some(entry) if entry.followers.len() < limits::FOLLOWERS_MAX => {
                entry.followers.insert(by);
            }
            Some(_) => {}
            None => self.tell_gone(by, target, "there is no such process"),
        }
        Ok(())
    }

    /// A new way up: what was asked over the old one may be lost, and so may the answers; and what
    /// could not be told meanwhile is told.
    pub(crate) fn follow_again(&mut self) {
        let Some(parent) = self.parent else { return };
        let Daemon { processes, routes, .. } = self;
        let untold = processes.untold.take(|by| routes.below(by.host()).is_none());
        for (by, process, why) in untold {
            self.tell_gone(by, process, &why);
        }
        let all: Vec<_> = self.processes.following.pairs().collect();
        for (target, by) in all {
            if self.routes.below(target.host()).is_none() {
                self.send(parent, Follow { by }.frame(CommandId(target.0)));
            }
        }
    }

    /// To a follower anywhere: this process is over.
    pub(crate) fn tell_gone(&mut self, by: ProcessId, process: ProcessId, why: &str) {
        let frame = Gone { process, why: why.to_owned() }.frame(CommandId(by.0));
        if by.host() == self.config.host {
            self.gone_here(by, frame);
        } else if let Some(link) = self.way_to(by.host()) {
            self.send(link, frame);
        } else if !self.is_known_lost(by) {
            self.processes.untold.keep(by, process, why);
        }
    }

    /// This host is reached from here: its processes are told what they could not be.
    pub(crate) fn tell_untold(&mut self, host: HostId) {
        for (by, process, why) in self.processes.untold.take(|by| by.host() == host) {
            self.tell_gone(by, process, &why);
        }
    }

    /// Such word on its way; a child speaks of hosts below it, a parent of all others.
    pub(crate) fn gone(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Gone { process, why } = Gone::decode(frame)?;
        let by = ProcessId(frame.id.0);
        if !self.may_speak_for(from, process) && self.routes.below(process.host()).is_some() {
            return Ok(());
        }
        // What came from there would only go back there.
        if by.host() == self.config.host || self.way_to(by.host()) != Some(from) {
            self.tell_gone(by, process, &why);
        }
        Ok(())
    }

    fn gone_here(&mut self, by: ProcessId, frame: Frame) {
        let Ok(Gone { process, .. }) = Gone::decode(&frame) else { return };
        self.processes.following.remove(process, by);
        if by.sequence() == 0 {
            return self.board_gone(process);
        }
        if let Some(link) = self.processes.link(by).filter(|_| self.is_here(by)) {
            self.send(link, frame);
        }
    }

    /// For the daemon that leads: these hosts are down, and all others are told.
    pub(crate) fn processes_lost(&mut self, hosts: Vec<(HostId, Incarnation)>, why: &str) {
        let lost = Lost { hosts, why: why.to_owned() };
        for child in self.children() {
            self.send(child, lost.frame(CommandId::NONE));
        }
        self.followers_of_lost(&lost);
    }

    /// The leader's word.
    pub(crate) fn hosts_are_lost(&mut self, frame: &Frame) -> Result<(), WireError> {
        let lost = Lost::decode(frame)?;
        for child in self.children() {
            self.send(child, frame.clone());
        }
        self.followers_of_lost(&lost);
        Ok(())
    }

    fn followers_of_lost(&mut self, lost: &Lost) {
        let is_lost = |process: ProcessId| {
            let of = |(host, life): &(HostId, Incarnation)| {
                *host == process.host() && process.is_of(*life)
            };
            lost.hosts.iter().any(of)
        };
        // They are over themselves.
        drop(self.processes.untold.take(is_lost));
        let followed = self.processes.following.pairs();
        let mut targets: Vec<ProcessId> =
            followed.map(|(target, _)| target).filter(|t| is_lost(*t)).collect();
        targets.dedup();
        for target in targets {
            for by in self.processes.following.take_followers(target) {
                self.tell_gone(by, target, &lost.why);
            }
        }
    }
}
