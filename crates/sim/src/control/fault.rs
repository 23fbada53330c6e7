//! What goes wrong, and how it ends.

use super::plan::{Fault, SECOND};
use super::plant::Plant;
use super::world::{Event, World};
use crate::trace::Place;
use posse_control::consensus::{Config, Membership, Node, Stored, VoterId, founded, recover};
use posse_control::log::ScanError;
use posse_wire::{HostId, Incarnation};

impl World {
    pub fn fault(&mut self, number: usize) {
        let Some((_, fault)) = self.plan.faults.get(number).cloned() else { return };
        self.tell(Place::World, || format!("FAULT {fault:?}"));
        let lasts = fault.lasts();
        self.after(lasts, Event::FaultOver { number });
        let now = self.now;
        match fault {
            Fault::CrashLeader { us } => {
                let Some(leader) = self.leader() else { return };
                self.leader_died = Some(now);
                self.crash(leader, us);
            }
            Fault::Crash { host, us } => self.crash(host, us),
            // While one votes, or still has to agree, no other can stand in for its disk.
            Fault::LoseDisk { .. } if !self.has_voters_to_spare() => {}
            Fault::LoseDisk { host, us } => {
                self.crash(host, us);
                self.lose_disk(host);
            }
            Fault::CrashOnVote { host, us } => self.hosts[host].crash_on_vote = Some(us),
            Fault::Pause { host, us } => self.hosts[host].paused_until = now + us,
            Fault::PauseLeader { us } => {
                if let Some(leader) = self.leader() {
                    self.hosts[leader].paused_until = now + us;
                }
            }
            Fault::Part { side, both, .. } => self.part(side, both, 1),
            Fault::PartLeader { us } => {
                let Some(leader) = self.leader() else { return };
                let side = 1 << leader;
                let fault = Fault::Part { side, both: true, us };
                self.part(side, true, 1);
                // It ends as what it was, whoever leads then.
                self.plan.faults[number].1 = fault;
                if let Some(stubborn) = self.clients.last_mut() {
                    stubborn.place = leader;
                }
            }
            Fault::Flap { period, .. } => {
                self.part_of(number, 1);
                self.after(period, Event::Flap { number, on: false });
            }
            Fault::SlowDisk { host, sync_us, .. } => self.hosts[host].sync_us = Some(sync_us),
            Fault::FullDisk { host, .. } => self.hosts[host].disk.is_full = true,
            Fault::Rain { loss, double, .. } => self.rain = (loss, double),
            Fault::Recover { us } => {
                self.crash(0, 2 * us);
                self.after(us, Event::Recover);
            }
        }
    }

    pub fn fault_over(&mut self, number: usize) {
        let Some((_, fault)) = self.plan.faults.get(number).cloned() else { return };
        self.tell(Place::World, || format!("over: {fault:?}"));
        match fault {
            Fault::Part { side, both, .. } => self.part(side, both, -1),
            Fault::SlowDisk { host, .. } => self.hosts[host].sync_us = None,
            Fault::FullDisk { host, .. } => self.hosts[host].disk.is_full = false,
            Fault::Rain { .. } => self.rain = (0, 0),
            Fault::CrashOnVote { host, .. } => self.hosts[host].crash_on_vote = None,
            _ => {}
        }
    }

    pub fn flap(&mut self, number: usize, on: bool) {
        let Some((began, Fault::Flap { period, us, .. })) = self.plan.faults.get(number).cloned()
        else {
            return;
        };
        self.part_of(number, if on { 1 } else { -1 });
        if !on && self.now + period > began + us {
            return;
        }
        self.after(period, Event::Flap { number, on: !on });
    }

    fn part_of(&mut self, number: usize, by: isize) {
        if let Some((_, Fault::Flap { side, .. })) = self.plan.faults.get(number) {
            self.part(*side, true, by);
        }
    }

    fn part(&mut self, side: u32, both: bool, by: isize) {
        let is_in = |host: usize| side >> host & 1 == 1;
        for from in 0..self.plan.hosts {
            for to in 0..self.plan.hosts {
                if is_in(from) != is_in(to) && (both || is_in(from)) {
                    let cuts = self.cuts.entry((from, to)).or_default();
                    *cuts = cuts.saturating_add_signed(by);
                }
            }
        }
    }

