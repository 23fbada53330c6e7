//! The end of a world: when nothing is left to happen, and what must hold then.

use super::net::End;
use super::{Event, World};
use crate::check::{Violation, leaks, members, reaped, waits};
use crate::plan::MS;
use crate::trace::Place;
use posse_proto::Daemon;
use posse_wire::{CommandId, HostId};
use std::collections::BTreeSet;

/// How often the world looks whether all is over.
pub const LOOK_EVERY: u64 = 250 * MS;

/// What came out of a seed.
#[derive(Debug)]
pub struct Report {
    pub seed: u64,
    pub violations: Vec<Violation>,
    pub faults: usize,
    pub bytes: u64,
    pub steps: u64,
    pub virtual_us: u64,
    pub hosts: usize,
    pub commands: usize,
    pub lines: Vec<String>,
}

impl World {
    pub fn look(&mut self) {
        let waiting = self.waiting();
        if let Some(what) = &waiting {
            let held = waits::ended(self.now, self.plan.faults_end(), || what.clone());
            self.must("waits", held, || "world".to_owned());
            self.after(LOOK_EVERY, Event::Look);
            return;
        }
        self.must_be_quiet_everywhere();
        self.say(Place::World, || "all is over".to_owned());
        self.done = true;
    }

    /// Nothing is under way: nothing may be left over.
    pub fn must_be_quiet_everywhere(&mut self) {
        let waits = self.waiting().map_or(Ok(()), Err);
        self.must("waits", waits, || "at the end".to_owned());
        self.must("reaped", reaped::all(&self.truth, &self.adrift()), || "at the end".to_owned());
        let adrift = self.adrift();
        for host in 0..self.hosts.len() {
            self.must_be_quiet(host, &adrift);
        }
    }

    fn must_be_quiet(&mut self, number: usize, adrift: &BTreeSet<CommandId>) {
        let host = &self.hosts[number];
        let Some(daemon) = host.daemon.as_ref() else { return };
        let open = |link| host.links.contains_key(&link);
        let drifting = drifting(daemon, adrift);
        let held = leaks::quiet(&daemon.inspect(), drifting, host.links.len(), open);
        self.must("leaks", held, || format!("h{number}"));
    }

    fn adrift(&self) -> BTreeSet<CommandId> {
        let daemons = self.hosts.iter().filter_map(|host| host.daemon.as_ref());
        daemons.flat_map(|daemon| daemon.inspect().adrift).collect()
    }

    /// What is not over yet.
    fn waiting(&self) -> Option<String> {
        if self.faults_pending > 0 {
            return Some("a fault is still to come".into());
        }
        if self.now < self.plan.faults_end() {
            return Some("the last fault lasts".into());
        }
        if let Some(front) = self.fronts.iter().position(|front| !front.is_over()) {
            return Some(format!("f{front} waits: {}", self.fronts[front].waits_for()));
        }
        if let Some(what) = self.table_is_behind() {
            return Some(what);
        }
        let adrift = self.adrift();
        for host in &self.hosts {
            let Some(daemon) = host.daemon.as_ref() else { continue };
            let held = daemon.inspect();
            let unsettled = held.unsettled.iter().filter(|id| !adrift.contains(id)).count();
            let unfinished = held.queries + held.ups + held.missing + unsettled;
            if held.commands - drifting(daemon, &adrift) + unfinished > 0
                || held.links > host.links.len()
            {
                return Some(format!("h{} holds {held:?}", host.number));
            }
        }
        None
    }

    fn table_is_behind(&self) -> Option<String> {
        let owner = self.hosts[self.voted.leader].daemon.as_ref()?;
        (1..self.hosts.len()).find_map(|host| {
            let number = HostId(host as u32);
            let (linked, state) = (self.is_linked(host), owner.host_state(number));
            let own = self.hosts[host].daemon.as_ref().map(Daemon::incarnation).filter(|_| linked);
            let follows = self.hosts[host].daemon.as_ref().map(Daemon::led_by);
            members::disagree(host, linked, state)
                .or_else(|| members::another_lead(host, follows.filter(|_| linked), owner.led_by()))
                .or_else(|| members::another_life(host, own, owner.host_incarnation(number)))
        })
    }

    /// Whether frames go between this host and the one that leads. For a moment hosts may hang at
    /// each other in a circle.
    fn is_linked(&self, host: usize) -> bool {
        let mut at = host;
        for _ in 0..self.hosts.len() {
            if at == self.voted.leader {
                return true;
            }
            let state = &self.hosts[at];
            let parent = state.daemon.as_ref().and_then(Daemon::parent);
            let conn = parent.and_then(|link| state.links.get(&link)).map(|(conn, _)| *conn);
            let open = conn.filter(|conn| self.conns[*conn].is_open() && !self.conns[*conn].silent);
            match open.map(|conn| self.conns[conn].ends[0]) {
                Some(End::Host { host, .. }) => at = host,
                _ => return false,
            }
        }
        false
    }

    pub fn report(self, seed: u64) -> Report {
        let mut violations = self.violations;
        if !self.done && violations.is_empty() {
            let what = "nothing happens any more, and not all is over".to_owned();
            violations.push(Violation { check: "waits", at_us: self.now, what });
        }
        Report {
            seed,
            violations,
            faults: self.faults_fired,
            bytes: self.bytes,
            steps: self.steps,
            virtual_us: self.now,
            hosts: self.hosts.len(),
            commands: self.truth.commands.len(),
            lines: self.trace.lines,
        }
    }
}

/// Commands here that wait for a host that is down, above this one or below, near or far.
fn drifting(daemon: &Daemon, adrift: &BTreeSet<CommandId>) -> usize {
    adrift.iter().filter(|id| daemon.runs(**id) || daemon.is_stuck(**id)).count()
}
