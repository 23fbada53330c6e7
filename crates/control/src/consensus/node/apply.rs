//! Committed entries into the state, and the state into a snapshot when the log has grown.

use super::super::error::Refused;
use super::super::output::Output;
use super::super::store::is_of_members;
use super::super::translate;
use super::super::types::{Matter, SnapshotMeta};
use super::Node;
use crate::limits;
use crate::state::{Answer, Change, Cursor, Proposal};
use raft::Storage;
use raft::eraftpb::{ConfChangeV2, Entry};

impl Node {
    pub(super) fn apply_committed(&mut self) {
        if self.writing.is_some() {
            return;
        }
        let mut changes = vec![];
        while let Some(entry) = self.to_apply.pop_front() {
            self.apply(&entry, &mut changes);
            // One by one: what `raft` does at the end of a change of members depends on it.
            if is_of_members(&entry) || self.to_apply.is_empty() {
                self.raw.advance_apply_to(entry.index);
            }
        }
        // A snapshot that was installed counts as applied when it is on disk.
        let log = &self.raw.raft.raft_log;
        let index = self.state.index;
        if log.applied < index && index <= log.persisted.min(log.committed) {
            self.raw.advance_apply_to(index);
        }
        if !changes.is_empty() {
            self.out.push(Output::Changed(changes));
        }
        for token in self.pending.readable(self.state.index) {
            self.out.push(Output::Readable { token, result: Ok(()) });
        }
        self.snapshot_if_grown();
    }

    fn apply(&mut self, entry: &Entry, changes: &mut Vec<Change>) {
        let mut answer = Answer::Done;
        match translate::from_entry(entry).matter {
            Matter::Nothing => {}
            Matter::Command(bytes) => {
                // What does not decode was not proposed by this version, and is the same nothing
                // for every voter.
                if let Ok(proposal) = Proposal::decode(&bytes) {
                    answer = self.state.apply(entry.index, proposal, changes);
                }
            }
            Matter::Members(change) => self.members_changed(&translate::conf_change(&change)),
            Matter::Settled => self.members_changed(&ConfChangeV2::default()),
        }
        self.state.index = entry.index;
        if let Some((token, is_ours)) = self.pending.applied(entry.index, entry.term) {
            let replaced = Refused::Replaced { is_certain: true };
            let result = if is_ours { Ok(answer) } else { Err(replaced) };
            self.out.push(Output::Answer { token, result });
        }
    }

    fn members_changed(&mut self, change: &ConfChangeV2) {
        if let Ok(state) = self.raw.apply_conf_change(change) {
            self.state.members = translate::membership(&state);
        }
    }

    fn snapshot_if_grown(&mut self) {
        let store = self.raw.store();
        let grown = store.grown() >= self.snapshot_after || store.bytes >= limits::LOG_BYTES_MAX;
        // Who is new can not use a snapshot of before it was there.
        let known = &store.snapshot.members;
        let is_new = |id: &_| !known.all().any(|other| other == *id);
        let is_wanted = self.is_leader() && self.state.members.all().any(|id| is_new(&id));
        let is_there = self.state.index > store.snapshot.index;
        let Ok(term) = store.term(self.state.index) else { return };
        if !is_there || !(grown || is_wanted) || self.is_disk_failed {
            return;
        }
        let (epoch, index) = (self.state.epoch, self.state.index);
        let meta = SnapshotMeta { epoch, index, term, members: self.state.members.clone() };
        self.writing = Some((meta.clone(), Cursor::default()));
        self.out.push(Output::WriteSnapshot(meta));
    }

    pub(super) fn snapshot_written(&mut self, index: u64) {
        let Some((meta, _)) = self.writing.take_if(|(meta, _)| meta.index == index) else { return };
        self.drop_outgoing();
        let trail = self.snapshot_after / limits::LOG_TRAIL_DIVISOR;
        let store = self.raw.mut_store();
        store.snapshot = meta;
        store.compact(trail);
    }
}