    /// It is gone with all that was not synced, and comes back.
    pub fn crash(&mut self, host: usize, us: u64) {
        self.tell(Place::Host(host), || "crashes".to_owned());
        let forget = self.is(Plant::OldGeneration);
        let now = self.now;
        let h = &mut self.hosts[host];
        if h.node.take().is_none() {
            return;
        }
        h.life += 1;
        h.changed_at = now;
        h.paused_until = 0;
        h.crash_on_vote = None;
        h.incoming = (0, vec![]);
        h.promises.clear();
        h.disk.crash(&mut self.chance, forget);
        let asked = std::mem::take(&mut h.asked);
        asked.keys().for_each(|token| {
            self.asks.remove(token);
        });
        self.ledger.forget_holders(host);
        self.after(us, Event::Start { host });
    }

    fn has_voters_to_spare(&self) -> bool {
        let node = self.leader().and_then(|leader| self.hosts[leader].node.as_ref());
        node.is_some_and(|node| {
            let members = &node.state().members;
            members.voters.len() >= 3 && !members.is_changing()
        })
    }

    fn lose_disk(&mut self, host: usize) {
        let reuse = self.is(Plant::ReuseVoterId);
        let h = &mut self.hosts[host];
        self.ledger.lost.insert(h.id(), h.disk.durable.last);
        h.disk = Default::default();
        h.promised = Default::default();
        h.born += u32::from(!reuse);
    }

    /// The vm went on without it: it joins again as somebody new.
    pub fn begin_again(&mut self, host: usize) {
        self.crash(host, SECOND / 10);
        self.lose_disk(host);
    }

    pub fn crash_behind_vote(&mut self, host: usize) {
        if let Some(us) = self.hosts[host].crash_on_vote.take() {
            self.crash(host, us);
        }
    }

    /// From what is on its disk.
    pub fn start(&mut self, host: usize) {
        if self.hosts[host].is_up() {
            return;
        }
        if self.hosts[host].disk.is_new() {
            // One that will follow: an empty state, so that what it promises has a place.
            self.begin_disk(host, &Stored::default());
        }
        let promised = self.hosts[host].disk.durable.clone();
        let keep = self.is(Plant::KeepTornTail);
        let mut stored = match self.hosts[host].disk.read(keep) {
            Ok(stored) => stored,
            Err(ScanError::Damaged { offset, witness }) => {
                let what = format!("host {host}: damaged at {offset}, says {witness}");
                self.wrong("kept", what);
                return;
            }
            Err(error) => {
                self.wrong("kept", format!("host {host}: {error}"));
                return;
            }
        };
        self.kept(host, &promised, &stored);
        if self.is(Plant::ForgetMembers) && stored.meta.index > 0 {
            stored.meta.members = Membership::of_one(self.hosts[host].id());
            stored.state.members = stored.meta.members.clone();
        }
        self.run_node(host, stored);
    }

    fn run_node(&mut self, host: usize, stored: Stored) {
        let chance = self.chance.number();
        let now = self.now;
        let h = &mut self.hosts[host];
        let config = Config { me: h.id(), chance, snapshot_after: self.plan.snapshot_after };
        match Node::new(&config, stored, h.local(now)) {
            Ok(node) => {
                h.node = Some(node);
                h.changed_at = now;
                self.tell(Place::Host(host), || "starts".to_owned());
                self.feed(host, posse_control::consensus::Input::Tick);
            }
            Err(error) => self.wrong("kept", format!("host {host}: {error}")),
        }
    }

    /// The first host of a vm.
    pub fn found(&mut self) {
        let stored = founded(self.hosts[0].id());
        self.begin_disk(0, &stored);
        self.run_node(0, stored);
    }

    /// A person types `recover` at the second of two.
    pub fn recover(&mut self) {
        let host = 1;
        self.crash(host, u64::MAX / 2);
        let Ok(stored) = self.hosts[host].disk.read(false) else { return };
        let born = self.hosts[host].born + 1;
        let me = VoterId::new(HostId(host as u32), Incarnation(born));
        if stored.meta.index == 0 {
            return;
        }
        let stored = recover(stored, me);
        self.hosts[host].born = born;
        self.ledger.epoch = stored.state.epoch;
        self.tell(Place::Host(host), || format!("recovers as epoch {}", stored.state.epoch));
        self.begin_disk(host, &stored);
        self.run_node(host, stored);
    }

    fn begin_disk(&mut self, host: usize, stored: &Stored) {
        let mut cursor = Default::default();
        let chunks = std::iter::from_fn(|| stored.state.chunk(&mut cursor)).collect();
        let disk = &mut self.hosts[host].disk;
        disk.switch(stored.meta.clone(), chunks, stored.hard, vec![]);
    }
}
