//! What a daemon keeps of its commands, and the lists that are made from it.

use crate::missing::Missing;
use crate::{LinkId, Time};
use posse_wire::msg::{CommandEntry, CommandState, Origin, Spec, Target};
use posse_wire::{CommandId, Fd, HostId, Rank, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// Where a command's output goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Up {
    Link(LinkId),
    /// Detached, and this is its origin, or took the place of that: all output is kept here.
    Keep,
    /// The link it came over is lost since then; it may come back.
    Lost(Time),
    /// Nobody will come back for it: what it says is dropped, and it is forgotten with its last
    /// process.
    Nobody,
}

/// How processes below are reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Link(LinkId),
    /// The link is lost and being remade. Processes that were not started yet are started then.
    Cut {
        started: bool,
    },
}

/// Processes of a command on one host below this one.
#[derive(Debug)]
pub(crate) struct Below {
    pub host: HostId,
    pub first: Rank,
    pub way: Way,
    pub over: Vec<bool>,
    /// It was asked to go on and has not answered: what comes was on its way before, with gaps.
    pub gated: bool,
    /// It is to say all again from the start, whatever was acknowledged before, and to answer
    /// with this number; zero where it is not, or has.
    pub anew: u32,
}

/// How far an output has got, and whether that is its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Consumed {
    pub offset: u64,
    pub closed: bool,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub up: Up,
    pub size: u32,
    pub spec: Rc<Spec>,
    /// Sorted by first rank.
    pub below: Vec<Below>,
    pub local: BTreeMap<Rank, super::Process>,
    /// Processes here and below that are not over.
    pub left: u32,
    /// What was acknowledged to hosts below: said again over a new link, where it may have been
    /// lost with the old one.
    pub consumed: BTreeMap<(Rank, Fd), Consumed>,
    /// What this host keeps of its own processes, on its way to the origin of a detached command.
    pub uplink: Option<Box<super::Uplink>>,
    /// Frames that the shell was told to keep and has not kept yet.
    pub keeping: u32,
    /// What is said of a detached command's origin on the way down.
    pub origin: Origin,
    /// How long the file is in which it is kept here.
    pub kept_end: u64,
    /// Processes of it of which this origin does not know on which host they run: it took the
    /// command over, and those hosts have not been heard.
    pub unknown: u32,
    /// And those hosts have had their time.
    pub unheard: bool,
    /// How far each output of a detached command has come, at its origin.
    pub arrived: BTreeMap<(Rank, Fd), Consumed>,
    /// The links that were told of it, and are to be told when it is settled.
    pub told: Vec<LinkId>,
    /// The whole command was told to end, by this signal.
    pub ending: Option<u8>,
    pub number: u32,
    pub started: Time,
    pub code: u8,
}

/// A detached command that is over.
#[derive(Debug)]
pub struct Kept {
    pub(super) entry: CommandEntry,
    /// Those that keep what their own processes said, as long as this does.
    pub(super) hosts: BTreeSet<HostId>,
}

#[derive(Debug, Default)]
pub(crate) struct Commands {
    pub(super) running: BTreeMap<CommandId, Command>,
    pub(super) kept: VecDeque<Kept>,
    /// Of those that were kept and are no more, the last ones.
    pub(super) dropped: VecDeque<CommandId>,
    /// Of those that were asked for again and never came here, the last ones: should they come yet,
    /// over an older link, they are over already.
    pub(super) denied: VecDeque<CommandId>,
    pub(super) due: BTreeSet<(Time, CommandId, Rank)>,
    pub(super) numbered: u32,
}

impl Commands {
    /// When the next deadline of a process or a session is.
    pub fn next_due(&self) -> Option<Time> {
        self.due.first().map(|(time, ..)| *time)
    }

    /// Detached ones that wait for a host that is down, above or below: nobody says when it comes
    /// back, and nothing but that or the linger time ends them.
    pub fn adrift<'a>(&'a self, missing: &'a Missing) -> impl Iterator<Item = CommandId> + 'a {
        let lost = |command: &Command| matches!(command.up, Up::Lost(_)) && command.left > 0;
        let detached = self.running.iter().filter(|(_, command)| command.spec.detached);
        detached.filter(move |(_, c)| lost(c) || c.is_stuck(missing)).map(|(id, _)| *id)
    }

