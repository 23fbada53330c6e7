//! Hosts whose link is lost and whose daemons may live: looked for another way, while their
//! processes go on and their streams wait. Found, they go on as the same incarnation; else they
//! are declared down when their silence is long enough, or as soon as it is known that nobody is
//! there.
//!
//! Hosts behind a lost relay are not looked for while the relay may come back and bring them.

use crate::daemon::{Hope, Part};
use crate::link::Link;
use crate::{Daemon, Effect, LinkId, Time};
use posse_wire::msg::{Happening, HostState};
use posse_wire::{HostId, limits};
use std::collections::BTreeMap;

#[derive(Debug)]
struct Lost {
    why: String,
    /// Declared down then.
    until: Time,
    /// The next try; none while one is under way, or while the relay is waited for.
    again: Option<Time>,
    /// A try failed before.
    tried: bool,
    /// Reached through this relay, which is missing itself.
    behind: Option<HostId>,
}

/// The hosts that this daemon looks for.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    hosts: BTreeMap<HostId, Lost>,
}

impl Missing {
    pub fn is_missing(&self, host: HostId) -> bool {
        self.hosts.contains_key(&host)
    }

    /// Those that were not found at once where they are most likely.
    pub fn tried(&self) -> Vec<HostId> {
        let tried = self.hosts.iter().filter(|(_, lost)| lost.tried && lost.behind.is_none());
        tried.map(|(host, _)| *host).collect()
    }

    /// There is less hope than there was, for this reason: given up then.
    pub fn shorten(&mut self, host: HostId, until: Time, why: &str) {
        if let Some(lost) = self.hosts.get_mut(&host) {
            lost.until = lost.until.min(until);
            lost.why = format!("{}, {why}", lost.why);
        }
    }

    pub fn count(&self) -> usize {
        self.hosts.len()
    }

    pub fn next_due(&self) -> Option<Time> {
        let due = |lost: &Lost| lost.again.map_or(lost.until, |again| again.min(lost.until));
        self.hosts.values().map(due).min()
    }

    pub fn forget(&mut self, host: HostId) {
        self.hosts.remove(&host);
    }

    /// Another daemon looks for them.
    pub fn forget_all(&mut self) -> Vec<HostId> {
        std::mem::take(&mut self.hosts).into_keys().collect()
    }
}

impl Daemon {
    /// The link to these hosts is lost. What hope there is, is for its other end; those behind it
    /// may live whatever has become of that.
    pub(crate) fn miss(&mut self, hosts: &[HostId], link: &Link, why: &str, hope: Hope) {
        let Some(child) = link.child() else { return };
        if self.part == Part::Between {
            return self.wait_for(hosts, why);
        }
        let silence_ends = link.heard + self.config.down_after;
        let until = silence_ends.max(self.now + limits::REDIAL_LEAST);
        for host in hosts {
            let behind = (*host != child).then_some(child);
            let until = if behind.is_some() { until + limits::ORPHAN_WITHIN } else { until };
            let why = why.to_owned();
            if behind.is_some() || hope != Hope::None {
                let lost = Lost { why: why.clone(), until, again: None, tried: false, behind };
                self.missing.hosts.insert(*host, lost);
            }
            if let Some(entry) = self.members.entry_mut(*host) {
                entry.state = HostState::Suspect;
            }
            if behind.is_none() && matches!(hope, Hope::Some | Hope::Refused) {
                self.happened(*host, Happening::LinkLost { why });
                self.redial(*host);
            }
        }
    }

    /// Looked for by nobody until this daemon leads again, and given up if that takes too long.
    pub(crate) fn wait_for(&mut self, hosts: &[HostId], why: &str) {
        let until = self.now + self.config.down_after;
        for host in hosts {
            let why = why.to_owned();
            let lost = Lost { why, until, again: None, tried: false, behind: None };
            self.missing.hosts.insert(*host, lost);
        }
    }

    fn redial(&mut self, number: HostId) {
        if !self.leads() && self.parent.is_none() {
            // Without a way to the owner nobody could be admitted.
            let again = Some(self.now + limits::REDIAL_EVERY);
            self.missing.hosts.entry(number).and_modify(|lost| lost.again = again);
            return;
        }
        let launcher = self.members.get(number).map(|member| member.request.launcher.name());
        if let (Some(launcher), Some(entry)) = (launcher, self.members.entry_mut(number)) {
            // Until it is found at its port.
            launcher.clone_into(&mut entry.launcher);
        }
        self.look_for(number);
    }

    /// Once, whatever is known of it.
    pub(crate) fn look_for(&mut self, number: HostId) {
        let member = self.members.get(number);
        let request = member.map(|member| member.request.clone());
        let direct = member.filter(|member| !member.entry.facts.listens.is_empty());
        let direct = direct.map(|member| (member.entry.facts.listens.clone(), member.entry.key));
        self.out.push(Effect::Redial { number, request, direct });
    }

