//! Messages of other voters. Whatever they say, this one does not fall over: what `raft` would
//! abort on is looked for before it sees it.

use super::super::output::Output;
use super::super::peer::{Body, PeerMessage, RaftMessage};
use super::super::snapshot::{Incoming, NONE, Outgoing};
use super::super::translate;
use super::super::types::{SnapshotMeta, VoterId};
use super::Node;
use raft::SnapshotStatus;
use raft::eraftpb::{Message, MessageType};

impl Node {
    pub(super) fn heard(&mut self, message: PeerMessage) {
        let PeerMessage { epoch, from, to, body } = message;
        if self.state.index == 0 && self.epoch < epoch {
            self.epoch = epoch;
        }
        // Also if it is said to the voter that this one was before.
        if epoch < self.epoch {
            if body != Body::Fenced {
                self.say(from, Body::Fenced);
            }
            return;
        }
        if epoch > self.epoch {
            self.fenced = Some(epoch);
            self.lose_all();
            self.out.push(Output::Fenced { epoch });
            return;
        }
        if to != self.me || from == self.me {
            return;
        }
        match body {
            Body::Raft(message) => self.heard_raft(from, &message),
            Body::Chunk { index, chunk, bytes } => self.heard_chunk(from, index, chunk, bytes),
            Body::ChunkWanted { index, chunk } => self.chunk_wanted(from, index, chunk),
            Body::Offer { meta, message } => self.offered(from, &meta, &message),
            Body::Fenced => {}
        }
    }

    pub(super) fn say(&mut self, to: VoterId, body: Body) {
        let (epoch, from) = (self.epoch, self.me);
        self.out.push(Output::Send(Box::new(PeerMessage { epoch, from, to, body })));
    }

    fn heard_raft(&mut self, from: VoterId, message: &RaftMessage) {
        let Some(raw) = translate::to_message(from, self.me, message) else { return };
        if self.is_nonsense(&raw) {
            return;
        }
        if let Some(why) = self.contradiction(&raw) {
            self.is_damaged = true;
            self.lose_all();
            self.out.push(Output::Damaged { why });
            return;
        }
        let _strangers_are_not_heard = self.raw.step(raw);
        self.draw();
    }

    /// What nobody says who keeps to the protocol, or what is better not heard now.
    fn is_nonsense(&self, raw: &Message) -> bool {
        let last = self.raw.raft.raft_log.last_index();
        if raw.term == 0 {
            // With `raft` the mark of what a voter says to itself.
            return true;
        }
        match raw.get_msg_type() {
            // It could not stand with a log that is not whole yet.
            MessageType::MsgTimeoutNow => !self.persists.is_empty(),
            // Follows an entry that has no term: `raft` would take that for one it lacks.
            MessageType::MsgAppend => (raw.index == 0) != (raw.log_term == 0),
            // Acknowledges what it was never sent.
            MessageType::MsgAppendResponse => raw.index > last,
            // Its pieces come first, and then as an offer.
            MessageType::MsgSnapshot => true,
            _ => false,
        }
    }

    /// A leader that knows of entries which this one acknowledged and no longer has, or which
    /// are others than those it holds as committed.
    fn contradiction(&self, raw: &Message) -> Option<String> {
        let log = &self.raw.raft.raft_log;
        if raw.term < self.raw.raft.term {
            return None;
        }
        match raw.get_msg_type() {
            MessageType::MsgHeartbeat if raw.commit > log.last_index() => Some(format!(
                "entries up to {} were acknowledged, the log ends with {}",
                raw.commit,
                log.last_index()
            )),
            MessageType::MsgAppend => {
                let other = |e: &&raft::eraftpb::Entry| {
                    e.index <= log.committed
                        && log.term(e.index).is_ok_and(|t| t != 0 && t != e.term)
                };
                let other = raw.entries.iter().find(other)?;
                Some(format!("entry {} was committed and is another now", other.index))
            }
            _ => None,
        }
    }

    /// `raft` wants to send a snapshot: its pieces go first.
    pub(super) fn begin_snapshot(&mut self, to: VoterId, message: RaftMessage) {
        let meta = self.raw.store().snapshot.clone();
        let index = meta.index;
        if self.outgoing.get(&to).is_none_or(|outgoing| outgoing.meta != meta) {
            self.outgoing.insert(to, Outgoing::new(meta, message, self.now));
            self.out.push(Output::ReadSnapshot { to, index, chunk: 0 });
        }
    }