    /// Those that are over and that somebody may still ask about.
    pub fn unsettled(&self) -> impl Iterator<Item = CommandId> {
        let over = self.running.iter().filter(|(_, command)| command.left == 0);
        let kept = |c: &Command| c.is_held() || (c.up == Up::Keep && c.keeping == 0);
        over.filter(move |(_, command)| !kept(command)).map(|(id, _)| *id)
    }

    /// Detached ones that are over and of which this host keeps its part, or knows the way to
    /// those that do, until the origin drops them.
    pub fn held(&self) -> impl Iterator<Item = (CommandId, &Command)> {
        self.running.iter().filter(|(_, command)| command.is_held()).map(|(id, c)| (*id, c))
    }

    /// Those of which something is kept here that could be at the origin and is not.
    pub fn behind(&self) -> impl Iterator<Item = CommandId> {
        let linked = self.running.iter().filter(|(_, c)| matches!(c.up, Up::Link(_)));
        let detached = linked.filter(|(_, command)| command.spec.detached);
        detached.filter(|(_, command)| !command.is_sent()).map(|(id, _)| *id)
    }

    pub fn get(&self, id: CommandId) -> Option<&Command> {
        self.running.get(&id)
    }

    pub fn count(&self) -> usize {
        self.running.values().filter(|command| command.left > 0).count()
    }

    /// The number of a command that was taken over: its own where that is free here.
    pub(super) fn number_for(&mut self, wanted: u32) -> u32 {
        // What runs here for another origin has a number there.
        let own = self.running.values().filter(|command| command.up == Up::Keep);
        let running = own.map(|command| command.number);
        let mut taken = running.chain(self.kept.iter().map(|kept| kept.entry.number));
        let is_free = wanted > 0 && !taken.any(|number| number == wanted);
        let number = if is_free { wanted } else { self.numbered + 1 };
        self.numbered = self.numbered.max(number);
        number
    }

    pub fn deadlines(&self) -> usize {
        self.due.len()
    }

    pub fn kept_count(&self) -> usize {
        self.kept.len()
    }
}

impl Command {
    /// What was typed, as far as lists and events show it.
    pub(super) fn title(&self) -> String {
        let title = &self.spec.title;
        title[..title.floor_char_boundary(limits::TITLE_BYTES_MAX)].to_owned()
    }

    pub(super) fn entry(&self, id: CommandId, now: Time) -> CommandEntry {
        CommandEntry {
            id,
            number: self.number,
            title: self.title(),
            detached: self.spec.detached,
            size: self.size,
            elapsed_us: now.0.saturating_sub(self.started.0),
            state: match self.left {
                0 => CommandState::Over { code: self.code },
                left => CommandState::Running { left },
            },
        }
    }

    /// Over, detached, and of another origin: a part of it is kept here or below.
    fn is_held(&self) -> bool {
        let elsewhere = matches!(self.up, Up::Link(_) | Up::Lost(_));
        self.left == 0 && self.spec.detached && elsewhere
    }

    /// The links through which processes that are not over are reached.
    pub(super) fn links(&self) -> BTreeSet<LinkId> {
        let left = |below: &&Below| below.over.iter().any(|over| !over);
        self.below.iter().filter(left).filter_map(Below::link).collect()
    }

    /// All that is left of it is on hosts that are down.
    pub(super) fn is_stuck(&self, missing: &Missing) -> bool {
        let down = self.below.iter().filter(|b| b.link().is_none() && !missing.is_missing(b.host));
        let waits: u32 = down.flat_map(Below::left).map(|(_, count)| count).sum();
        let unheard = if self.unheard { self.unknown } else { 0 };
        self.left > 0 && self.left == waits + unheard
    }

    /// Whether it is known where this rank runs.
    pub(super) fn covers(&mut self, rank: Rank) -> bool {
        self.local.contains_key(&rank) || self.below_of(rank).is_some()
    }

