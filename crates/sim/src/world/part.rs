//! The network between two hosts falls apart, in both directions or in one: what is said over it is
//! held back until it is whole, and nobody can be dialed across it. Others may reach both.

use super::net::End;
use super::{Event, World};
use crate::check::bridged;
use crate::plan::Way;
use crate::trace::Place;
use posse_proto::Daemon;
use posse_wire::msg::HostState;
use posse_wire::{HostId, Incarnation, limits};

/// A cut that lasts longer may be taken for a death by either end.
const TOLD_ALIVE: u64 = 8 * crate::plan::SECOND;

/// From this host to that one nothing passes until then.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    from: usize,
    to: usize,
    pub until: u64,
}

impl Part {
    pub fn new(from: usize, to: usize, until: u64) -> Part {
        Part { from, to, until }
    }
}

/// What was so when a host was cut off from the one above.
#[derive(Clone, Debug)]
pub struct Bridge {
    host: usize,
    life: u32,
    incarnation: Incarnation,
    /// Of who leads.
    term: u64,
    /// Hosts that reached both, and their lives.
    able: Vec<(usize, u32)>,
}

impl World {
    /// The host is cut off from the one above and, `with_others`, from every second other one.
    pub fn part(&mut self, host: usize, us: u64, way: Way, with_others: bool) {
        let Some(above) = self.above(host) else { return };
        let until = self.now + us;
        let hosts = 1..self.hosts.len();
        let others = hosts.filter(|other| with_others && other % 2 == 1 && *other != host);
        let from: Vec<usize> = others.chain([above]).collect();
        for other in from {
            if way != Way::FromHost {
                self.parts.push(Part { from: other, to: host, until });
            }
            if way != Way::ToHost {
                self.parts.push(Part { from: host, to: other, until });
            }
        }
        self.excuse_cut_off(us);
        let within = bridged::within(way);
        if us > within
            && let Some(bridge) = self.bridge(host)
        {
            self.after(within, Event::Bridged(bridge));
        }
    }

    /// Ends that do not hear each other for so long may give each other up.
    pub fn excuse_cut_off(&mut self, us: u64) {
        if us <= TOLD_ALIVE {
            return;
        }
        for number in 0..self.conns.len() {
            if self.held_until(number, 0).max(self.held_until(number, 1)) > self.now {
                self.conns[number].excused = [true; 2];
            }
        }
    }

    /// The host above this one, by its newest link.
    pub fn above(&self, host: usize) -> Option<usize> {
        match self.conns[self.uplink(host)?].ends[0] {
            End::Host { host, .. } => Some(host),
            _ => None,
        }
    }

    /// Until when what goes to the end `to` of this connection is held back.
    pub fn held_until(&self, conn: usize, to: usize) -> u64 {
        let ends = self.conns[conn].ends;
        let (End::Host { host: from, .. }, End::Host { host: to, .. }) = (ends[1 - to], ends[to])
        else {
            return 0;
        };
        let parts = self.parts.iter().filter(|part| (part.from, part.to) == (from, to));
        parts.map(|part| part.until).max().unwrap_or(0)
    }

    /// Whether nobody can be dialed between these.
    pub fn is_parted(&self, one: usize, other: usize) -> bool {
        self.parts.iter().any(|part| {
            let ends = (part.from, part.to);
            part.until > self.now && (ends == (one, other) || ends == (other, one))
        })
    }

    /// Whether something is held back, or was a moment ago.
    pub fn is_falling_apart(&self) -> bool {
        self.parts.iter().any(|part| part.until + crate::plan::SECOND > self.now)
    }

    /// What must hold a while after the cut that was just made; nothing where nobody reaches both.
    fn bridge(&self, host: usize) -> Option<Bridge> {
        let leader = self.hosts[self.voted.leader].daemon.as_ref()?;
        let number = HostId(host as u32);
        let daemon = self.hosts[host].daemon.as_ref()?;
        // One whose welcome is cut off does not know yet that it is a host.
        let is_welcome = daemon.incarnation() > Incarnation::default();
        if leader.host_state(number) != Some(&HostState::Up) || !is_welcome {
            return None;
        }
        let all = 0..self.hosts.len();
        let able = all.filter(|other| *other != host && self.bridges(*other, host));
        let able: Vec<(usize, u32)> = able.map(|other| (other, self.hosts[other].life)).collect();
        let (life, term) = (self.hosts[host].life, self.voted.term());
        let incarnation = leader.host_incarnation(number)?;
        (!able.is_empty()).then_some(Bridge { host, life, incarnation, term, able })
    }

    /// Whether this host reaches both the one that leads and that other one.
    fn bridges(&self, by: usize, host: usize) -> bool {
        let leader = self.voted.leader;
        let Some(table) = self.hosts[leader].daemon.as_ref() else { return false };
        let up = || table.host_state(HostId(by as u32)) == Some(&HostState::Up);
        let asked = by == leader || (by != 0 && up());
        asked && !self.is_parted(by, host) && self.hears(by) && self.hears_without(by, host)
    }

    /// Whether frames go between this host and who leads, and nothing holds them back.
    fn hears(&self, host: usize) -> bool {
        let mut at = host;
        for _ in 0..self.hosts.len() {
            let state = &self.hosts[at];
            if state.paused || state.daemon.is_none() {
                return false;
            }
            if at == self.voted.leader {
                return true;
            }
            let parent = state.daemon.as_ref().and_then(Daemon::parent);
            let conn = parent.and_then(|link| state.links.get(&link)).map(|(conn, _)| *conn);
            let Some(conn) = conn else { return false };
            let held = self.held_until(conn, 0).max(self.held_until(conn, 1)) > self.now;
            let known = &self.conns[conn];
            let clogged = known.clogged_until > self.now;
            match known.ends[0] {
                End::Host { host, .. } if known.is_open() && !known.silent && !held && !clogged => {
                    at = host;
                }
                _ => return false,
            }
        }
        false
    }

    /// Whether its way to who leads is not through that other one.
    fn hears_without(&self, host: usize, other: usize) -> bool {
        !self.is_below(host, other)
    }

    /// A host was cut off from the one above so long ago that another one must carry it.
    pub fn must_be_bridged(&mut self, bridge: &Bridge) {
        let Bridge { host, life, incarnation, term, ref able } = *bridge;
        let same = |(number, life): &(usize, u32)| {
            self.hosts[*number].life == *life && self.bridges(*number, host)
        };
        let state = &self.hosts[host];
        let gone = state.life != life || state.daemon.is_none() || state.paused;
        let left = able.iter().filter(|host| same(host)).count();
        // Of many hosts some are asked, and those may be such as do not reach it.
        let unable = self.hosts.len().saturating_sub(2 + left);
        let may_miss = left == 0 || unable >= limits::SEEKERS_MAX;
        if gone || self.voted.term() != term || may_miss || self.is_split() {
            return;
        }
        let Some(leader) = self.hosts[self.voted.leader].daemon.as_ref() else { return };
        let since = self.now.saturating_sub(bridged::within(Way::ToHost));
        if leader.seeks_withheld().is_some_and(|time| time.0 >= since) {
            return;
        }
        let number = HostId(host as u32);
        let table = (leader.host_state(number), leader.host_incarnation(number));
        let held = bridged::carried(self.hears(host), table, incarnation);
        let about = || format!("h{host}, which {} reached", Place::Host(able[0].0));
        self.must("bridged", held, about);
    }
}
