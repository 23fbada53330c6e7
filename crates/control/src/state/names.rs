//! The registry: names with values, each owned by a process of one life of a host, released when
//! that process or life is over. Nobody alive ever loses a name to another.
//!
//! Made for a million names: a name is kept once, its bytes shared by the two orders in which it
//! is looked for. Called by `apply`; read by the daemon.

use super::command::{Answer, Expect, Limit};
use posse_wire::{CommandId, HostId, Incarnation, Rank, limits};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// A process, and the life of the host that it runs in. A front end that holds names itself has
/// the first id that its daemon gave it as its command, and [`Rank::ALL`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct Owner {
    pub host: HostId,
    pub incarnation: Incarnation,
    pub command: CommandId,
    pub rank: Rank,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub value: Box<[u8]>,
    pub owner: Owner,
    /// The log's index of the change that made it so: never the same twice.
    pub version: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    names: BTreeMap<Arc<str>, Name>,
    by_owner: BTreeSet<(Owner, Arc<str>)>,
    value_bytes: u64,
}

impl Names {
    pub fn get(&self, name: &str) -> Option<&Name> {
        self.names.get(name)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All that begin so, in order, behind this one.
    pub fn with_prefix_behind(
        &self,
        prefix: &str,
        behind: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Name)> {
        let behind = behind.filter(|behind| *behind >= prefix);
        let from = behind.map_or(Bound::Included(prefix), Bound::Excluded);
        let from = (from, Bound::Unbounded);
        let all = self.names.range::<str, _>(from);
        let mine = all.take_while(move |(name, _)| name.starts_with(prefix));
        mine.map(|(name, entry)| (&**name, entry))
    }

    /// All behind this one: for going through the registry in pieces.
    pub fn behind(&self, name: Option<&str>) -> impl Iterator<Item = (&Arc<str>, &Name)> {
        let from = name.map_or(Bound::Unbounded, Bound::Excluded);
        self.names.range::<str, _>((from, Bound::Unbounded))
    }

    /// Those that hold names, each once.
    pub fn owners(&self) -> impl Iterator<Item = Owner> {
        let mut last = None;
        let all = self.by_owner.iter().map(|(owner, _)| *owner);
        all.filter(move |owner| last.replace(*owner) != Some(*owner))
    }

    pub(super) fn register(
        &mut self,
        name: &str,
        value: Vec<u8>,
        owner: Owner,
        expect: Expect,
        version: u64,
    ) -> Answer {
        let old = self.names.get(name);
        if let Some(refused) = refusal(old, owner, expect) {
            return refused;
        }
        let (is_new, before) = (old.is_none(), old.map_or(0, |old| old.value.len() as u64));
        let bytes = self.value_bytes - before + value.len() as u64;
        if is_new && self.names.len() >= limits::NAMES_MAX {
            return Answer::Full(Limit::Names);
        }
        if bytes > limits::NAME_VALUES_BYTES_MAX {
            return Answer::Full(Limit::NameBytes);
        }
        self.insert(name.into(), Name { value: value.into(), owner, version });
        Answer::Version(version)
    }

    pub(super) fn unregister(&mut self, name: &str, owner: Owner, expect: Expect) -> Answer {
        let old = self.names.get(name);
        if old.is_none() {
            return Answer::NoName;
        }
        if let Some(refused) = refusal(old, owner, expect) {
            return refused;
        }
        self.remove(name);
        Answer::Done
    }

    pub(super) fn insert(&mut self, name: Arc<str>, entry: Name) {
        self.remove(&name);
        self.value_bytes += entry.value.len() as u64;
        self.by_owner.insert((entry.owner, name.clone()));
        self.names.insert(name, entry);
    }

    fn remove(&mut self, name: &str) {
        if let Some((name, old)) = self.names.remove_entry(name) {
            self.value_bytes -= old.value.len() as u64;
            self.by_owner.remove(&(old.owner, name));
        }
    }

    /// Names of all processes from the first to the last, both included, are free.
    pub(super) fn release(&mut self, first: Owner, last: Owner) -> Vec<Arc<str>> {
        let none: Arc<str> = Arc::from("");
        let behind = self.by_owner.range((first, none)..);
        let theirs = behind.take_while(|(owner, _)| *owner <= last);
        let names: Vec<Arc<str>> = theirs.map(|(_, name)| name.clone()).collect();
        names.iter().for_each(|name| self.remove(name));
        names
    }
}

/// Why a name can not change hands or version so.
fn refusal(old: Option<&Name>, owner: Owner, expect: Expect) -> Option<Answer> {
    let allowed = match (old, expect) {
        (None, Expect::Version(_)) => return Some(Answer::NoName),
        (None, _) => true,
        (Some(_), Expect::Absent) => false,
        (Some(old), Expect::Own) => old.owner == owner,
        (Some(old), Expect::Version(version)) => old.owner == owner && old.version == version,
    };
    let taken = |old: &Name| Answer::Taken { owner: old.owner, version: old.version };
    if allowed { None } else { old.map(taken) }
}
