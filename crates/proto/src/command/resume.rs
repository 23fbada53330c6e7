//! After a lost link: the streams of a command are taken up where they were acknowledged.
//!
//! The daemon above the cut speaks first, over the new link, whichever way that goes: which
//! processes it still waits for, and what was consumed of them. The host sends again what it has
//! no acknowledgement for, then the exits; it says how far each input came, from where the front
//! end sends again. Offsets make that exact: what is there already is dropped by its consumer.

use super::{Below, Command, Consumed, Up, Way};
use crate::{Daemon, LinkId};
use posse_wire::msg::{Current, End, Exit, Origin, Resumed, Spawn, Spec, Status, Target};
use posse_wire::{
    CommandId, Fd, Frame, HostId, Kind, Message, Outcome, Rank, StreamAck, StreamChunk, WireError,
    limits,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

impl Daemon {
    /// What the next link to a host below must be told, should this one not have carried it.
    pub(super) fn remember_consumed(&mut self, id: CommandId, ack: &StreamAck) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        if ack.rank == Rank::ALL {
            let ranks: Vec<Rank> = command.ranks_below().collect();
            for rank in ranks {
                command.consumed.entry((rank, ack.fd)).or_default().note(ack);
            }
        } else if command.below_of(ack.rank).is_some() {
            command.consumed.entry((ack.rank, ack.fd)).or_default().note(ack);
        }
    }

    /// A host is reached again: its part of every command that was cut off goes on.
    pub(crate) fn resume_below(&mut self, host: HostId, link: LinkId) {
        let ids: Vec<CommandId> = self.commands.running.keys().copied().collect();
        ids.into_iter().for_each(|id| self.resume_part(id, host, link));
    }

    /// The same for one command.
    pub(super) fn resume_part(&mut self, id: CommandId, host: HostId, link: LinkId) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let mut started = Vec::new();
        let mut waiting = Vec::new();
        let mut anew = 0;
        for below in command.below.iter_mut().filter(|below| below.host == host) {
            let Way::Cut { started: was_started } = below.way else { continue };
            below.way = Way::Link(link);
            below.gated |= below.anew != 0;
            anew = below.anew.max(anew);
            let left = below.left().into_iter();
            let left = left.map(|(first, count)| Target { host, first, count });
            if was_started { &mut started } else { &mut waiting }.extend(left);
        }
        let inputs = command.inputs_of(&waiting).map(|ack| ack.frame(Kind::InputAck, id));
        let missed: Vec<Frame> = inputs.collect();
        let mut frames: Vec<Frame> = Vec::new();
        if !started.is_empty() || !waiting.is_empty() {
            command.told.push(link);
            let (size, spec) = (command.size, command.spec.encode());
            let parts = [(waiting, false), (started, true)];
            for (targets, again) in parts.into_iter().filter(|(targets, _)| !targets.is_empty()) {
                let ranks = targets.clone();
                let (spec, origin) = (spec.clone(), command.origin.clone());
                let anew = if again { anew } else { 0 };
                frames.push(Spawn { size, targets, spec, again, anew, origin }.frame(id));
                frames.extend(command.consumed_of(&ranks).map(|a| a.frame(Kind::OutputAck, id)));
            }
            frames.extend(command.ending.map(|signal| End { rank: None, signal }.frame(id)));
        }
        frames.into_iter().for_each(|frame| self.send(link, frame));
        missed.into_iter().for_each(|frame| self.upwards(frame));
    }

    /// The daemon above says which processes of a command it still waits for.
    pub(super) fn spawn_again(&mut self, from: LinkId, id: CommandId, spawn: Spawn, spec: Spec) {
        let fresh = || Command::new(Up::Link(from), spawn.size, Rc::new(spec), self.now);
        let command = self.commands.running.entry(id).or_insert_with(fresh);
        let given_up = command.up == Up::Nobody;
        if command.spec.detached && command.up != Up::Keep {
            command.origin.clone_from(&spawn.origin);
        }
        let another_way = !given_up && command.up != Up::Link(from);
        if another_way {
            command.up = Up::Link(from);
            // What is on its way here has a gap where it was lost above.
            command.below.iter_mut().for_each(|below| below.gated = true);
        }
        let mut unknown = Vec::new();
        let mut again = Vec::new();
        // Hosts for which nothing else will answer.
        let mut answered = BTreeSet::new();
        let mut by_link: BTreeMap<LinkId, Vec<Target>> = BTreeMap::new();
        for target in &spawn.targets {
            let ranks = (target.first.0..target.first.0 + target.count).map(Rank);
            if given_up {
                answered.insert(target.host);
                unknown.extend(ranks);
                continue;
            }
            if target.host == self.config.host {
                answered.insert(target.host);
                for rank in ranks {
                    let here = command.local.contains_key(&rank);
                    if here { &mut again } else { &mut unknown }.push(rank);
                }
                continue;
            }
            let way = match self.routes.below(target.host) {
                Some(link) => Way::Link(link),
                None if self.missing.is_missing(target.host) => Way::Cut { started: true },
                None => {
                    answered.insert(target.host);
                    unknown.extend(ranks);
                    continue;
                }
            };
            command.expect_below(target, way, spawn.anew);
            if let Way::Link(link) = way {
                by_link.entry(link).or_default().push(*target);
            }
        }
        command.told.extend(by_link.keys());
        command.count_left();
        let nothing = command.local.is_empty() && command.below.is_empty();
        let Spawn { size, spec, again: said_again, anew, origin, .. } = spawn;
        for (link, targets) in by_link {
            let (spec, origin, again) = (spec.clone(), origin.clone(), said_again);
            self.send(link, Spawn { size, targets, spec, again, anew, origin }.frame(id));
        }
        self.commands.due.retain(|(_, due_for, rank)| *due_for != id || *rank != Rank::ALL);
        for host in answered {
            self.send(from, Resumed { host, anew }.frame(id));
        }
        again.iter().for_each(|rank| self.say_again(id, *rank));
        // What is not asked for over another way is not wanted there.
        if another_way || !again.is_empty() {
            self.lift_again(id, &again, anew != 0);
        }
        self.deny(from, id, unknown);
        if nothing {
            self.commands.running.remove(&id);
            remember(&mut self.commands.denied, id);
        }
    }

    /// Of these nothing is known here, and nothing will be.
    fn deny(&mut self, to: LinkId, id: CommandId, ranks: Vec<Rank>) {
        for rank in ranks {
            let why = "the host's daemon knows nothing of it, or is no longer reached".to_owned();
            let status = Status::Lost { why, outcome: Outcome::Unknown };
            let exit = Exit { rank, count: 1, status, elapsed_us: 0 };
            self.send(to, exit.frame(id));
        }
    }

    /// A host below goes on from what was acknowledged.
    pub(crate) fn resumed(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Resumed { host, anew } = Resumed::decode(frame)?;
        let Some(command) = self.commands.running.get_mut(&frame.id) else { return Ok(()) };
        let mut its = command.below.iter_mut().filter(|below| below.host == host);
        // An answer to an earlier question is not the one that is waited for.
        let meant = |below: &&mut Below| {
            below.way == Way::Link(from) && (below.anew == 0 || below.anew == anew)
        };
        let mut gates = its.by_ref().filter(meant).peekable();
        if gates.peek().is_none() {
            return Ok(());
        }
        gates.for_each(|below| (below.gated, below.anew) = (false, 0));
        if let Up::Link(up) = command.up
            && self.links.get(&up).is_some_and(|link| !link.is_client())
        {
            self.send(up, frame.clone());
        }
        Ok(())
    }

    /// All that a process of this host has said and that is not acknowledged; of a detached
    /// command what concerns its input, the rest is on disk.
    fn say_again(&mut self, id: CommandId, rank: Rank) {
        let Some(command) = self.commands.running.get_mut(&id) else { return };
        let Some(process) = command.local.get_mut(&rank) else { return };
        let outputs = process.outputs.iter().filter(|_| command.uplink.is_none());
        let chunks: Vec<StreamChunk> =
            outputs.flat_map(|(fd, output)| output.again(rank, *fd)).collect();
        let acks: Vec<StreamAck> =
            process.inputs.iter_mut().flat_map(|(fd, input)| input.again(rank, *fd)).collect();
        let exit = process.exit.clone().filter(|_| command.uplink.is_none());
        chunks.into_iter().for_each(|chunk| self.upwards(chunk.frame(Kind::Output, id)));
        acks.into_iter().for_each(|ack| self.upwards(ack.frame(Kind::InputAck, id)));
        if let Some(exit) = exit {
            self.upwards(exit.frame(id));
        }
    }

    /// After a death of the owner's daemon: what it waits for on this host.
    pub(crate) fn tell_current(&mut self, host: HostId, link: LinkId) {
        if !self.restored {
            return;
        }
        // Of a relay, those for which it stands between.
        let waits = |command: &&Command| {
            command.below.iter().any(|below| self.hangs_below(below.host, host))
        };
        let running = self.commands.running.iter();
        let commands = running.filter(|(_, command)| waits(command)).map(|(id, _)| *id).collect();
        let origin = self.config.host;
        self.send(link, Current { host, origin, commands }.frame(CommandId::NONE));
    }

    /// The leader's daemon died and is back: attached commands of its own that it does not know
    /// have no front end any more. What was begun here since this link is open came over another
    /// one, and may be newer than the word, which went a longer way.
    pub(crate) fn current(&mut self, from: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Current { host, origin, mut commands } = Current::decode(frame)?;
        let opened = self.links.get(&from).map_or(self.now, |link| link.opened);
        let elsewhere =
            |command: &Command| command.started >= opened && command.up != Up::Link(from);
        let running = self.commands.running.iter();
        let newer = running.filter(|(_, command)| elsewhere(command)).map(|(id, _)| *id);
        let room = limits::COMMANDS_MAX.saturating_sub(commands.len());
        let newer = newer.filter(|id| id.origin() == origin && !commands.contains(id)).take(room);
        let newer: Vec<CommandId> = newer.collect();
        commands.extend(newer);
        if host != self.config.host {
            if let Some(link) = self.routes.below(host) {
                self.send(link, Current { host, origin, commands }.frame(CommandId::NONE));
            }
            return Ok(());
        }
        let theirs = |id: &CommandId| id.origin() == origin && !commands.contains(id);
        let attached = self.commands.running.iter().filter(|(_, command)| !command.spec.detached);
        let unknown: Vec<CommandId> = attached.map(|(id, _)| *id).filter(theirs).collect();
        unknown.into_iter().for_each(|id| self.session_over(id));
        Ok(())
    }

    /// The vm has declared an earlier incarnation of this host down: what ran in it was given up
    /// by its front ends. Detached commands go on.
    pub(crate) fn fenced(&mut self) {
        let attached = self.commands.running.iter().filter(|(_, command)| !command.spec.detached);
        let given_up = attached.filter(|(_, command)| !self.is_home(command.up));
        let given_up: Vec<CommandId> = given_up.map(|(id, _)| *id).collect();
        given_up.into_iter().for_each(|id| self.session_over(id));
    }
}

