//! What a daemon knows of the processes of its host, and of those elsewhere that they follow.

use super::following::Following;
use super::untold::Untold;
use crate::LinkId;
use posse_wire::msg::{EnrolledEntry, EnrolledState};
use posse_wire::{CommandId, HostId, Incarnation, ProcessId, Rank, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One process of this host that has an id.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// It has enrolled over this link.
    pub link: Option<LinkId>,
    /// The process of a command that it was started as.
    pub family: Option<(CommandId, Rank)>,
    pub parent: Option<ProcessId>,
    pub title: String,
    /// Who is to be told of its end.
    pub followers: BTreeSet<ProcessId>,
}

#[derive(Debug, Default)]
pub(crate) struct Processes {
    /// By sequence.
    alive: BTreeMap<u32, Entry>,
    families: BTreeMap<(CommandId, Rank), u32>,
    last: u32,
    /// The last that are over.
    over: VecDeque<EnrolledEntry>,
    /// Processes of other hosts that those of this one follow.
    pub following: Following,
    /// News of ends for which there was no way.
    pub untold: Untold,
}

impl Processes {
    /// An id for a new process; `None` when this life of the daemon has given out all.
    pub fn allot(
        &mut self,
        host: HostId,
        incarnation: Incarnation,
        entry: Entry,
    ) -> Option<ProcessId> {
        let id = ProcessId::new(host, incarnation, self.last + 1)?;
        self.last += 1;
        if let Some(family) = entry.family {
            self.families.insert(family, self.last);
        }
        self.alive.insert(self.last, entry);
        Some(id)
    }

    pub fn get_mut(&mut self, id: ProcessId) -> Option<&mut Entry> {
        self.alive.get_mut(&id.sequence())
    }

    pub fn link(&self, id: ProcessId) -> Option<LinkId> {
        self.alive.get(&id.sequence())?.link
    }

    pub fn remove(&mut self, id: ProcessId) -> Option<Entry> {
        let entry = self.alive.remove(&id.sequence())?;
        if let Some(family) = entry.family {
            self.families.remove(&family);
        }
        Some(entry)
    }

    /// It is over; those who ask for its command in the next moment are told.
    pub fn remember(&mut self, process: ProcessId, entry: &Entry, why: &str) {
        if self.over.len() >= limits::ENROLLED_OVER_MAX {
            self.over.pop_front();
        }
        let (parent, family, title) = (entry.parent, entry.family, entry.title.clone());
        let state = EnrolledState::Over { why: why.to_owned() };
        self.over.push_back(EnrolledEntry { process, parent, family, state, title });
    }

    pub fn of_family(&self, family: (CommandId, Rank)) -> Option<u32> {
        self.families.get(&family).copied()
    }

    /// The processes of a command that live, in the order of ranks.
    pub fn members(
        &self,
        host: HostId,
        incarnation: Incarnation,
        command: CommandId,
    ) -> Vec<(Rank, ProcessId)> {
        let all = self.families.range((command, Rank(0))..=(command, Rank(u32::MAX)));
        let member = |((_, rank), sequence): (&(CommandId, Rank), &u32)| {
            Some((*rank, ProcessId::new(host, incarnation, *sequence)?))
        };
        all.filter_map(member).take(limits::ENROLLED_LISTED_MAX).collect()
    }

    /// All ids that were given out and are not over, with this daemon's place.
    pub fn ids(&self, host: HostId, incarnation: Incarnation) -> Vec<ProcessId> {
        self.alive.keys().filter_map(|seq| ProcessId::new(host, incarnation, *seq)).collect()
    }

    /// For lists: those of one command, or all that have enrolled or were started to.
    pub fn entries(
        &self,
        host: HostId,
        incarnation: Incarnation,
        command: Option<CommandId>,
    ) -> Vec<EnrolledEntry> {
        let wanted = |entry: &&Entry| {
            command.is_none_or(|command| entry.family.is_some_and(|(of, _)| of == command))
        };
        let listed = self.alive.iter().filter(|(_, entry)| wanted(entry));
        let entry = |(sequence, entry): (&u32, &Entry)| {
            Some(EnrolledEntry {
                process: ProcessId::new(host, incarnation, *sequence)?,
                parent: entry.parent,
                family: entry.family,
                state: match entry.link {
                    Some(_) => EnrolledState::Enrolled,
                    None => EnrolledState::Started,
                },
                title: entry.title.clone(),
            })
        };
        let over = self.over.iter().filter(|entry| {
            command.is_some() && entry.family.is_some_and(|(of, _)| Some(of) == command)
        });
        let listed = listed.filter_map(entry).chain(over.cloned());
        listed.take(limits::ENROLLED_LISTED_MAX).collect()
    }
}
