//! What a daemon keeps of its commands, and the lists that are made from it.

use crate::missing::Missing;
use crate::{LinkId, Time};
use posse_wire::msg::{CommandEntry, CommandState, Spec, Target};
use posse_wire::{CommandId, Fd, HostId, Rank, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// Where a command's output goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Up {
    Link(LinkId),
    /// Detached, and this is its origin: output is kept here.
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
}

#[derive(Debug, Default)]
pub(crate) struct Commands {
    pub(super) running: BTreeMap<CommandId, Command>,
    pub(super) kept: VecDeque<Kept>,
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
        self.running.iter().filter(|(_, command)| command.left == 0).map(|(id, _)| *id)
    }

    pub fn get(&self, id: CommandId) -> Option<&Command> {
        self.running.get(&id)
    }

    pub fn count(&self) -> usize {
        self.running.len() - self.unsettled().count()
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
            state: CommandState::Running { left: self.left },
        }
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
        self.left > 0 && self.left == waits
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
        Below { host: target.host, first: target.first, way, over, gated: false }
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
        let running = self.commands.running.iter().filter(|(_, command)| command.left > 0);
        let running = running.map(|(id, c)| c.entry(*id, self.now));
        kept.chain(running).collect()
    }

    pub(crate) fn is_kept(&self, id: CommandId) -> bool {
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

    /// Whether a process of it is not over and will be heard of, as far as this daemon knows.
    pub fn runs(&self, id: CommandId) -> bool {
        let command = self.commands.running.get(&id);
        command.is_some_and(|command| command.left > 0 && !command.is_stuck(&self.missing))
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