/// Keeps the last ones.
pub(super) fn remember(ids: &mut VecDeque<CommandId>, id: CommandId) {
    ids.push_back(id);
    if ids.len() > limits::DROPPED_MAX {
        ids.pop_front();
    }
}

impl Command {
    pub(super) fn new(up: Up, size: u32, spec: Rc<Spec>, now: crate::Time) -> Command {
        Command {
            up,
            size,
            spec,
            below: Vec::new(),
            local: BTreeMap::new(),
            left: 0,
            consumed: BTreeMap::new(),
            uplink: None,
            keeping: 0,
            origin: Origin::default(),
            kept_end: 0,
            unknown: 0,
            unheard: false,
            arrived: BTreeMap::new(),
            told: Vec::new(),
            ending: None,
            number: 0,
            started: now,
            code: 0,
        }
    }

    /// The part of a chunk that has not come before over another link; for the origin of a
    /// detached command, which keeps everything once.
    pub(super) fn news_of(&mut self, chunk: StreamChunk) -> Option<StreamChunk> {
        let kept = self.arrived.entry((chunk.rank, chunk.fd)).or_default();
        let known = kept.offset.saturating_sub(chunk.offset).min(chunk.bytes.len() as u64);
        let bytes = chunk.bytes.slice(known as usize..);
        if kept.closed || (bytes.is_empty() && !chunk.end) {
            return None;
        }
        *kept = Consumed { offset: chunk.upto(), closed: chunk.end };
        Some(StreamChunk { offset: chunk.offset + known, bytes, ..chunk })
    }

