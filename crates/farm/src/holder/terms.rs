//! On what terms hosts work, and hosts that are to be left: kept by their names, so that it is said
//! before they come and holds when they come back.

use super::Holder;
use super::effect::Effect;
use super::request::Refused;
use crate::journal::Record;
use crate::policy::Terms;
use crate::words::Order;
use crate::{HostLife, limits};
use posse_wire::HostId;

/// Of a host that was to be drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// Something of ours is on it.
    GoesOn,
    /// Nothing is, or it is not there.
    Empty,
    /// It takes work again.
    Undone,
}

impl Holder {
    pub(super) fn set_terms(&mut self, host: String, terms: Terms) -> Result<u32, Refused> {
        terms.check()?;
        if host.len() > limits::NAME_BYTES_MAX {
            return Err(Refused::HostName);
        }
        if self.terms.get(&host) == Some(&terms) {
            return Ok(0);
        }
        if self.terms.len() >= limits::TERMS_MAX && !self.terms.contains_key(&host) {
            return Err(Refused::TermsOf(self.terms.len()));
        }
        self.write(&Record::Terms { host: host.clone(), terms: Box::new(terms.clone()) });
        let lives = self.hosts.values().filter(|known| known.name == host);
        let lives: Vec<HostLife> = lives.map(|known| known.life).collect();
        self.terms.insert(host, terms);
        lives.into_iter().for_each(|life| self.tell_terms(life));
        Ok(0)
    }

    /// Where something was said of it: what a host was told stays with it else.
    pub(super) fn tell_terms(&mut self, life: HostLife) {
        let name = self.hosts.get(&life.host).map(|host| host.name.as_str());
        let terms = name.and_then(|name| self.terms.get(name)).cloned();
        if let Some(terms) = terms {
            self.send(life, Order::Terms(Box::new(terms)), 0);
        }
    }

    pub(super) fn drain(&mut self, id: HostId, draining: bool, now: bool) -> Result<u32, Refused> {
        let Some(host) = self.hosts.get_mut(&id) else { return Err(Refused::NoHost) };
        let changes = host.draining != draining;
        host.draining = draining;
        let (life, name) = (host.life, host.name.clone());
        let empty = host.leases.is_empty();
        let kept_for = if draining { host.reserved.take() } else { None };
        self.pending.room.insert(id);
        if changes {
            self.write(&Record::Drain { host: name.clone(), draining });
            self.replay_drain(name, draining);
        }
        if !draining {
            return Ok(0);
        }
        if let Some(group) = kept_for.and_then(|needs| self.needs.groups.get_mut(&needs)) {
            group.reserved = None;
        }
        if empty {
            self.effect(Effect::Drained(id));
        } else {
            self.send(life, Order::Vacate { all: now }, 0);
        }
        Ok(0)
    }

    /// Also from the journal.
    pub(super) fn replay_drain(&mut self, host: String, draining: bool) {
        match draining {
            true => drop(self.drained.insert(host)),
            false => drop(self.drained.remove(&host)),
        }
    }

    /// How far a host is on its way to be left.
    pub fn drain_of(&self, host: HostId) -> Drain {
        match self.hosts.get(&host) {
            None => Drain::Empty,
            // It has not said its name since our start.
            Some(known) if known.expected.is_some() => Drain::GoesOn,
            Some(known) if !known.draining => Drain::Undone,
            Some(known) if known.leases.is_empty() => Drain::Empty,
            Some(_) => Drain::GoesOn,
        }
    }
}
