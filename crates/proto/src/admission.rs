//! Hosts below a relay: their hello goes up to the owner as a request, the owner's word comes
//! down. Not for hosts linked to the owner itself: see `handshake.rs`.
//!
//! A relay keeps what its hosts said, so that it can ask again over a remade link to its parent.
//! It can falsify what it relays, as it could by launching; it cannot take over a host that is
//! reached another way.

use crate::daemon::Hope;
use crate::handshake::{ChildHello, NOT_SIGNED};
use crate::lead::SUPERSEDED;
use crate::link::Standing;
use crate::request::DIRECT;
use crate::{Daemon, Effect, LinkId, Peer};
use posse_wire::msg::{Admission, Down, Join, Reach, Verdict};
use posse_wire::{CommandId, Frame, HostId, Message, WireError, limits};

/// The word on a host came when its relay had lost it.
const NEVER_ADMITTED: &str = "its link closed before it was admitted";

/// What a host below this relay said, and the link it said it on.
#[derive(Debug)]
pub(crate) struct Asked {
    pub link: LinkId,
    pub join: Join,
}

impl Daemon {
    /// A daemon linked to this relay said hello: the owner decides.
    pub(crate) fn ask_owner(&mut self, link: LinkId, number: HostId, hello: ChildHello) {
        if let Some(old) = self.joins.get(&number).map(|asked| asked.link) {
            self.leave_for_another(old, number);
        }
        let ChildHello { boot, key, facts, .. } = hello;
        let parent = self.config.host;
        let join = Join { number, parent, boot, key, facts: Box::new(facts) };
        self.join_upwards(link, join);
    }

    /// This relay reaches the host another way from now on.
    fn leave_for_another(&mut self, old: LinkId, number: HostId) {
        if self.links.get(&old).is_some_and(|link| link.peer == Peer::Child(number)) {
            let why = "a newer link to this host took its place";
            self.refuse_with(old, why, Hope::Replaced);
        } else {
            self.refuse_below(old, number, "a direct link to this host took its place");
            self.commands_cut(number);
        }
    }

    fn join_upwards(&mut self, link: LinkId, join: Join) {
        if let Some(parent) = self.parent {
            self.send(parent, join.frame(CommandId::NONE));
        }
        self.joins.insert(join.number, Asked { link, join });
    }

    /// A new link to the parent: it knows none of the hosts below.
    pub(crate) fn ask_again(&mut self) {
        let Some(parent) = self.parent else { return };
        let frames: Vec<Frame> =
            self.joins.values().map(|asked| asked.join.frame(CommandId::NONE)).collect();
        frames.into_iter().for_each(|frame| self.send(parent, frame));
    }

    /// A relay below asks for one of its hosts.
    pub(crate) fn join(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let join = Join::decode(frame)?;
        let number = join.number;
        if !self.leads() {
            let old = self.joins.get(&number).map(|asked| asked.link).filter(|old| *old != from);
            if old.is_some() && !self.seeks.is_doubted(number) {
                self.refuse_below(from, number, "this host is reached another way");
                return Ok(());
            }
            old.into_iter().for_each(|old| self.leave_for_another(old, number));
            self.join_upwards(from, join);
            return Ok(());
        }
        let elsewhere = self.is_elsewhere(from, &join);
        let known = number != self.config.host && self.members.get(number).is_some();
        let child = self.links.get(&from).and_then(crate::link::Link::child);
        let lent = child.is_some_and(|child| self.is_invited(child));
        let Some(link) = self.links.get_mut(&from) else { return Ok(()) };
        if lent {
            self.refuse_below(from, number, "a computer that joined by a code relays for nobody");
        } else if elsewhere || link.child() == Some(number) {
            self.refuse_below(from, number, "this host is reached another way");
        } else if !known {
            self.refuse_below(from, number, "this host is not, or no longer, of this vm");
        } else if link.joining.len() >= limits::JOINS_MAX {
            self.refuse_below(from, number, "too many hosts at once; try again");
        } else {
            let key = join.key;
            link.joining.push_back(join);
            let known = self.members.ticket(number, &key);
            self.out.push(Effect::Admit { link: from, number, key, known });
        }
        Ok(())
    }

    /// Whether there is another way to this host, as good as the one over this link.
    fn is_elsewhere(&self, from: LinkId, join: &Join) -> bool {
        let has_way = self.routes.below(join.number).is_some_and(|link| link != from);
        has_way && !self.seeks.was_asked(join.number, join.parent)
    }

    pub(crate) fn refuse_below(&mut self, link: LinkId, number: HostId, why: &str) {
        let verdict = Verdict::Refused { reason: why.to_owned() };
        self.send(link, Admission { number, verdict }.frame(CommandId::NONE));
    }