    /// Whether what comes of this process from below is to be dropped.
    pub(super) fn is_gated(&mut self, rank: Rank) -> bool {
        self.below_of(rank).is_some_and(|below| below.gated)
    }

    /// Whether this process below is known to be over.
    pub(super) fn has_ended(&mut self, rank: Rank) -> bool {
        self.below_of(rank).is_some_and(|below| below.over[(rank.0 - below.first.0) as usize])
    }

    fn ranks_below(&self) -> impl Iterator<Item = Rank> {
        let ranks = |below: &Below| below.first.0..below.first.0 + below.over.len() as u32;
        self.below.iter().flat_map(ranks).map(Rank)
    }

    /// What is to be sent again to processes that start only now.
    fn inputs_of(&self, targets: &[Target]) -> impl Iterator<Item = StreamAck> {
        let inputs = self.spec.pipes.iter().filter(|pipe| pipe.input).map(|pipe| Fd(pipe.fd));
        let ranks = |target: &Target| target.first.0..target.first.0 + target.count;
        let ranks: Vec<u32> = targets.iter().flat_map(ranks).collect();
        let ack = |fd: Fd, rank: u32| {
            let (rank, offset, closed, again) = (Rank(rank), 0, false, true);
            StreamAck { rank, fd, offset, closed, again }
        };
        inputs.flat_map(move |fd| ranks.clone().into_iter().map(move |rank| ack(fd, rank)))
    }

