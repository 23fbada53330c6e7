//! Detached commands whose origin is lost find another: hosts offer what they have of them to a
//! daemon that took the origin's place or has lost its disk, and that one takes over what it does
//! not know. From then on it is their origin: it asks for everything anew, by the ordinary way of
//! resumption, and keeps it. What ran on the lost origin's own host is lost with it, which its
//! hosts know from the words that came with the command.

use super::{Below, Command, Consumed, Head, Up, Uplink, Way};
use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Exit, Offer, Origin, Spawn, Spec, Status, Target};
use posse_wire::{CommandId, Frame, HostId, Message, Outcome, Rank, WireError, limits};
use std::collections::BTreeSet;
use std::rc::Rc;

impl Daemon {
    /// Says to the parent which detached commands this host has, and has carried for those below.
    pub(crate) fn offer_all(&mut self) {
        let Some(parent) = self.parent else { return };
        let own = self.config.host;
        let commands = self.commands.running.iter().filter(|(_, command)| command.spec.detached);
        let others = commands.filter(|(_, c)| matches!(c.up, Up::Link(_) | Up::Lost(_)));
        let offers = others.map(|(id, command)| (*id, command.offer(own)));
        let frames: Vec<Frame> =
            offers.filter(|(_, o)| !o.targets.is_empty()).map(|(id, o)| o.frame(id)).collect();
        frames.into_iter().for_each(|frame| self.send(parent, frame));
    }

    /// A host below has a detached command of which the root may know nothing.
    pub(crate) fn offer(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let offer = Offer::decode(frame)?;
        let spec = Spec::decode(&offer.spec)?;
        let id = frame.id;
        let kept = self.commands.kept.iter().any(|kept| kept.entry.id == id);
        let up = self.commands.running.get(&id).map(|command| command.up);
        if kept || self.was_dropped(id, from) {
            return Ok(());
        }
        if up == Some(Up::Keep) {
            self.widen(id, &offer.targets);
        } else if let Some(parent) = self.parent {
            self.send(parent, frame.clone());
        } else if up.is_none() && self.may_adopt(id) && spec.detached {
            self.adopt(id, offer, spec);
        }
        Ok(())
    }

    /// Only a daemon that may have lost it takes a command over, and not from an origin that lives;
    /// but one that led before has handed its own over too.
    fn may_adopt(&self, id: CommandId) -> bool {
        let origin = id.origin();
        let up = self.members.get(origin).is_some_and(|member| member.entry.is_up());
        let lives = up && self.led_before != Some(origin);
        let room = self.commands.running.len() < limits::COMMANDS_MAX;
        self.restored && room && (origin == self.config.host || !lives)
    }

    fn adopt(&mut self, id: CommandId, offer: Offer, spec: Spec) {
        let Offer { size, targets, origin, .. } = offer;
        let mut command = Command::new(Up::Keep, size, Rc::new(spec), self.now);
        command.number = self.commands.number_for(origin.number);
        command.unknown = size;
        command.left = size;
        let of_origin = origin.targets.clone();
        command.origin = Origin { number: command.number, targets: origin.targets };
        self.commands.running.insert(id, command);
        self.widen(id, &targets);
        self.widen(id, &of_origin);
    }

    /// More is known of where a command that was taken over runs: these are asked for all they
    /// have.
    fn widen(&mut self, id: CommandId, targets: &[Target]) {
        let anew = self.anew();
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        if command.unknown == 0 {
            return;
        }
        let way = Way::Cut { started: true };
        let mut hosts: BTreeSet<HostId> = BTreeSet::new();
        for target in targets {
            for part in command.parts_not_covered(target) {
                command.unknown = command.unknown.saturating_sub(part.count);
                command.below.push(Below { anew, ..Below::new(&part, way) });
                command.below.sort_by_key(|below| below.first);
                hosts.insert(part.host);
            }
        }
        if hosts.is_empty() {
            return;
        }
        self.take_up(id, hosts);
    }

    /// A command that was taken over, or more of it: its head is kept, and these hosts are asked.
    fn take_up(&mut self, id: CommandId, hosts: BTreeSet<HostId>) {
        let own = self.config.host;
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        // What is asked of a host is said of all its processes at once.
        for below in command.below.iter_mut().filter(|below| hosts.contains(&below.host)) {
            below.way = Way::Cut { started: true };
        }
        command.count_left();
        self.commands.due.insert((self.now + limits::OFFERS_WITHIN, id, Rank::ALL));
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let head = posse_wire::encode_value(&command.head_of_all(own));
        self.out.push(Effect::KeepHead { command: id, head });
        self.lost_here(id);
        for host in hosts {
            if let Some(link) = self.routes.below(host) {
                self.resume_part(id, host, link);
            }
        }
        self.command_over(id);
    }

    /// Another daemon is the root from now on, and keeps what detached commands say: this host goes
    /// on holding what is of its own processes.
    pub(crate) fn hand_over_commands(&mut self) {
        let kept = self.commands.running.iter().filter(|(_, command)| command.up == Up::Keep);
        let kept: Vec<CommandId> = kept.map(|(id, _)| *id).collect();
        for id in kept {
            // What it waited for as their origin.
            self.commands.due.retain(|(_, of, rank)| *of != id || *rank != Rank::ALL);
            let Some(command) = self.commands.running.get_mut(&id) else { continue };
            if command.local.is_empty() {
                self.commands.running.remove(&id);
                self.out.push(Effect::Unkeep { command: id });
                continue;
            }
            command.up = Up::Lost(self.now);
            command.uplink = Some(Box::new(Uplink::of(command.kept_end)));
            command.below.clear();
            command.unknown = 0;
            command.count_left();
        }
        for kept in std::mem::take(&mut self.commands.kept) {
            self.out.push(Effect::Unkeep { command: kept.entry.id });
        }
    }