    pub(super) fn snapshot_read(&mut self, to: VoterId, index: u64, chunk: u64, bytes: Vec<u8>) {
        let now = self.now;
        let Some(outgoing) = self.outgoing.get_mut(&to) else { return };
        if outgoing.meta.index != index || outgoing.chunk != chunk {
            return;
        }
        outgoing.sent = now;
        self.say(to, Body::Chunk { index, chunk, bytes });
    }

    fn chunk_wanted(&mut self, from: VoterId, index: u64, chunk: u64) {
        let now = self.now;
        let Some(outgoing) = self.outgoing.get_mut(&from) else { return };
        // From the first again, where what was there is lost.
        let is_news = chunk > outgoing.chunk || chunk == 0 && outgoing.chunk > 0;
        if outgoing.meta.index != index || !is_news {
            return;
        }
        (outgoing.chunk, outgoing.heard, outgoing.sent) = (chunk, now, now);
        self.go_on_sending(from);
    }

    fn go_on_sending(&mut self, to: VoterId) {
        let Some(outgoing) = self.outgoing.get(&to) else { return };
        let (index, chunk) = (outgoing.meta.index, outgoing.chunk);
        if !outgoing.is_received() {
            self.out.push(Output::ReadSnapshot { to, index, chunk });
            return;
        }
        let Some(Outgoing { meta, message, .. }) = self.outgoing.remove(&to) else { return };
        self.say(to, Body::Offer { meta, message });
        // Should the offer be lost, `raft` finds out and wants to send again; the pieces are there.
        self.raw.report_snapshot(to.number(), SnapshotStatus::Finish);
    }

    pub(super) fn look_after_snapshots(&mut self) {
        let now = self.now;
        let is_leader = self.is_leader();
        let over = |o: &Outgoing| !is_leader || o.is_hopeless(now);
        let hopeless: Vec<VoterId> =
            self.outgoing.iter().filter(|(_, o)| over(o)).map(|(to, _)| *to).collect();
        for to in hopeless {
            self.outgoing.remove(&to);
            self.raw.report_snapshot(to.number(), SnapshotStatus::Failure);
        }
        let due: Vec<VoterId> =
            self.outgoing.iter().filter(|(_, o)| o.is_due(now)).map(|(to, _)| *to).collect();
        for to in due {
            if let Some(outgoing) = self.outgoing.get_mut(&to) {
                outgoing.sent = now;
            }
            self.go_on_sending(to);
        }
    }

    /// Of the snapshot on disk that is no more.
    pub(super) fn drop_outgoing(&mut self) {
        for to in std::mem::take(&mut self.outgoing).into_keys() {
            self.raw.report_snapshot(to.number(), SnapshotStatus::Failure);
        }
    }

    fn heard_chunk(&mut self, from: VoterId, index: u64, chunk: u64, bytes: Vec<u8>) {
        if index <= self.state.index {
            // The leader does not know: with the offer `raft` tells it how far this one is.
            return self.say(from, Body::ChunkWanted { index, chunk: NONE });
        }
        if self.incoming.index != index {
            if chunk > 0 {
                // A late one of a snapshot before, or this one has begun anew since: only the
                // first piece begins.
                return self.say(from, Body::ChunkWanted { index, chunk: 0 });
            }
            self.incoming = Incoming::of(index);
        }
        match self.incoming.push(chunk, &bytes) {
            Ok(true) => self.out.push(Output::StoreChunk { index, chunk, bytes }),
            Ok(false) => {}
            Err(_) => self.incoming = Incoming::of(index),
        }
        let chunk = self.incoming.wanted;
        self.say(from, Body::ChunkWanted { index, chunk });
    }

    fn offered(&mut self, from: VoterId, meta: &SnapshotMeta, message: &RaftMessage) {
        let whole = self.incoming.whole.as_ref().filter(|_| self.incoming.index == meta.index);
        let fits = whole.is_some_and(|state| {
            state.index == meta.index && state.epoch == meta.epoch && state.members == meta.members
        });
        // Of one that is no news `raft` only says so: it must be one of what is committed here.
        let log = &self.raw.raft.raft_log;
        let known = log.term(meta.index).is_ok_and(|term| term != 0 && term == meta.term);
        let is_behind_us = meta.index < log.committed || (meta.index == log.committed && known);
        let Some(mut raw) = translate::to_message(from, self.me, message) else { return };
        let is_snapshot = raw.get_msg_type() == MessageType::MsgSnapshot && raw.term != 0;
        if !(fits || is_behind_us) || !is_snapshot {
            return;
        }
        raw.set_snapshot(translate::snapshot(meta));
        let _strangers_are_not_heard = self.raw.step(raw);
        self.draw();
    }
}