    /// Whether each of these ranks is one that is reached through this link. Takes a step for
    /// each host, not for each rank: the count is the peer's word.
    pub(super) fn all_below(&mut self, first: Rank, count: u32, link: LinkId) -> bool {
        let Some(end) = first.0.checked_add(count) else { return false };
        let mut next = first.0;
        while next < end {
            match self.below_of(Rank(next)) {
                Some(below) if below.way == Way::Link(link) => {
                    next = below.first.0 + below.over.len() as u32;
                }
                _ => return false,
            }
        }
        true
    }

    /// The host below that runs this rank.
    pub(super) fn below_of(&mut self, rank: Rank) -> Option<&mut Below> {
        let after = self.below.partition_point(|below| below.first <= rank);
        let below = self.below.get_mut(after.checked_sub(1)?)?;
        ((rank.0 - below.first.0) < below.over.len() as u32).then_some(below)
    }
}

impl Below {
    pub fn new(target: &Target, way: Way) -> Below {
        let over = vec![false; target.count as usize];
        Below { host: target.host, first: target.first, way, over, gated: false, anew: 0 }
    }

    /// Whether this rank is one of them and not over.
    pub fn has(&self, rank: Rank) -> bool {
        let at = rank.0.checked_sub(self.first.0);
        at.and_then(|at| self.over.get(at as usize)).is_some_and(|over| !over)
    }

    pub fn link(&self) -> Option<LinkId> {
        match self.way {
            Way::Link(link) => Some(link),
            Way::Cut { .. } => None,
        }
    }

    /// Its processes that are not over, in runs of neighbours: first rank and count.
    pub fn left(&self) -> Vec<(Rank, u32)> {
        let mut runs: Vec<(Rank, u32)> = Vec::new();
        for (at, _) in self.over.iter().enumerate().filter(|(_, over)| !**over) {
            let rank = self.first.0 + at as u32;
            match runs.last_mut() {
                Some((first, count)) if first.0 + *count == rank => *count += 1,
                _ => runs.push((Rank(rank), 1)),
            }
        }
        runs
    }
}

impl crate::Daemon {
    pub(crate) fn command_entries(&self) -> Vec<CommandEntry> {
        let kept = self.commands.kept.iter().map(|kept| kept.entry.clone());
        let listed = |command: &Command| command.left > 0 || command.up == Up::Keep;
        let running = self.commands.running.iter().filter(|(_, command)| listed(command));
        let running = running.map(|(id, c)| c.entry(*id, self.now));
        kept.chain(running).collect()
    }

    /// Whether this daemon is the origin of a detached command, and keeps its output.
    pub fn is_kept(&self, id: CommandId) -> bool {
        self.commands.kept.iter().any(|kept| kept.entry.id == id)
            || self.commands.running.get(&id).is_some_and(|command| command.up == Up::Keep)
    }

    /// Whether something runs that somebody may come back for: not a detached command whose way
    /// to its origin is lost, which a lonely host does not outlive its linger time for.
    pub(crate) fn is_attended(&self) -> bool {
        let attended = |command: &Command| {
            command.left > 0 && !(command.spec.detached && matches!(command.up, Up::Lost(_)))
        };
        self.commands.running.values().any(attended)
    }

    /// Whether anything runs here or below; the vm does not linger away under work.
    pub fn has_work(&self) -> bool {
        self.commands.count() > 0
    }

    /// Whether something of it will still be heard or kept, as far as this daemon knows.
    pub fn runs(&self, id: CommandId) -> bool {
        let command = self.commands.running.get(&id);
        command.is_some_and(|command| {
            let comes = command.left > 0 && !command.is_stuck(&self.missing);
            comes || (command.up == Up::Keep && command.keeping > 0)
        })
    }

    /// Whether all that is left of it is on hosts that are down.
    pub fn is_stuck(&self, id: CommandId) -> bool {
        self.commands.running.get(&id).is_some_and(|command| command.is_stuck(&self.missing))
    }

    /// Processes that run on this host, for `posse ps`.
    pub fn processes(&self) -> impl Iterator<Item = (CommandId, Rank, &super::Process, &Spec)> {
        self.commands.running.iter().flat_map(|(id, command)| {
            let running = command.local.iter().filter(|(_, process)| process.exit.is_none());
            running.map(|(rank, process)| (*id, *rank, process, &*command.spec))
        })
    }
}
