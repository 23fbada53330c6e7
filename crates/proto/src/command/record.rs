//! What a daemon keeps of its commands, and the lists that are made from it.

use crate::{LinkId, Time};
use posse_wire::msg::{CommandEntry, CommandState, Spec};
use posse_wire::{CommandId, Rank, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// Where a command's output goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Up {
    Link(LinkId),
    /// Detached, and this is its origin: output is kept here.
    Keep,
    /// The link it came over is lost since then.
    Lost(Time),
}

/// Processes of a command on one host below this one.
#[derive(Debug)]
pub(crate) struct Below {
    pub first: Rank,
    pub link: LinkId,
    pub over: Vec<bool>,
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

    pub fn adrift(&self) -> impl Iterator<Item = CommandId> {
        let lost = |command: &Command| matches!(command.up, Up::Lost(_)) && command.spec.detached;
        self.running.iter().filter(move |(_, command)| lost(command)).map(|(id, _)| *id)
    }

    pub fn count(&self) -> usize {
        self.running.len()
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
        self.below.iter().filter(left).map(|below| below.link).collect()
    }

    /// Whether each of these ranks is one that is reached through this link. Takes a step for
    /// each host, not for each rank: the count is the peer's word.
    pub(super) fn all_below(&mut self, first: Rank, count: u32, link: LinkId) -> bool {
        let Some(end) = first.0.checked_add(count) else { return false };
        let mut next = first.0;
        while next < end {
            match self.below_of(Rank(next)) {
                Some(below) if below.link == link => {
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

impl crate::Daemon {
    pub(crate) fn command_entries(&self) -> Vec<CommandEntry> {
        let kept = self.commands.kept.iter().map(|kept| kept.entry.clone());
        let running = self.commands.running.iter().map(|(id, c)| c.entry(*id, self.now));
        kept.chain(running).collect()
    }

    pub(crate) fn is_kept(&self, id: CommandId) -> bool {
        self.commands.kept.iter().any(|kept| kept.entry.id == id)
            || self.commands.running.get(&id).is_some_and(|command| command.up == Up::Keep)
    }

    /// Whether something runs that somebody may come back for: not a detached command whose way
    /// to its origin is lost, which a lonely host does not outlive its linger time for.
    pub(crate) fn is_attended(&self) -> bool {
        self.commands.adrift().count() < self.commands.running.len()
    }

    /// Whether anything runs here or below; the vm does not linger away under work.
    pub fn has_work(&self) -> bool {
        !self.commands.running.is_empty()
    }

    /// Whether any process of it is not over, as far as this daemon knows.
    pub fn runs(&self, id: CommandId) -> bool {
        self.commands.running.contains_key(&id)
    }

    /// Processes that run on this host, for `posse ps`.
    pub fn processes(&self) -> impl Iterator<Item = (CommandId, Rank, &super::Process, &Spec)> {
        self.commands.running.iter().flat_map(|(id, command)| {
            command.local.iter().map(|(rank, process)| (*id, *rank, process, &*command.spec))
        })
    }
}
