//! The end of a command's record: with its last exit at the origin, and on hosts and relays when
//! they are told that it is settled, or when nobody can come back for it. Until then they keep
//! what may have to be said again over a new link. A detached one is settled when its origin drops
//! what it kept of it, so that until then any host may be lost.

use super::relay::HANGUP;
use super::resume::remember;
use super::{Command, Kept, Up};
use crate::{Daemon, Effect, LinkId, Time};
use posse_wire::msg::{Happening, Settled};
use posse_wire::{CommandId, HostId, Message, Rank, WireError, limits};
use std::collections::BTreeSet;
use std::time::Duration;

impl Daemon {
    /// The last process of a command may be over, here and below. At its origin a detached one is
    /// when all of it is on disk; elsewhere it is held until the origin drops it.
    pub(crate) fn command_over(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get(&id) else { return };
        let up = command.up;
        if command.left > 0 || (up == Up::Keep && command.keeping > 0) {
            return;
        }
        let detached = command.spec.detached;
        self.idle_since = self.now;
        self.commands.due.retain(|(_, due_for, _)| *due_for != id);
        if up == Up::Keep && self.leads() && !self.is_owner() {
            // Held as it is, for whoever leads next.
        } else if up == Up::Nobody || self.is_home(up) {
            self.forget_command(id);
        } else if detached {
            self.bound_held();
        } else if let Up::Lost(since) = up {
            self.session_ends(id, since);
        }
    }

    /// Whether a command is this daemon's own, not one of a daemon above.
    pub(super) fn is_home(&self, up: Up) -> bool {
        match up {
            Up::Keep => true,
            Up::Link(link) => self.links.get(&link).is_some_and(|link| link.is_client()),
            Up::Lost(_) | Up::Nobody => false,
        }
    }

    /// Forgets it, and lets those below forget it; a detached one at its origin goes to those that
    /// are kept.
    fn forget_command(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.remove(&id) else { return };
        self.commands.due.retain(|(_, due_for, _)| *due_for != id);
        if self.is_home(command.up) || id.origin() == self.config.host {
            let (number, code) = (command.number, command.code);
            self.happened(self.config.host, Happening::CommandOver { number, code });
        }
        if command.up == Up::Keep {
            return self.keep_over(id, &command);
        }
        let mut told: BTreeSet<LinkId> = command.told.iter().copied().collect();
        if command.spec.detached {
            let hosts = command.below.iter().map(|below| below.host);
            told.extend(hosts.filter_map(|host| self.routes.below(host)));
        }
        told.into_iter().for_each(|link| self.settle_below(link, id));
        if command.uplink.is_some() {
            self.out.push(Effect::Unkeep { command: id });
        }
    }

    /// Over at its origin: its output is kept, here and on its hosts, until newer ones take its
    /// place.
    pub(super) fn keep_over(&mut self, id: CommandId, command: &Command) {
        let hosts: BTreeSet<HostId> = command.below.iter().map(|below| below.host).collect();
        let entry = command.entry(id, self.now);
        self.commands.kept.push_back(Kept { entry, hosts });
        while self.commands.kept.len() > self.config.kept_max {
            let Some(oldest) = self.commands.kept.pop_front() else { break };
            let command = oldest.entry.id;
            self.out.push(Effect::Unkeep { command });
            let hosts = oldest.hosts.into_iter();
            let links: BTreeSet<LinkId> = hosts.filter_map(|h| self.routes.below(h)).collect();
            links.into_iter().for_each(|link| self.settle_below(link, command));
            remember(&mut self.commands.dropped, command);
        }
    }

    /// An origin that was told of by a host that it had dropped a command of.
    pub(super) fn was_dropped(&mut self, id: CommandId, from: LinkId) -> bool {
        let dropped = self.commands.dropped.contains(&id);
        if dropped {
            self.settle_below(from, id);
        }
        dropped
    }

    /// The oldest that is held here and that its origin has makes room. Those below are not told:
    /// what they keep is theirs to bound.
    fn bound_held(&mut self) {
        let held = self.commands.held().count();
        let sent = self.commands.held().filter(|(_, command)| command.is_sent());
        let age = |(id, c): (CommandId, &Command)| (!c.is_acknowledged(), c.number, id);
        let mut sent: Vec<(bool, u32, CommandId)> = sent.map(age).collect();
        sent.sort_unstable();
        for (.., id) in sent.into_iter().take(held.saturating_sub(limits::HELD_MAX)) {
            self.commands.running.remove(&id);
            self.out.push(Effect::Unkeep { command: id });
        }
    }

    /// What was said while the way up was lost is kept as long as a session is.
    pub(super) fn session_ends(&mut self, id: CommandId, since: Time) {
        let Some(command) = self.commands.running.get(&id) else { return };
        let due = since + Duration::from_millis(command.spec.session_grace_ms);
        self.commands.due.insert((due, id, Rank::ALL));
    }

    /// Tells a child with the next heartbeat, so that an idle host does not wake for it.
    fn settle_below(&mut self, link: LinkId, id: CommandId) {
        let Some(state) = self.links.get_mut(&link) else { return };
        state.settled.push(id);
        if state.settled.len() >= limits::SETTLED_MAX {
            self.flush_settled(link);
        }
    }

    fn settle_all_below(&mut self, id: CommandId) {
        let children = self.links.iter().filter(|(_, link)| link.child().is_some());
        let children: Vec<LinkId> = children.map(|(link, _)| *link).collect();
        children.into_iter().for_each(|link| self.settle_below(link, id));
    }

    pub(crate) fn flush_settled(&mut self, link: LinkId) {
        let Some(state) = self.links.get_mut(&link) else { return };
        let commands = std::mem::take(&mut state.settled);
        if !commands.is_empty() {
            self.send(link, Settled { commands }.frame(CommandId::NONE));
        }
    }

    /// The parent's word that these commands have no front end that waits for anything.
    pub(crate) fn settled(&mut self, frame: &posse_wire::Frame) -> Result<(), WireError> {
        for id in Settled::decode(frame)?.commands {
            match self.commands.running.get_mut(&id) {
                Some(command) if command.left == 0 => self.forget_command(id),
                Some(_) => self.session_over(id),
                // Not known here any more, and perhaps below.
                None => self.settle_all_below(id),
            }
        }
        Ok(())
    }

    /// The front end of a command is gone: it ends everywhere, and is forgotten with its last
    /// process.
    pub(crate) fn abandon(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.up = Up::Nobody;
        if command.left == 0 {
            return self.forget_command(id);
        }
        self.end_everywhere(id, HANGUP);
    }

    /// Nobody came back for a command in the time that it had, or it was given up above: the
    /// hosts below are told the same, and each ends what it runs. Whoever asks for it later hears
    /// that it is lost.
    pub(crate) fn session_over(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        command.up = Up::Nobody;
        command.below.clear();
        command.count_left();
        for link in std::mem::take(&mut command.told) {
            self.settle_below(link, id);
            self.flush_settled(link);
        }
        self.abandon(id);
    }
}