    fn consumed_of(&self, targets: &[Target]) -> impl Iterator<Item = StreamAck> {
        let of = |target: &Target| {
            let last = Rank(target.first.0 + (target.count - 1));
            self.consumed.range((target.first, Fd(0))..=(last, Fd(u16::MAX)))
        };
        targets.iter().flat_map(of).map(|((rank, fd), consumed)| consumed.ack(*rank, *fd))
    }

    /// These processes are not over, as far as the daemon above knows, and go this way.
    fn expect_below(&mut self, target: &Target, way: Way, anew: u32) {
        if anew != 0 {
            let last = Rank(target.first.0 + (target.count - 1));
            let theirs = (target.first, Fd(0))..=(last, Fd(u16::MAX));
            self.consumed.retain(|key, _| !theirs.contains(key));
        }
        let known = self.below_of(target.first).filter(|below| below.host == target.host);
        if let Some(below) = known {
            below.way = way;
            below.gated = matches!(way, Way::Link(_));
            below.anew = if anew == 0 { below.anew } else { anew };
            let from = (target.first.0 - below.first.0) as usize;
            below.over.iter_mut().skip(from).take(target.count as usize).for_each(|o| *o = false);
            return;
        }
        let gated = matches!(way, Way::Link(_));
        self.below.push(Below { gated, anew, ..Below::new(target, way) });
        self.below.sort_by_key(|below| below.first);
    }

    pub(super) fn count_left(&mut self) {
        let below = self.below.iter().flat_map(|below| &below.over).filter(|over| !**over).count();
        let here = self.local.values().filter(|process| process.exit.is_none()).count();
        self.left = (below + here) as u32 + self.unknown;
    }
}

impl Consumed {
    fn note(&mut self, ack: &StreamAck) {
        self.offset = self.offset.max(ack.offset);
        self.closed |= ack.closed;
    }

    fn ack(self, rank: Rank, fd: Fd) -> StreamAck {
        StreamAck { rank, fd, offset: self.offset, closed: self.closed, again: false }
    }
}