    /// Whoever ends a command does not wait for hosts that nobody knows.
    pub(super) fn give_up_unknown(&mut self, id: CommandId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        if command.unknown == 0 {
            return;
        }
        let parts = command.unknown_parts();
        command.left = command.left.saturating_sub(command.unknown);
        command.unknown = 0;
        for (rank, count) in parts {
            let why = "the host that it ran on was not heard of again".to_owned();
            let status = Status::Lost { why, outcome: Outcome::Unknown };
            if let Some(command) = self.commands.running.get_mut(&id) {
                command.code = command.code.max(status.code());
            }
            self.upwards(Exit { rank, count, status, elapsed_us: 0 }.frame(id));
        }
        self.command_over(id);
    }

    /// This daemon is the root from now on: the detached commands of the one that was are its own.
    /// Hosts that are linked later are asked what they have.
    pub(crate) fn take_over(&mut self) {
        self.restored = true;
        let anew = self.anew();
        // Another root may have acknowledged what this one has not.
        let kept = self.commands.running.values_mut().filter(|command| command.up == Up::Keep);
        let below = kept.flat_map(|command| &mut command.below);
        let begun = below.filter(|below| below.way != Way::Cut { started: false });
        begun.for_each(|below| below.anew = anew);
        let ids: Vec<CommandId> = self.commands.running.keys().copied().collect();
        for id in ids {
            let Some(command) = self.commands.running.get(&id) else { continue };
            let elsewhere = matches!(command.up, Up::Link(_) | Up::Lost(_));
            if command.spec.detached && elsewhere && !self.is_home(command.up) {
                self.make_home(id);
            }
        }
    }

    fn make_home(&mut self, id: CommandId) {
        let (own, anew) = (self.config.host, self.anew());
        let number = self.commands.running.get(&id).map_or(0, |command| command.origin.number);
        let number = self.commands.number_for(number);
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let of_origin = command.origin.targets.clone();
        command.make_home(own, number, anew);
        let hosts = command.below.iter().map(|below| below.host).collect();
        self.take_up(id, hosts);
        self.widen(id, &of_origin);
    }
}

impl Command {
    fn own_targets(&self, own: HostId) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        for rank in self.local.keys() {
            match targets.last_mut() {
                Some(last) if last.first.0 + last.count == rank.0 => last.count += 1,
                _ => targets.push(Target { host: own, first: *rank, count: 1 }),
            }
        }
        targets
    }

    /// Where it runs, as far as is known here.
    fn all_targets(&self, own: HostId) -> Vec<Target> {
        let below = self.below.iter();
        let of = |b: &Below| Target { host: b.host, first: b.first, count: b.over.len() as u32 };
        let mut targets = self.own_targets(own);
        targets.extend(below.map(of));
        targets
    }

    fn offer(&self, own: HostId) -> Offer {
        let (targets, origin) = (self.all_targets(own), self.origin.clone());
        Offer { size: self.size, spec: self.spec.encode(), targets, origin }
    }

    fn head_of_all(&self, own: HostId) -> Head {
        let (targets, origin) = (self.all_targets(own), self.origin.clone());
        let (size, spec) = (self.size, self.spec.encode());
        let spawn = Spawn { size, targets, spec, origin, ..Spawn::default() };
        Head { number: self.number, spawn, adopted: true }
    }

    /// The runs of ranks of which nobody has told: what lies between those of which somebody has.
    fn unknown_parts(&self) -> Vec<(Rank, u32)> {
        let here = self.local.keys().map(|rank| (rank.0, 1));
        let below = self.below.iter().map(|b| (b.first.0, b.over.len() as u32));
        let mut known: Vec<(u32, u32)> = here.chain(below).collect();
        known.sort_unstable();
        known.push((self.size, 0));
        let (mut next, mut parts) = (0, Vec::new());
        for (first, count) in known {
            if first > next {
                parts.push((Rank(next), first - next));
            }
            next = next.max(first.saturating_add(count));
        }
        parts
    }

    /// The runs of ranks of a target of which nobody has told yet.
    fn parts_not_covered(&mut self, target: &Target) -> Vec<Target> {
        let mut parts: Vec<Target> = Vec::new();
        for rank in target.first.0..target.first.0.saturating_add(target.count) {
            if self.covers(Rank(rank)) {
                continue;
            }
            match parts.last_mut() {
                Some(last) if last.first.0 + last.count == rank => last.count += 1,
                _ => parts.push(Target { first: Rank(rank), count: 1, ..*target }),
            }
        }
        parts
    }

    /// What this host kept of its own processes is the beginning of what it keeps of all.
    fn make_home(&mut self, own: HostId, number: u32, anew: u32) {
        self.up = Up::Keep;
        self.uplink = None;
        self.number = number;
        self.origin.number = number;
        // It may have been the home before, and have handed it over.
        self.origin.targets.retain(|target| target.host != own);
        self.origin.targets.extend(self.own_targets(own));
        for (rank, process) in &self.local {
            for (fd, output) in &process.outputs {
                let (offset, closed) = (output.sent, output.ended);
                self.arrived.insert((*rank, *fd), Consumed { offset, closed });
            }
        }
        self.consumed.clear();
        let mut known = self.local.len() as u32;
        for below in &mut self.below {
            (below.anew, below.gated) = (anew, true);
            below.over.iter_mut().for_each(|over| *over = false);
            known += below.over.len() as u32;
        }
        self.unknown = self.size.saturating_sub(known);
    }
}
