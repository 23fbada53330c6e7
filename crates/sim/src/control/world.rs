//! All there is in a world of voters, and its queue of what comes.

use super::client::Client;
use super::host::Host;
use super::plan::Plan;
use super::plant::Plant;
use super::{admin::Admin, check::Ledger};
use crate::chance::Chance;
use crate::check::Violation;
use crate::trace::{Place, Trace};
use posse_control::consensus::{PeerMessage, Refused};
use posse_control::state::{Answer, Proposal};
use std::collections::BTreeMap;

/// What a client asks a voter.
#[derive(Clone, Debug)]
pub enum Ask {
    Change(Proposal),
    LookUp(String),
}

/// What it hears.
#[derive(Clone, Debug)]
pub enum Reply {
    Changed(Answer),
    /// Value and version of the name.
    Found(Option<(Vec<u8>, u64)>),
    Refused(Refused),
}

#[derive(Debug)]
pub enum Event {
    Peer { to: usize, message: Box<PeerMessage> },
    Ask { to: usize, client: usize, token: u64, ask: Box<Ask> },
    Reply { client: usize, token: u64, reply: Box<Reply> },
    Wake { host: usize, life: u64, number: u64 },
    Synced { host: usize, life: u64 },
    DiskAgain { host: usize, life: u64 },
    Client { client: usize },
    Policy,
    Fault { number: usize },
    FaultOver { number: usize },
    Flap { number: usize, on: bool },
    Start { host: usize },
    Recover,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    pub seed: u64,
    pub hosts: usize,
    pub faults: usize,
    pub steps: u64,
    pub answered: u64,
    pub refused: u64,
    pub elections: u64,
    pub virtual_us: u64,
    /// From the leader's death to the next write, where that was the one fault.
    pub gap_us: Option<u64>,
    pub violations: Vec<Violation>,
    pub lines: Vec<String>,
}

pub struct World {
    pub now: u64,
    sequence: u64,
    pub events: BTreeMap<(u64, u64), Event>,
    pub chance: Chance,
    pub plan: Plan,
    pub plant: Option<Plant>,
    pub hosts: Vec<Host>,
    pub clients: Vec<Client>,
    pub admin: Admin,
    /// From, to.
    pub cuts: BTreeMap<(usize, usize), usize>,
    pub rain: (u64, u64),
    pub tokens: u64,
    /// Which client asked with which token.
    pub asks: BTreeMap<u64, (usize, Ask)>,
    pub ledger: Ledger,
    pub trace: Trace,
    pub report: Report,
    pub leader_died: Option<u64>,
}

impl World {
    pub fn new(seed: u64, plant: Option<Plant>, trace: bool) -> World {
        let mut chance = Chance::new(seed ^ 0x636f_6e74_726f_6c00);
        let plan = Plan::draw(&mut chance);
        let mut clock = || (chance.below(1 << 30), chance.between(960, 1_040));
        let hosts: Vec<Host> = (0..plan.hosts).map(|number| Host::new(number, clock())).collect();
        let clients = (0..plan.clients).map(|number| Client::new(number, &plan)).collect();
        let report =
            Report { seed, hosts: plan.hosts, faults: plan.faults.len(), ..Report::default() };
        World {
            now: 0,
            sequence: 0,
            events: BTreeMap::new(),
            admin: Admin::new(),
            chance,
            plan,
            plant,
            hosts,
            clients,
            cuts: BTreeMap::new(),
            rain: (0, 0),
            tokens: 0,
            asks: BTreeMap::new(),
            ledger: Ledger::default(),
            trace: Trace { on: trace, ..Trace::default() },
            report,
            leader_died: None,
        }
    }

    pub fn at(&mut self, at: u64, event: Event) {
        self.sequence += 1;
        self.events.insert((at.max(self.now), self.sequence), event);
    }

    pub fn after(&mut self, us: u64, event: Event) {
        self.at(self.now + us, event);
    }

    pub fn is(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    pub fn tell(&mut self, place: Place, what: impl FnOnce() -> String) {
        self.trace.line(self.now, place, what);
    }

    pub fn wrong(&mut self, check: &'static str, what: String) {
        self.trace.line(self.now, Place::World, || format!("WRONG {check}: {what}"));
        self.report.violations.push(Violation { check, at_us: self.now, what });
    }

    pub fn delay(&mut self) -> u64 {
        let (least, most) = self.plan.delay_us;
        // Mostly near the least, now and then as slow as it gets.
        let most = if self.chance.percent(80) { least + (most - least) / 4 } else { most };
        self.chance.between(least, most)
    }

    pub fn is_cut(&self, from: usize, to: usize) -> bool {
        self.cuts.get(&(from, to)).is_some_and(|cuts| *cuts > 0)
    }

    /// How often a message gets through.
    pub fn copies(&mut self) -> usize {
        let (loss, double) = (self.plan.loss + self.rain.0, self.plan.double + self.rain.1);
        let lost = self.chance.percent(loss);
        let doubled = self.chance.percent(double);
        usize::from(!lost) + usize::from(doubled && !lost)
    }

    pub fn leader(&self) -> Option<usize> {
        let leads = self.hosts.iter().filter(|host| host.leads());
        let term = |host: &&Host| host.node.as_ref().map(|node| (node.state().epoch, node.term()));
        leads.max_by_key(term).map(|host| host.number)
    }
}
