//! What `raft` has for the disk, for others and for the state.

use super::super::output::{Output, Persist};
use super::super::peer::Body;
use super::super::persist::{Batch, Freed};
use super::super::translate;
use super::super::types::{SnapshotMeta, VoterId};
use super::Node;
use raft::eraftpb::{Message, MessageType, Snapshot};
use raft::{Ready, StateRole};

impl Node {
    pub(super) fn take_ready(&mut self) {
        let mut ready = self.raw.ready();
        if let Some(soft) = ready.ss() {
            let is_leader = soft.raft_state == StateRole::Leader;
            self.new_leader(VoterId::from_number(soft.leader_id), is_leader);
        }
        for read in ready.take_read_states() {
            let context = read.request_ctx.as_slice().try_into().map_or(0, u64::from_le_bytes);
            self.pending.confirmed(context, read.index);
        }
        let batch = self.store(&mut ready);
        self.to_apply.extend(ready.take_committed_entries());
        self.raw.advance_append_async(ready);
        let freed = self.persists.add(batch);
        self.free(freed);
    }

    /// In memory at once, since `raft` reads it from there; on disk as `Persist` says.
    fn store(&mut self, ready: &mut Ready) -> Batch {
        let snapshot = (!ready.snapshot().is_empty()).then(|| self.install(ready.snapshot()));
        let entries = ready.take_entries();
        let store = self.raw.mut_store();
        let is_new_term = ready.hs().is_some_and(|hs| hs.term != store.hard.term);
        if let Some(hard) = ready.hs() {
            store.hard = hard.clone();
        }
        store.append(&entries);
        let persist = Persist {
            number: ready.number(),
            snapshot,
            entries: entries.iter().map(translate::from_entry).collect(),
            hard: ready.hs().map(translate::hard),
            must_sync: ready.must_sync(),
        };
        let is_any = persist.must_sync || persist.hard.is_some();
        if is_any {
            self.out.push(Output::Persist(persist));
        }
        Batch {
            number: ready.number(),
            needs_disk: ready.must_sync(),
            is_new_term,
            at_once: ready.take_messages(),
            after: ready.take_persisted_messages(),
        }
    }

    /// The whole state of the leader, whose pieces came before.
    fn install(&mut self, raw: &Snapshot) -> SnapshotMeta {
        let metadata = raw.get_metadata();
        let members = translate::membership(metadata.get_conf_state());
        if let Some(state) = self.incoming.whole.take() {
            self.state = state;
        }
        let (epoch, index, term) = (self.epoch, metadata.index, metadata.term);
        let meta = SnapshotMeta { epoch, index, term, members };
        self.raw.mut_store().start_at(&meta);
        self.to_apply.clear();
        self.writing = None;
        self.incoming = Default::default();
        self.out.push(Output::Replaced);
        meta
    }

    pub(super) fn persisted(&mut self, number: u64) {
        self.is_disk_failed = false;
        let freed = self.persists.done(number);
        self.free(freed);
    }

    fn free(&mut self, freed: Freed) {
        if let Some(number) = freed.number {
            self.raw.on_persist_ready(number);
            self.draw();
        }
        freed.messages.iter().for_each(|message| self.send(message));
    }

    fn send(&mut self, raw: &Message) {
        let Some(to) = VoterId::from_number(raw.to) else { return };
        let Some(message) = translate::from_message(raw) else { return };
        if raw.get_msg_type() == MessageType::MsgSnapshot {
            self.begin_snapshot(to, message);
        } else {
            self.say(to, Body::Raft(message));
        }
    }

    fn new_leader(&mut self, leader: Option<VoterId>, is_leader: bool) {
        if leader.is_some() {
            self.last_leader = leader;
        }
        if !is_leader {
            self.lose_all();
        }
        self.out.push(Output::Leader { leader, term: self.raw.raft.term });
    }

    /// Nothing that was asked of this one as leader will be answered by it.
    pub(super) fn lose_all(&mut self) {
        let (changes, questions) = self.pending.drop_all();
        for (token, refused) in changes {
            self.out.push(Output::Answer { token, result: Err(refused) });
        }
        let last_leader = self.last_leader;
        for token in questions {
            let refused =
                super::super::error::Refused::NoMajority { last_leader, was_proposed: false };
            self.out.push(Output::Readable { token, result: Err(refused) });
        }
    }
}