    /// Hosts that were up for another life of this daemon, or for another leader, are looked for:
    /// at once where they hung at that, else once it is known that their relay does not come back.
    pub(crate) fn miss_restored(&mut self, hosts: Vec<HostId>, leader: HostId, why: &str) {
        let until = self.now + self.config.down_after;
        for host in &hosts {
            let parent = self.members.get(*host).map(|member| member.entry.parent);
            // One that led hangs at itself.
            let hangs = |parent: &HostId| *parent != leader && parent != host;
            let relay = |parent: &HostId| hangs(parent) && hosts.contains(parent);
            let behind = parent.filter(relay);
            let until = if behind.is_some() { until + limits::ORPHAN_WITHIN } else { until };
            let lost = Lost { why: why.to_owned(), until, again: None, tried: false, behind };
            self.missing.hosts.insert(*host, lost);
            if let Some(entry) = self.members.entry_mut(*host) {
                entry.state = HostState::Suspect;
            }
            if behind.is_none() {
                self.redial(*host);
            }
        }
    }

    /// A host is reached over this link, for the first time or again.
    pub(crate) fn found(&mut self, host: HostId, link: LinkId) {
        self.missing.forget(host);
        self.trust(host);
        self.resume_below(host, link);
        self.tell_current(host, link);
        self.board_follow_again(host);
        self.tell_untold(host);
        // A relay brings those behind it at once.
        let until = self.now + limits::ORPHAN_WITHIN;
        let behind = self.missing.hosts.values_mut().filter(|lost| lost.behind == Some(host));
        behind.for_each(|lost| lost.until = lost.until.min(until));
    }

    /// It is no dead computer: its daemon is given the time that a silent one has.
    pub(crate) fn answers(&mut self, host: HostId) {
        let until = self.now + self.config.down_after;
        if let Some(lost) = self.missing.hosts.get_mut(&host) {
            lost.until = lost.until.max(until);
        }
    }

    /// A try to reach it failed.
    pub(crate) fn not_found(&mut self, host: HostId, gone: bool, why: &str) {
        self.looked(host);
        let Some(lost) = self.missing.hosts.get_mut(&host) else { return };
        let first = !std::mem::replace(&mut lost.tried, true);
        let again = self.now + if first { limits::REDIAL_SOON } else { limits::REDIAL_EVERY };
        if gone {
            let why = format!("{}; {why}", lost.why);
            self.give_up_host(host, &why);
        } else {
            lost.again = Some(again);
            if !self.leads() {
                self.doubt(host, 0);
            }
        }
    }

    pub(crate) fn missing_due(&mut self, late: bool) {
        let now = self.now;
        let (mut over, mut tries) = (Vec::new(), Vec::new());
        for (host, lost) in &mut self.missing.hosts {
            if late {
                // This daemon slept: nothing of that time counts.
                lost.until = lost.until.max(now + limits::REDIAL_LEAST);
            }
            if lost.until <= now && self.joins.contains_key(host) {
                // It is there, and the word on it is on its way.
                lost.until = now + limits::REDIAL_LEAST;
            }
            if lost.until <= now && lost.behind.take().is_some() {
                // The relay did not bring it: there may be another way.
                lost.until = now + limits::ORPHAN_WITHIN;
                tries.push(*host);
            } else if lost.until <= now {
                over.push((*host, lost.why.clone()));
            } else if lost.again.is_some_and(|again| again <= now) {
                lost.again = None;
                tries.push(*host);
            }
        }
        tries.into_iter().for_each(|host| self.redial(host));
        for (host, why) in over {
            self.give_up_host(host, &why);
        }
    }

    /// Declared down.
    pub(crate) fn give_up_host(&mut self, host: HostId, why: &str) {
        self.missing.forget(host);
        let why = &self.confirmed(host, why);
        self.hosts_lost(&[host], why);
        self.commands_lost_host(host, why);
        self.look_behind(host);
    }

    /// A relay that was to carry it has lost it at once: there may be another way.
    pub(crate) fn look_for_again(&mut self, host: HostId, why: &str) {
        let until = self.now + limits::ORPHAN_WITHIN;
        let lost = Lost { why: why.to_owned(), until, again: None, tried: false, behind: None };
        self.missing.hosts.insert(host, lost);
        if let Some(entry) = self.members.entry_mut(host) {
            entry.state = HostState::Suspect;
        }
        self.redial(host);
    }

    /// A relay is down for good: those that it carried need another way.
    fn look_behind(&mut self, relay: HostId) {
        let until = self.now + limits::ORPHAN_WITHIN;
        let behind = |lost: &Lost| lost.behind == Some(relay);
        let orphans = self.missing.hosts.iter_mut().filter(|(_, lost)| behind(lost));
        let mut orphaned = Vec::new();
        for (host, lost) in orphans {
            lost.behind = None;
            lost.until = until;
            orphaned.push(*host);
        }
        orphaned.into_iter().for_each(|host| self.redial(host));
    }
}
