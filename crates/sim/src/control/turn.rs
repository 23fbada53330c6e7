//! Runs a world of voters to its end.

use super::admin::ADMIN;
use super::check;
use super::plan::SECOND;
use super::plant::Plant;
use super::world::{Event, Report, World};
use crate::trace::Place;
use posse_control::consensus::Input;

/// One world: the same for the same seed.
pub fn run(seed: u64, plant: Option<Plant>, trace: bool) -> Report {
    let mut world = World::new(seed, plant, trace);
    world.set_up();
    let end = world.plan.end();
    while let Some(((at, _), event)) = world.events.pop_first() {
        if at > end || !world.report.violations.is_empty() {
            break;
        }
        world.now = at;
        world.report.steps += 1;
        world.turn(event);
    }
    if world.report.violations.is_empty() {
        world.now = end;
        check::at_the_end(&mut world);
    }
    world.report.virtual_us = world.now;
    world.report.elections = world.ledger.elections();
    world.report.lines = std::mem::take(&mut world.trace.lines);
    world.report
}

impl World {
    fn set_up(&mut self) {
        self.found();
        for host in 1..self.plan.hosts {
            self.at(host as u64 * 1_000, Event::Start { host });
        }
        for client in 0..self.plan.clients {
            self.at(3 * SECOND + client as u64, Event::Client { client });
        }
        for number in 0..self.plan.faults.len() {
            let at = self.plan.faults[number].0;
            self.at(at, Event::Fault { number });
        }
        self.at(SECOND / 2, Event::Policy);
    }

    fn turn(&mut self, event: Event) {
        if let Some(host) = host_of(&event) {
            let h = &self.hosts[host];
            if h.paused_until > self.now {
                let at = h.paused_until;
                self.at(at, event);
                return;
            }
        }
        match event {
            Event::Peer { to, message } => {
                let from = message.from.host.0 as usize;
                if self.hosts[to].is_up() && !self.is_cut(from, to) {
                    self.feed(to, Input::Peer(message));
                }
            }
            Event::Ask { to, client, token, ask } => {
                if self.hosts[to].is_up() {
                    self.asked(to, client, token, *ask);
                }
            }
            Event::Reply { client: ADMIN, token, reply } => self.admin_hears(token, *reply),
            Event::Reply { client, token, reply } => self.client_hears(client, token, *reply),
            Event::Wake { host, life, number } => {
                let h = &self.hosts[host];
                if h.life == life && h.wake == number {
                    self.feed(host, Input::Tick);
                }
            }
            Event::Synced { host, life } if self.hosts[host].life == life => self.synced(host),
            Event::DiskAgain { host, life } if self.hosts[host].life == life => {
                self.begin_write(host);
            }
            Event::Synced { .. } | Event::DiskAgain { .. } => {}
            Event::Client { client } => self.client_turn(client),
            Event::Policy => {
                self.policy();
                check::now_and_then(self);
            }
            Event::Fault { number } => self.fault(number),
            Event::FaultOver { number } => self.fault_over(number),
            Event::Flap { number, on } => self.flap(number, on),
            Event::Start { host } => self.start(host),
            Event::Recover => self.recover(),
        }
    }

    pub fn new_leader(
        &mut self,
        host: usize,
        leader: Option<posse_control::consensus::VoterId>,
        term: u64,
    ) {
        let id = self.hosts[host].id();
        self.tell(Place::Host(host), || {
            let whom = leader.map_or("nobody".to_owned(), |leader| format!("h{}", leader.host));
            format!("follows {whom} in term {term}")
        });
        if leader == Some(id) && self.hosts[host].leads() {
            let epoch = self.hosts[host].node.as_ref().map_or(0, |node| node.state().epoch);
            if let Err(what) = check::leaders::one_a_term(&mut self.ledger, epoch, term, id) {
                self.wrong("leaders", what);
            }
        }
    }
}

/// Whose pause holds this up.
fn host_of(event: &Event) -> Option<usize> {
    match event {
        Event::Peer { to, .. } | Event::Ask { to, .. } => Some(*to),
        Event::Wake { host, .. } | Event::Synced { host, .. } | Event::DiskAgain { host, .. } => {
            Some(*host)
        }
        _ => None,
    }
}