    /// The owner signed for a host below the relay at `from`.
    pub(crate) fn admitted_below(&mut self, from: LinkId, join: Join, ticket: Vec<u8>) {
        let elsewhere = self.is_elsewhere(from, &join);
        let Join { number, parent, boot, key, facts } = join;
        if !self.leads() {
            return self.refuse_below(from, number, SUPERSEDED);
        }
        if self.members.get(number).is_none() {
            let why = "this host is no longer of this vm";
            return self.refuse_below(from, number, why);
        }
        if elsewhere {
            return self.refuse_below(from, number, "this host is reached another way");
        }
        if ticket.is_empty() {
            return self.refuse_below(from, number, NOT_SIGNED);
        }
        self.leave_old_way(number, from);
        self.reached(number, from);
        if self.seeks.was_asked(number, parent)
            && let Some(entry) = self.members.entry_mut(number)
        {
            DIRECT.clone_into(&mut entry.launcher);
        }
        let hello = ChildHello { boot, key, lead: self.led.lead, facts: *facts };
        let incarnation = self.host_joined(number, parent, hello, &ticket);
        let adopt = self.restored;
        let verdict = Verdict::Admitted { boot, incarnation, ticket, adopt };
        self.send(from, Admission { number, verdict }.frame(CommandId::NONE));
        self.found(number, from);
    }

    /// From now on this host is reached through this link.
    pub(crate) fn reached(&mut self, number: HostId, link: LinkId) {
        self.routes.add(number, link);
        if let Some(link) = self.links.get_mut(&link) {
            link.reaches.insert(number);
        }
    }

    /// The owner's word on a host below this relay.
    pub(crate) fn admission(&mut self, frame: &Frame) -> Result<(), WireError> {
        let Admission { number, verdict } = Admission::decode(frame)?;
        let asked = self.joins.get(&number).map(|asked| (asked.link, asked.join.boot));
        let Some((link, asked_boot)) = asked else {
            if matches!(verdict, Verdict::Admitted { .. }) {
                self.not_reached(number, NEVER_ADMITTED);
            }
            return Ok(());
        };
        if let Verdict::Admitted { boot, .. } = &verdict
            && *boot != asked_boot
        {
            // Said of an earlier life of that daemon; the answer for this one is on its way.
            return Ok(());
        }
        let direct = self.links.get(&link).is_some_and(|link| link.peer == Peer::Child(number));
        if direct {
            self.word_on_child(link, number, verdict);
            return Ok(());
        }
        let admitted = matches!(verdict, Verdict::Admitted { .. });
        if admitted {
            self.reached(number, link);
        } else {
            // Else it would be asked for again over the next link to the parent.
            self.joins.remove(&number);
        }
        self.send(link, frame.clone());
        if admitted {
            self.found(number, link);
        }
        Ok(())
    }

    fn word_on_child(&mut self, id: LinkId, number: HostId, verdict: Verdict) {
        match verdict {
            Verdict::Admitted { incarnation, ticket, adopt, .. } => {
                let Some(link) = self.links.get_mut(&id) else { return };
                if link.standing == Standing::New {
                    link.admit(number, self.now);
                    self.reached(number, id);
                } else if link.welcomed == incarnation && !adopt {
                    return;
                } else if link.welcomed != incarnation {
                    // Given up above while it was reached from here: what it ran is over.
                    self.commands_cut(number);
                }
                self.welcome_host(id, number, (incarnation, ticket), adopt);
                self.found(number, id);
            }
            Verdict::Refused { reason } => self.refuse_with(id, &reason, Hope::Refused),
            Verdict::Removed { purge } => {
                self.send(id, Down { purge }.frame(CommandId::NONE));
                self.refuse(id, "removed from the vm");
            }
        }
    }

    /// Tells the parent that there is no way to this host from here.
    fn not_reached(&mut self, number: HostId, why: &str) {
        if let Some(parent) = self.parent {
            let down = vec![(number, why.to_owned())];
            self.send(parent, Reach { down }.frame(CommandId::NONE));
        }
    }

    /// A child no longer reaches hosts below it.
    pub(crate) fn reach(&mut self, id: LinkId, frame: &Frame) -> Result<(), WireError> {
        for (host, why) in Reach::decode(frame)?.down {
            if self.joins.get(&host).is_some_and(|asked| asked.link == id) {
                self.joins.remove(&host);
            }
            if let Some(link) = self.links.get_mut(&id) {
                link.reaches.remove(&host);
            }
            if !self.routes.remove(host, id) {
                continue;
            }
            if self.joins.contains_key(&host) {
                // It has asked over another way since.
                self.commands_cut(host);
            } else if self.leads() && why == NEVER_ADMITTED {
                // It lived a moment ago, and nobody has looked for it since.
                self.commands_cut(host);
                self.look_for_again(host, &why);
            } else {
                let why = self.confirmed(host, &why);
                self.hosts_lost(&[host], &why);
                self.commands_unanswered(host);
                self.commands_lost_host(host, &why);
            }
        }
        Ok(())
    }
}
