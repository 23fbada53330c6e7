//! Groups: who is a member, under which number. Waits are in `barrier.rs`.
//!
//! Rules are those of PVM 3.4.6 (pvm_joingroup(3PVM), pvm_lvgroup(3PVM), pvm_freezegroup(3PVM),
//! and what it does). A group begins with its first member and ends with its last.

use super::gathering::Gathering;
use posse_wire::msg::{GroupEntry, GroupError, Grouped};
use posse_wire::{ProcessId, limits};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Whether processes may still come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Open,
    Frozen,
    /// Frozen, and a member has left: no barrier is passed any more.
    Broken,
}

#[derive(Debug)]
pub(super) struct Member {
    pub instance: u32,
    /// The round that it passed last.
    pub passed: u64,
    /// An earlier daemon may have let it pass more than is known here.
    pub told: bool,
}

#[derive(Debug)]
pub(super) struct Group {
    /// By instance number.
    seats: BTreeMap<u32, ProcessId>,
    pub members: BTreeMap<ProcessId, Member>,
    /// No number below is free.
    lowest: u32,
    /// Barriers that were passed.
    pub round: u64,
    pub state: State,
    pub barrier: Option<Gathering>,
    pub freeze: Option<Gathering>,
}

/// What a member says that an earlier daemon told it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub instance: u32,
    pub round: u64,
    pub is_frozen: bool,
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    pub by_name: BTreeMap<String, Group>,
    of: BTreeMap<ProcessId, BTreeSet<String>>,
    memberships: usize,
}

impl Group {
    fn new() -> Group {
        Group {
            seats: BTreeMap::new(),
            members: BTreeMap::new(),
            lowest: 0,
            round: 0,
            state: State::Open,
            barrier: None,
            freeze: None,
        }
    }

    pub fn size(&self) -> u32 {
        self.members.len() as u32
    }

    /// The wished number where that is free, else the lowest that is.
    fn seat(&mut self, by: ProcessId, told: Option<Told>) -> u32 {
        let is_free = |instance: &u32| {
            *instance < limits::GROUP_MEMBERS_MAX as u32 && !self.seats.contains_key(instance)
        };
        let wished = told.map(|told| told.instance).filter(is_free);
        let instance = wished.unwrap_or_else(|| {
            while self.seats.contains_key(&self.lowest) {
                self.lowest += 1;
            }
            self.lowest
        });
        self.seats.insert(instance, by);
        let passed = told.map_or(self.round, |told| told.round);
        self.members.insert(by, Member { instance, passed, told: told.is_some() });
        instance
    }

    fn unseat(&mut self, by: ProcessId) {
        if let Some(member) = self.members.remove(&by) {
            self.seats.remove(&member.instance);
            self.lowest = self.lowest.min(member.instance);
        }
    }

    fn is_full(&self) -> bool {
        self.seats.len() >= limits::GROUP_MEMBERS_MAX
    }
}

fn full(what: &str) -> GroupError {
    GroupError::Other { why: format!("{what} as many members as may be") }
}

impl Groups {
    pub fn join(&mut self, by: ProcessId, name: String) -> Result<Grouped, GroupError> {
        if let Some(group) = self.by_name.get(&name) {
            if let Some(member) = group.members.get(&by) {
                return Err(GroupError::AlreadyMember { instance: member.instance });
            }
            if group.state != State::Open {
                return Err(GroupError::Frozen);
            }
        }
        self.enter(by, name, None)
    }

    /// One that was a member when another daemon led, or is one here and connects again. Let the
    /// waiters that it proves to be late go with [`Group::release_late`].
    pub fn rejoin(
        &mut self,
        by: ProcessId,
        name: String,
        told: Told,
    ) -> Result<Grouped, GroupError> {
        if let Some(group) = self.by_name.get(&name)
            && let Some(member) = group.members.get(&by)
        {
            return Ok(Grouped::Joined { instance: member.instance, round: group.round });
        }
        self.enter(by, name, Some(told))
    }

    fn enter(
        &mut self,
        by: ProcessId,
        name: String,
        told: Option<Told>,
    ) -> Result<Grouped, GroupError> {
        if self.memberships >= limits::MEMBERSHIPS_MAX {
            return Err(full("the groups of this vm have"));
        }
        if self.by_name.get(&name).is_some_and(Group::is_full) {
            return Err(full("the group has"));
        }
        let group = self.by_name.entry(name.clone()).or_insert_with(Group::new);
        if let Some(told) = told {
            group.round = group.round.max(told.round);
            if told.is_frozen && group.state == State::Open {
                group.state = State::Frozen;
            }
        }
        let instance = group.seat(by, told);
        self.memberships += 1;
        self.of.entry(by).or_default().insert(name);
        Ok(Grouped::Joined { instance, round: group.round })
    }

    /// After what `barrier.rs` does for those who wait.
    pub fn remove(&mut self, by: ProcessId, name: &str) {
        let Some(group) = self.by_name.get_mut(name) else { return };
        group.unseat(by);
        self.memberships -= 1;
        if group.members.is_empty() {
            self.by_name.remove(name);
        }
        if let Some(names) = self.of.get_mut(&by) {
            names.remove(name);
            if names.is_empty() {
                self.of.remove(&by);
            }
        }
    }

    pub fn group(&mut self, name: &str) -> Result<&mut Group, GroupError> {
        self.by_name.get_mut(name).ok_or(GroupError::NoGroup)
    }

    /// The groups of a process.
    pub fn of(&self, by: ProcessId) -> Vec<String> {
        self.of.get(&by).into_iter().flatten().cloned().collect()
    }

    /// Members in the order of their numbers, in parts.
    pub fn members(&self, name: &str, behind: Option<u32>) -> Result<Grouped, GroupError> {
        /// Of one entry, encoded: a number below 2^17 and an id.
        const ENTRY_BYTES: usize = 3 + 10;
        let group = self.by_name.get(name).ok_or(GroupError::NoGroup)?;
        let from = behind.map_or(Bound::Unbounded, Bound::Excluded);
        let mut all = group.seats.range((from, Bound::Unbounded));
        let part = all.by_ref().take(limits::BOARD_PART_BYTES / ENTRY_BYTES);
        let members = part.map(|(instance, process)| (*instance, *process)).collect();
        Ok(Grouped::Members { members, more: all.next().is_some() })
    }

    pub fn list(&self, behind: Option<String>) -> Grouped {
        /// Of one entry, encoded: name, its length, members, state.
        const ENTRY_BYTES: usize = limits::NAME_BYTES_MAX + 2 + 3 + 1;
        let from = behind.map_or(Bound::Unbounded, Bound::Excluded);
        let mut all = self.by_name.range((from, Bound::Unbounded));
        let part = all.by_ref().take(limits::BOARD_PART_BYTES / ENTRY_BYTES);
        let entry = |(name, group): (&String, &Group)| GroupEntry {
            name: name.clone(),
            members: group.size(),
            is_frozen: group.state != State::Open,
        };
        let groups = part.map(entry).collect();
        Grouped::Groups { groups, more: all.next().is_some() }
    }

    pub fn count(&self) -> usize {
        self.memberships
    }
}
