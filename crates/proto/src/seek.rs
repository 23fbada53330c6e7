//! A host that its parent does not hear is looked for by others: who leads asks some, each dials
//! the host at its port, and the first that reaches it becomes its relay. What they do not reach
//! is declared down in the time that it would have been anyway, and the reason names them.
//!
//! Not for: the other ways to a lost host, and when it is given up; see `missing`. Who is asked is
//! chosen in `seekers`. Called by `beat`, `missing` and `admission`.

use crate::daemon::Hope;
use crate::seekers::Seeker;
use crate::{Daemon, Effect, LinkId, Time};
use posse_wire::msg::{Doubt, Happening, HostState, Seek, Sought, Warrant};
use posse_wire::{CommandId, Frame, HostId, Message, WireError, limits};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct Search {
    asked: Vec<HostId>,
    /// Who of them has not answered, and until when that is waited for.
    open: BTreeMap<HostId, Time>,
    /// Who did not reach it.
    failed: Vec<HostId>,
    /// All that could be asked were, in vain: from the start again then.
    again: Option<Time>,
    /// This daemon looks for it too: it hangs below a relay that is to be passed by.
    looks: bool,
}

/// The hosts that are not heard: on the daemon that leads those that are looked for, on a relay
/// those below it of which the parent knows.
#[derive(Debug, Default)]
pub(crate) struct Seeks {
    hosts: BTreeMap<HostId, Search>,
    /// When nobody was asked last, since more hosts were not heard than were.
    withheld: Option<Time>,
}

impl Seeks {
    pub fn is_doubted(&self, host: HostId) -> bool {
        self.hosts.contains_key(&host)
    }

    pub fn forget(&mut self, host: HostId) -> bool {
        self.hosts.remove(&host).is_some()
    }

    pub fn forget_all(&mut self) {
        self.hosts.clear();
    }

    /// Whether this relay was asked for that host, and nothing better is known since.
    pub fn was_asked(&self, host: HostId, relay: HostId) -> bool {
        self.hosts.get(&host).is_some_and(|search| search.asked.contains(&relay))
    }
}

impl Search {
    /// This one did not reach it; false where nothing was expected of it.
    fn take_answer(&mut self, seeker: HostId) -> bool {
        let was_open = self.open.remove(&seeker).is_some();
        if was_open && !self.failed.contains(&seeker) {
            self.failed.push(seeker);
        }
        was_open
    }

    /// Whether somebody else may be asked now.
    fn is_due(&mut self, now: Time) -> bool {
        let late: Vec<HostId> =
            self.open.iter().filter(|(_, until)| **until <= now).map(|(host, _)| *host).collect();
        for seeker in late {
            self.take_answer(seeker);
        }
        if self.again.is_some_and(|again| again <= now) {
            (self.again, self.asked) = (None, Vec::new());
        }
        self.open.is_empty() && self.again.is_none()
    }
}

impl Daemon {
    /// This host is not heard; its link may be open still.
    pub(crate) fn doubt(&mut self, host: HostId, silent_ms: u64) {
        if self.seeks.is_doubted(host) {
            return;
        }
        self.seeks.hosts.insert(host, Search::default());
        if let (false, Some(parent)) = (self.leads(), self.parent) {
            let doubt = Doubt { number: host, silent_ms: Some(silent_ms) };
            self.send(parent, doubt.frame(CommandId::NONE));
        }
    }

    /// It is heard again, or there is a way to it.
    pub(crate) fn trust(&mut self, host: HostId) {
        let was_doubted = self.seeks.forget(host);
        if let (true, false, Some(parent)) = (was_doubted, self.leads(), self.parent) {
            let doubt = Doubt { number: host, silent_ms: None };
            self.send(parent, doubt.frame(CommandId::NONE));
        }
    }

    /// A relay below tells of one of its hosts.
    pub(crate) fn doubted_below(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Doubt { number, silent_ms } = Doubt::decode(frame)?;
        if self.routes.below(number) != Some(from) {
            return Ok(());
        }
        let (state, what) = match silent_ms {
            Some(silent_ms) => (HostState::Suspect, Happening::HostSuspect { silent_ms }),
            None => (HostState::Up, Happening::HostTrusted),
        };
        if self.leads() {
            if let Some(entry) = self.members.entry_mut(number) {
                entry.state = state;
            }
            self.happened(number, what);
        }
        match silent_ms {
            None => self.trust(number),
            Some(silent_ms) => self.doubt(number, silent_ms),
        }
        Ok(())
    }

    /// Asks whoever is to be asked now.
    pub(crate) fn seeks_due(&mut self) {
        let (missing, routes) = (&self.missing, &self.routes);
        let known = |host: &HostId| missing.is_missing(*host) || routes.below(*host).is_some();
        self.seeks.hosts.retain(|host, _| known(host));
        if !self.leads() {
            return;
        }
        for host in self.missing.tried() {
            self.doubt(host, 0);
        }
        if self.is_cut_off() {
            self.seeks.withheld = Some(self.now);
            return;
        }
        let now = self.now;
        let searches = self.seeks.hosts.iter_mut();
        let due: Vec<HostId> =
            searches.filter_map(|(host, search)| search.is_due(now).then_some(*host)).collect();
        if due.is_empty() {
            return;
        }
        let seekers = self.seekers();
        due.into_iter().for_each(|host| self.ask_some(host, &seekers));
    }

