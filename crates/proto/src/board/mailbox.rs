//! The mailbox: classes of messages that processes leave for others, each with an index.
//!
//! Rules are those of PVM 3.4.6 (pvm_putinfo(3PVM), and what it does): an entry belongs to the
//! process that put it there and goes with it unless it is persistent; then it has no owner. Its
//! owner may change it, others if it is overwritable; it then is theirs.

use super::Asker;
use super::answers::Answers;
use crate::LinkId;
use posse_wire::msg::{MailEntry, MailError, MailFlags, Mailed, Stored};
use posse_wire::{ProcessId, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

#[derive(Debug)]
struct Entry {
    /// None: it has gone.
    owner: Option<ProcessId>,
    flags: MailFlags,
    value: Vec<u8>,
    at: Stored,
    /// As which it stood in an earlier daemon's mailbox.
    told: Option<Stored>,
}

impl Entry {
    fn may_change(&self, by: ProcessId) -> bool {
        self.owner == Some(by) || self.flags.has(MailFlags::OVERWRITABLE)
    }
}

/// A read that waits.
#[derive(Debug)]
struct Wait {
    asker: Asker,
    by: ProcessId,
    index: u32,
    flags: MailFlags,
}

#[derive(Debug)]
pub(super) struct Mailbox {
    board: u64,
    /// The last that was given.
    version: u64,
    bytes: usize,
    classes: BTreeMap<String, BTreeMap<u32, Entry>>,
    /// Of each class, the version with which it came to be.
    since: BTreeMap<String, u64>,
    of: BTreeMap<ProcessId, BTreeSet<(String, u32)>>,
    /// By class, in the order in which they came.
    waits: BTreeMap<String, VecDeque<Wait>>,
    waiting: usize,
    /// The last change of each process, and how it was answered.
    last: BTreeMap<ProcessId, (u64, Mailed)>,
    /// Where each owner hears that an entry of its was taken.
    lines: BTreeMap<ProcessId, Asker>,
}

fn cost(name: &str, value: &[u8]) -> usize {
    name.len() + value.len() + limits::MAIL_ENTRY_BYTES
}

fn other(why: &str) -> MailError {
    MailError::Other { why: why.to_owned() }
}

impl Mailbox {
    pub fn new(board: u64) -> Mailbox {
        Mailbox {
            board,
            version: 0,
            bytes: 0,
            classes: BTreeMap::new(),
            since: BTreeMap::new(),
            of: BTreeMap::new(),
            waits: BTreeMap::new(),
            waiting: 0,
            last: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }

    /// A second try of the process's last change is answered as that was; any other is made.
    pub fn change(
        &mut self,
        by: ProcessId,
        seq: u64,
        make: impl FnOnce(&mut Mailbox) -> Result<Mailed, MailError>,
    ) -> Mailed {
        if let Some((_, answer)) = self.last.get(&by).filter(|(last, _)| *last == seq) {
            return answer.clone();
        }
        let answer = make(self).unwrap_or_else(Mailed::Refused);
        self.last.insert(by, (seq, answer.clone()));
        answer
    }

    /// Who owns entries hears of them here from now on.
    pub fn listen(&mut self, by: ProcessId, asker: Asker) {
        self.lines.insert(by, asker);
    }

    pub fn put(
        &mut self,
        by: ProcessId,
        name: &str,
        flags: MailFlags,
        value: Vec<u8>,
        out: &mut Answers,
    ) -> Result<Mailed, MailError> {
        let class = self.classes.get(name);
        let mut index = flags.index();
        if flags.has(MailFlags::MULTI) {
            let taken = class.into_iter().flat_map(|class| class.range(index..));
            index = (index..)
                .zip(taken.map(|(at, _)| *at).chain([u32::MAX]))
                .find_map(|(free, taken)| (free != taken).then_some(free))
                .ok_or_else(|| other("no index is left"))?;
        } else if class.and_then(|class| class.get(&index)).is_some_and(|e| !e.may_change(by)) {
            return Err(MailError::Denied);
        }
        self.store(by, name, index, (flags, value, None), out).map(Mailed::Stored)
    }

    /// Back to where it stood, unless somebody has written over it there.
    pub fn keep(
        &mut self,
        by: ProcessId,
        name: &str,
        (flags, value): (MailFlags, Vec<u8>),
        at: Stored,
        out: &mut Answers,
    ) -> Result<Mailed, MailError> {
        let present = self.classes.get(name).and_then(|class| class.get(&at.index));
        let taken = || Ok(Mailed::Taken { name: name.to_owned(), at });
        if at.board == self.board {
            let is_there = present.is_some_and(|e| e.at == at && e.owner == Some(by));
            return if is_there { Ok(Mailed::Stored(at)) } else { taken() };
        }
        let is_older = |entry: &Entry| {
            let told = entry.told.filter(|told| told.board == at.board);
            told.is_some_and(|told| told.version <= at.version)
        };
        if present.is_some_and(|entry| !is_older(entry)) {
            return taken();
        }
        self.store(by, name, at.index, (flags, value, Some(at)), out).map(Mailed::Stored)
    }

    fn store(
        &mut self,
        by: ProcessId,
        name: &str,
        index: u32,
        (flags, value, told): (MailFlags, Vec<u8>, Option<Stored>),
        out: &mut Answers,
    ) -> Result<Stored, MailError> {
        let before = self.classes.get(name).and_then(|class| class.get(&index));
        let freed = before.map_or(0, |entry| cost(name, &entry.value));
        if self.bytes - freed + cost(name, &value) > limits::MAIL_BYTES_MAX {
            return Err(other("the mailbox is full"));
        }
        let since = self.since.get(name).copied();
        if before.is_some() {
            self.remove(name, index, Some(by), out);
        }
        self.version += 1;
        self.since.insert(name.to_owned(), since.unwrap_or(self.version));
        let at = Stored { index, version: self.version, board: self.board };
        self.bytes += cost(name, &value);
        let entry = Entry { owner: Some(by), flags, value, at, told };
        self.classes.entry(name.to_owned()).or_default().insert(index, entry);
        self.of.entry(by).or_default().insert((name.to_owned(), index));
        Ok(at)
    }

    /// Takes an entry out, and says so to its owner unless that is who did it.
    fn remove(&mut self, name: &str, index: u32, by: Option<ProcessId>, out: &mut Answers) {
        let Some(class) = self.classes.get_mut(name) else { return };
        let Some(entry) = class.remove(&index) else { return };
        if class.is_empty() {
            self.classes.remove(name);
            self.since.remove(name);
        }
        self.bytes -= cost(name, &entry.value);
        let Some(owner) = entry.owner else { return };
        if let Some(all) = self.of.get_mut(&owner) {
            all.remove(&(name.to_owned(), index));
            if all.is_empty() {
                self.of.remove(&owner);
            }
        }
        if let Some(line) = self.lines.get(&owner).filter(|_| by != Some(owner)) {
            out.mailed(*line, &Mailed::Taken { name: name.to_owned(), at: entry.at });
        }
    }

    pub fn get(
        &mut self,
        by: ProcessId,
        name: &str,
        index: u32,
        flags: MailFlags,
        out: &mut Answers,
    ) -> Result<Mailed, MailError> {
        let class = self.classes.get(name).ok_or(MailError::NotFound)?;
        let found = match flags.has(MailFlags::FIRST) {
            true => class.range(index..).next(),
            false => class.get_key_value(&index),
        };
        let (index, entry) = found.ok_or(MailError::NotFound)?;
        if flags.has(MailFlags::DELETE) && !entry.may_change(by) {
            return Err(MailError::Denied);
        }
        let (index, owner, value) = (*index, entry.owner, entry.value.clone());
        let found = Mailed::Found { index, owner, flags: entry.flags, value };
        if flags.has(MailFlags::DELETE) {
            self.remove(name, index, Some(by), out);
        }
        Ok(found)
    }

    /// A read for which there is nothing yet.
    pub fn wait(
        &mut self,
        (asker, by): (Asker, ProcessId),
        name: String,
        index: u32,
        flags: MailFlags,
    ) -> Result<(), MailError> {
        if self.waiting >= limits::MAIL_WAITS_MAX {
            return Err(other("as many wait for messages as may"));
        }
        self.waiting += 1;
        self.waits.entry(name).or_default().push_back(Wait { asker, by, index, flags });
        Ok(())
    }

    /// Something was stored: who waits for it gets it, until one takes it out.
    pub fn serve_waits(&mut self, name: &str, out: &mut Answers) {
        let Some(waits) = self.waits.remove(name) else { return };
        let mut left = VecDeque::new();
        for wait in waits {
            match self.get(wait.by, name, wait.index, wait.flags, out) {
                Err(MailError::NotFound) => left.push_back(wait),
                result => {
                    self.waiting -= 1;
                    out.mailed(wait.asker, &result.unwrap_or_else(Mailed::Refused));
                }
            }
        }
        if !left.is_empty() {
            self.waits.insert(name.to_owned(), left);
        }
    }

    pub fn delete(
        &mut self,
        by: ProcessId,
        name: &str,
        index: u32,
        out: &mut Answers,
    ) -> Result<Mailed, MailError> {
        let entry = self.classes.get(name).and_then(|class| class.get(&index));
        if !entry.ok_or(MailError::NotFound)?.may_change(by) {
            return Err(MailError::Denied);
        }
        self.remove(name, index, Some(by), out);
        Ok(Mailed::Deleted { index })
    }

    /// Entries in the order of classes and indices, in parts.
    pub fn list(&self, behind: Option<(String, u32)>) -> Mailed {
        /// Of one entry, encoded: name and its length, class, index, owner, flags, bytes.
        const ENTRY_BYTES: usize = limits::NAME_BYTES_MAX + 2 + 10 + 5 + 11 + 5 + 5;
        let (class, index) = behind.unzip();
        let here = class.iter().flat_map(|class| {
            let from = index.map_or(Bound::Unbounded, Bound::Excluded);
            let all = self.classes.get(class).into_iter();
            all.flat_map(move |all| all.range((from, Bound::Unbounded))).map(move |e| (class, e))
        });
        let from = class.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.classes.range::<String, _>((from, Bound::Unbounded));
        let later = later.flat_map(|(name, all)| all.iter().map(move |entry| (name, entry)));
        let mut all = here.chain(later);
        let entry = |(name, (index, entry)): (&String, (&u32, &Entry))| MailEntry {
            name: name.clone(),
            class: self.since.get(name).copied().unwrap_or(0),
            index: *index,
            owner: entry.owner,
            flags: entry.flags,
            bytes: entry.value.len() as u32,
        };
        let part = all.by_ref().take(limits::BOARD_PART_BYTES / ENTRY_BYTES);
        let entries = part.map(entry).collect();
        Mailed::Listed { entries, more: all.next().is_some() }
    }

    fn stop_if(&mut self, which: impl Fn(&Wait) -> bool) {
        for waits in self.waits.values_mut() {
            waits.retain(|wait| !which(wait));
        }
        self.waits.retain(|_, waits| !waits.is_empty());
        self.waiting = self.waits.values().map(VecDeque::len).sum();
    }

    /// No more of this wait.
    pub fn stop(&mut self, asker: Asker) {
        self.stop_if(|wait| wait.asker == asker);
    }

    /// A connection is lost by which this process asked.
    pub fn disconnect(&mut self, by: ProcessId, link: LinkId) {
        self.stop_if(|wait| wait.asker.link == link);
        if self.lines.get(&by).is_some_and(|line| line.link == link) {
            self.lines.remove(&by);
        }
    }

    /// A process is over.
    pub fn gone(&mut self, by: ProcessId, out: &mut Answers) {
        self.last.remove(&by);
        self.lines.remove(&by);
        for (name, index) in self.of.remove(&by).unwrap_or_default() {
            let class = self.classes.get_mut(&name);
            let Some(entry) = class.and_then(|class| class.get_mut(&index)) else { continue };
            entry.owner = None;
            if !entry.flags.has(MailFlags::PERSISTENT) {
                self.remove(&name, index, None, out);
            }
        }
        self.stop_if(|wait| wait.by == by);
    }

    /// Entries, and reads that wait.
    pub fn count(&self) -> usize {
        self.classes.values().map(BTreeMap::len).sum::<usize>() + self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse_wire::CommandId;

    const A: ProcessId = ProcessId(1);
    const B: ProcessId = ProcessId(2);
    const MULTI: u32 = 2;
    const OVER: u32 = 4;

    struct Box {
        all: Mailbox,
        out: Answers,
        seq: u64,
    }

    impl Box {
        fn new() -> Box {
            Box { all: Mailbox::new(1), out: Answers::default(), seq: 0 }
        }

        /// The index, or -8 as PvmDenied.
        fn put(&mut self, by: ProcessId, name: &str, flags: u32) -> i64 {
            self.seq += 1;
            let value = vec![self.seq as u8];
            match self.all.put(by, name, MailFlags(flags), value, &mut self.out) {
                Ok(Mailed::Stored(at)) => i64::from(at.index),
                _ => -8,
            }
        }

        /// The value, -8 as PvmDenied, or -32 as PvmNotFound.
        fn get(&mut self, by: ProcessId, name: &str, index: u32, flags: u32) -> i64 {
            match self.all.get(by, name, index, MailFlags(flags), &mut self.out) {
                Ok(Mailed::Found { value, .. }) => i64::from(value[0]),
                Err(MailError::Denied) => -8,
                _ => -32,
            }
        }

        /// Index, owner and flags of a class.
        fn class(&self, name: &str) -> Vec<(u32, Option<ProcessId>, u32)> {
            let class = self.all.classes.get(name).into_iter().flatten();
            class.map(|(index, entry)| (*index, entry.owner, entry.flags.0)).collect()
        }
    }

    /// What two tasks of PVM 3.4.6 were answered when they asked the same in the same order.
    #[test]
    fn single_entries_are_their_owners_unless_overwritable() {
        let mut mail = Box::new();
        assert_eq!((mail.put(A, "d", 0), mail.put(A, "d", 0), mail.put(B, "d", 0)), (0, 0, -8));
        assert_eq!(mail.get(B, "d", 0, 0), 2);
        assert_eq!(mail.all.delete(B, "d", 0, &mut mail.out), Err(MailError::Denied));
        assert_eq!(mail.put(A, "d", MULTI), 1, "beside it");
        assert_eq!((mail.put(A, "o", OVER), mail.put(B, "o", OVER)), (0, 0));
        assert_eq!(mail.class("o"), [(0, Some(B), OVER)], "it is B's now");
        assert_eq!((mail.put(A, "o", OVER), mail.put(B, "o", 0), mail.put(A, "o", 0)), (0, 0, -8));
        assert_eq!((mail.get(B, "o", 0, 16), mail.get(B, "o", 0, 16)), (8, -32));
        assert_eq!(mail.get(B, "d", 0, 16), -8);
        assert_eq!(mail.get(B, "none", 0, 8), -32);
    }

    #[test]
    fn several_get_the_lowest_free_index() {
        let mut mail = Box::new();
        let indices = [A, A, B].map(|by| mail.put(by, "m", MULTI));
        assert_eq!((indices, mail.put(B, "m", 0)), ([0, 1, 2], -8));
        assert_eq!(mail.put(B, "m", MULTI | OVER), 3);
        assert!(mail.all.delete(A, "m", 1, &mut mail.out).is_ok());
        assert_eq!((mail.get(A, "m", 1, 0), mail.get(A, "m", 1, 8)), (-32, 3));
        assert_eq!(mail.put(B, "m", MULTI), 1);
        assert_eq!(mail.get(A, "m", 2, 8 + 16), -8);
        // With an index: there, or at the next free one, even where that may be written over.
        let direct = |index: u32| index << 10;
        assert_eq!(mail.put(A, "m", MULTI | OVER | direct(3)), 4);
        assert_eq!(mail.put(A, "m", MULTI | direct(9)), 9);
        assert_eq!(mail.put(A, "m", MULTI | direct(3)), 5);
        // Alone with an index: there.
        assert_eq!((mail.put(A, "y", OVER | direct(5)), mail.put(B, "y", direct(5))), (5, 5));
        assert_eq!(mail.put(A, "y", OVER | direct(5)), -8);
    }

    #[test]
    fn what_is_persistent_outlives_its_owner_and_belongs_to_nobody() {
        let mut mail = Box::new();
        for (name, flags) in [("p", 1), ("o", 5), ("d", 0)] {
            mail.put(A, name, flags);
        }
        mail.all.gone(A, &mut mail.out);
        assert_eq!(mail.class("p"), [(0, None, 1)]);
        assert!(mail.class("d").is_empty());
        assert_eq!(
            (mail.put(B, "p", 1), mail.get(B, "p", 0, 16), mail.get(B, "p", 0, 0)),
            (-8, -8, 1)
        );
        assert_eq!(mail.put(B, "o", 4), 0);
        assert_eq!(mail.class("o"), [(0, Some(B), 4)]);
    }

    #[test]
    fn reads_that_wait_are_served_in_order_until_one_takes_it() {
        let mut mail = Box::new();
        let asker = |id| Asker { link: LinkId(1), id: CommandId(id) };
        for (id, by, index, flags) in [(1, B, 7, 8), (2, B, 0, 0), (3, A, 0, 16), (4, B, 0, 0)] {
            let waits = (asker(id), by);
            assert!(mail.all.wait(waits, "w".into(), index, MailFlags(flags)).is_ok());
        }
        mail.put(A, "w", 0);
        mail.all.serve_waits("w", &mut mail.out);
        let served: Vec<u64> = mail.out.take().iter().map(|(_, frame)| frame.id.0).collect();
        assert_eq!((served, mail.all.count()), (vec![2, 3], 2));
        mail.all.disconnect(B, LinkId(1));
        assert_eq!(mail.all.count(), 0);
    }

    #[test]
    fn it_has_a_size_and_gives_it_back() {
        let mut mail = Box::new();
        let value = || vec![0; limits::MAIL_VALUE_BYTES_MAX];
        let put = |mail: &mut Box| mail.all.put(A, "m", MailFlags::MULTI, value(), &mut mail.out);
        let mut stored = 0;
        while put(&mut mail).is_ok() {
            stored += 1;
        }
        assert_eq!(stored, limits::MAIL_BYTES_MAX / cost("m", &value()));
        assert!(mail.all.delete(A, "m", 7, &mut mail.out).is_ok());
        assert!(put(&mut mail).is_ok());
        mail.all.gone(A, &mut mail.out);
        assert_eq!((mail.all.bytes, mail.all.count()), (0, 0));
    }

    #[test]
    fn classes_are_as_old_as_their_first_entry() {
        let mut mail = Box::new();
        let classes = |mail: &Box| -> Vec<String> {
            let Mailed::Listed { mut entries, .. } = mail.all.list(None) else { return vec![] };
            entries.sort_by_key(|entry| entry.class);
            entries.into_iter().map(|entry| entry.name).collect()
        };
        for name in ["b", "a", "b"] {
            mail.put(A, name, 0);
        }
        assert_eq!(classes(&mail), ["b", "a"]);
        assert!(mail.all.delete(A, "b", 0, &mut mail.out).is_ok());
        mail.put(A, "b", 0);
        assert_eq!(classes(&mail), ["a", "b"]);
    }

    #[test]
    fn a_list_comes_in_parts() {
        let mut mail = Box::new();
        for class in 0..300 {
            for index in 0..4 {
                assert_eq!(mail.put(A, &format!("c{class:03}"), MULTI), index);
            }
        }
        let (mut all, mut behind, mut parts) = (Vec::new(), None, 0);
        loop {
            let Mailed::Listed { entries, more } = mail.all.list(behind.take()) else { return };
            behind = entries.last().map(|last| (last.name.clone(), last.index));
            all.extend(entries.into_iter().map(|entry| (entry.name, entry.index)));
            parts += 1;
            if !more {
                break;
            }
        }
        assert!(parts > 1 && all.len() == 1200 && all.is_sorted(), "{parts} {}", all.len());
    }
}
