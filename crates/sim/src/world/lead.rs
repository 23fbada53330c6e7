//! What the voters would do, as far as daemons see it: they keep the table as its leader left it,
//! and where nobody leads they choose somebody, the owner's daemon wherever that lives. How they
//! agree on that has a simulator of its own (`control`).

use super::{Event, World};
use crate::plan::{MS, SECOND};
use crate::trace::Place;
use posse_proto::Input;
use posse_wire::{HostId, Incarnation, Lead};

/// The last that was agreed on.
#[derive(Debug, Default)]
pub struct Voted {
    pub leader: usize,
    term: u64,
    table: Vec<u8>,
}

impl Voted {
    pub fn term(&self) -> u64 {
        self.term
    }
}

impl World {
    /// A daemon makes its table durable; only that of the leader counts.
    pub fn voted_on(&mut self, number: usize, table: &[u8]) {
        let daemon = self.hosts[number].daemon.as_ref();
        let leads = daemon.is_some_and(|daemon| daemon.is_leading());
        // Cut off from the majority it can change nothing.
        if leads && self.voted.leader == number && !self.is_cut_off(number) {
            table.clone_into(&mut self.voted.table);
        }
    }

    /// Nobody leads, or not the owner's daemon although it lives.
    pub fn must_elect(&mut self) {
        let after = self.chance.between(500 * MS, 4 * SECOND);
        self.after(after, Event::Elect);
    }

    pub fn elect(&mut self) {
        let leads = |world: &World, host: usize| {
            world.hosts[host].daemon.as_ref().is_some_and(|daemon| daemon.is_leading())
        };
        let owner = self.hosts[0].daemon.is_some() && !self.is_cut_off(0);
        let now = self.voted.leader;
        let settled = leads(self, now) && (now == 0 || !owner) && !self.is_cut_off(now);
        if settled || self.voted.table.is_empty() {
            return;
        }
        let can = |host: &usize| {
            let state = &self.hosts[*host];
            let member = |daemon: &posse_proto::Daemon| daemon.incarnation() > Incarnation(0);
            state.daemon.as_ref().is_some_and(member) && !state.paused && !self.is_cut_off(*host)
        };
        let able: Vec<usize> = (1..self.hosts.len()).filter(can).collect();
        let chosen = match able.len() as u64 {
            _ if owner => 0,
            // One host alone has no majority with anybody.
            0 => return self.must_elect(),
            _ if self.plan.hosts == 1 => return self.must_elect(),
            count => able[self.chance.below(count) as usize],
        };
        if self.hosts[chosen].paused {
            return self.must_elect();
        }
        self.voted.leader = chosen;
        self.voted.term += 1;
        let lead = Lead { epoch: 0, term: self.voted.term };
        self.say(Place::World, || format!("h{chosen} is chosen to lead, term {}", lead.term));
        let table = self.voted.table.clone();
        self.feed(chosen, Input::Lead { lead, table });
        let voters = able.into_iter().take(5).map(|host| HostId(host as u32)).collect();
        self.feed(chosen, Input::Voters { voters });
    }
}