    /// More hosts are not heard than are: it is this side of the network that is cut off, and its
    /// hosts reach what it reaches.
    fn is_cut_off(&self) -> bool {
        let heard = |(host, _): &(HostId, LinkId)| !self.seeks.is_doubted(*host);
        self.seeks.hosts.len() > self.routes.all().filter(heard).count()
    }

    /// When hosts were not looked for by others last, although they were not heard.
    pub fn seeks_withheld(&self) -> Option<Time> {
        self.seeks.withheld
    }

    fn ask_some(&mut self, host: HostId, seekers: &[Seeker]) {
        self.look_too(host);
        let Some(search) = self.seeks.hosts.get(&host) else { return };
        let left = limits::SEEKERS_MAX.saturating_sub(search.asked.len()).min(limits::SEEKERS);
        let chosen = self.choose(host, seekers, &search.asked, left);
        let until = self.now + limits::SEEK_ANSWERED_WITHIN;
        let Some(search) = self.seeks.hosts.get_mut(&host) else { return };
        search.again = chosen.is_empty().then_some(self.now + limits::REDIAL_EVERY);
        search.asked.extend(chosen.iter().map(|(seeker, _)| *seeker));
        search.open.extend(chosen.iter().map(|(seeker, _)| (*seeker, until)));
        let Some(entry) = self.members.get(host).map(|member| &member.entry) else { return };
        let (address, key, warrant) = (entry.facts.listens.clone(), entry.key, Warrant::default());
        for (at, link) in chosen {
            let (address, warrant) = (address.clone(), warrant.clone());
            let seek = Seek { at, number: host, address, key, warrant };
            self.out.push(Effect::SendSeek { link, seek });
        }
    }

    /// This daemon is another host too, where it has left the host to a relay.
    fn look_too(&mut self, host: HostId) {
        let child = |link: LinkId| self.links.get(&link).and_then(|link| link.child());
        let relayed = self.routes.below(host).is_some_and(|link| child(link) != Some(host));
        let Some(search) = self.seeks.hosts.get_mut(&host) else { return };
        if relayed && !std::mem::replace(&mut search.looks, true) {
            self.look_for(host);
        }
    }

    /// This daemon did not find it.
    pub(crate) fn looked(&mut self, host: HostId) {
        if let Some(search) = self.seeks.hosts.get_mut(&host) {
            search.looks = false;
        }
    }

    /// From above: for this host, or for one below.
    pub(crate) fn seek(&mut self, frame: &Frame) -> Result<(), WireError> {
        let seek = Seek::decode(frame)?;
        if seek.at == self.config.host {
            self.out.push(Effect::Seek { seek });
        } else if let Some(link) = self.routes.below(seek.at) {
            self.send(link, frame.clone());
        }
        Ok(())
    }

    /// This host does not reach one that it was asked to look for.
    pub(crate) fn not_sought(&mut self, number: HostId, gone: bool, why: String) {
        if let Some(parent) = self.parent {
            let sought = Sought { at: self.config.host, number, gone, why };
            self.send(parent, sought.frame(CommandId::NONE));
        }
    }

    /// A host below does not reach one that it was asked to look for.
    pub(crate) fn sought(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Sought { at, number, gone, .. } = Sought::decode(frame)?;
        if self.routes.below(at) != Some(from) {
            return Ok(());
        }
        if !self.leads() {
            self.parent.into_iter().for_each(|parent| self.send(parent, frame.clone()));
            return Ok(());
        }
        let Some(search) = self.seeks.hosts.get_mut(&number) else { return Ok(()) };
        if !gone {
            search.take_answer(at);
        } else if search.open.remove(&at).is_some() {
            self.said_to_be_gone(number, at);
        }
        Ok(())
    }

    /// Its port was open for this host before, and is closed now. So it is given up a moment from
    /// now, if it is not heard itself until then.
    fn said_to_be_gone(&mut self, number: HostId, by: HostId) {
        let silent = self.routes.below(number).filter(|link| {
            self.links.get(link).is_some_and(|link| link.child() == Some(number) && link.suspect)
        });
        if let Some(link) = silent {
            self.refuse_with(link, "not heard", Hope::Some);
        }
        let why = format!("{} finds its port closed", self.name_of(by));
        self.missing.shorten(number, self.now + limits::REDIAL_LEAST, &why);
    }

    fn name_of(&self, host: HostId) -> String {
        self.members.get(host).map_or_else(|| host.0.to_string(), |m| m.entry.name.clone())
    }

    /// The reason for giving a host up, with those who looked for it too.
    pub(crate) fn confirmed(&mut self, host: HostId, why: &str) -> String {
        let failed = self.seeks.hosts.remove(&host).map(|search| search.failed).unwrap_or_default();
        if failed.is_empty() || !self.leads() {
            return why.to_owned();
        }
        let mut names: Vec<String> =
            failed.into_iter().map(|seeker| self.name_of(seeker)).collect();
        let others = names.len().saturating_sub(limits::SEEKERS);
        names.truncate(limits::SEEKERS);
        if others > 0 {
            names.push(format!("{others} more"));
        }
        let last = names.pop().unwrap_or_default();
        match names.len() {
            0 => format!("{why}, {last} does not reach it either"),
            _ => format!("{why}, {} and {last} do not reach it either", names.join(", ")),
        }
    }
}
