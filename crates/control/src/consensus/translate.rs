//! Between our nouns and the `raft` crate's. No byte of a peer or a disk is parsed as protobuf:
//! changes of members travel in our own form, in an entry's `context`.

use super::peer::RaftMessage;
use super::types::{Hard, LogEntry, Matter, Membership, SnapshotMeta, VoterId};
use crate::voters::{Change, Step};
use posse_wire::{decode_value, encode_value};
use raft::eraftpb::{
    ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2, ConfState, Entry,
    EntryType, HardState, Message, MessageType, Snapshot,
};

pub(super) fn to_entry(entry: &LogEntry) -> Entry {
    let mut raw = Entry { term: entry.term, index: entry.index, ..Entry::default() };
    match &entry.matter {
        Matter::Nothing => {}
        Matter::Command(bytes) => raw.data = bytes.clone().into(),
        Matter::Members(change) => {
            raw.set_entry_type(EntryType::EntryConfChangeV2);
            raw.context = encode_value(change).into();
        }
        Matter::Settled => raw.set_entry_type(EntryType::EntryConfChangeV2),
    }
    raw
}

pub(super) fn from_entry(raw: &Entry) -> LogEntry {
    let matter = match raw.get_entry_type() {
        EntryType::EntryNormal if raw.data.is_empty() => Matter::Nothing,
        EntryType::EntryNormal => Matter::Command(raw.data.to_vec()),
        _ if raw.context.is_empty() => Matter::Settled,
        // Written by ourselves or checked when it came, so it decodes.
        _ => decode_value(&raw.context).map_or(Matter::Nothing, Matter::Members),
    };
    LogEntry { term: raw.term, index: raw.index, matter }
}

pub(super) fn hard(raw: &HardState) -> Hard {
    Hard { term: raw.term, vote: VoterId::from_number(raw.vote), commit: raw.commit }
}

pub(super) fn to_hard(hard: &Hard) -> HardState {
    let vote = hard.vote.map_or(0, VoterId::number);
    HardState { term: hard.term, vote, commit: hard.commit, ..HardState::default() }
}

fn numbers(ids: &[VoterId]) -> Vec<u64> {
    ids.iter().map(|id| id.number()).collect()
}

fn ids(numbers: &[u64]) -> Vec<VoterId> {
    let mut ids: Vec<VoterId> = numbers.iter().filter_map(|n| VoterId::from_number(*n)).collect();
    // In `raft` they have no order.
    ids.sort_unstable();
    ids
}

pub(super) fn conf_state(members: &Membership) -> ConfState {
    ConfState {
        voters: numbers(&members.voters),
        learners: numbers(&members.learners),
        voters_outgoing: numbers(&members.outgoing),
        learners_next: numbers(&members.learners_next),
        auto_leave: members.is_changing(),
        ..ConfState::default()
    }
}

pub(super) fn membership(state: &ConfState) -> Membership {
    Membership {
        voters: ids(&state.voters),
        learners: ids(&state.learners),
        outgoing: ids(&state.voters_outgoing),
        learners_next: ids(&state.learners_next),
    }
}

pub(super) fn conf_change(change: &Change) -> ConfChangeV2 {
    let single = |step: &Step| {
        let (kind, id) = match step {
            Step::Follow(id) => (ConfChangeType::AddLearnerNode, id),
            Step::Vote(id) => (ConfChangeType::AddNode, id),
            Step::Leave(id) => (ConfChangeType::RemoveNode, id),
        };
        let mut single = ConfChangeSingle { node_id: id.number(), ..Default::default() };
        single.set_change_type(kind);
        single
    };
    let mut raw = ConfChangeV2::default();
    raw.set_transition(ConfChangeTransition::Auto);
    raw.set_changes(change.0.iter().map(single).collect::<Vec<_>>().into());
    raw
}

pub(super) fn snapshot(meta: &SnapshotMeta) -> Snapshot {
    let mut raw = Snapshot::default();
    let metadata = raw.mut_metadata();
    metadata.index = meta.index;
    metadata.term = meta.term;
    metadata.set_conf_state(conf_state(&meta.members));
    raw
}

/// The kinds that travel, in the order of `RaftMessage::name`. Proposals do not: who does not
/// lead says who does.
const KINDS: [MessageType; 10] = [
    MessageType::MsgAppend,
    MessageType::MsgAppendResponse,
    MessageType::MsgRequestVote,
    MessageType::MsgRequestVoteResponse,
    MessageType::MsgSnapshot,
    MessageType::MsgHeartbeat,
    MessageType::MsgHeartbeatResponse,
    MessageType::MsgTimeoutNow,
    MessageType::MsgRequestPreVote,
    MessageType::MsgRequestPreVoteResponse,
];

/// None for what does not travel.
pub(super) fn from_message(raw: &Message) -> Option<RaftMessage> {
    let kind = KINDS.iter().position(|kind| *kind == raw.get_msg_type())?;
    Some(RaftMessage {
        kind: kind as u8,
        term: raw.term,
        log_term: raw.log_term,
        index: raw.index,
        commit: raw.commit,
        commit_term: raw.commit_term,
        request_snapshot: raw.request_snapshot,
        is_rejection: raw.reject,
        reject_hint: raw.reject_hint,
        context: raw.context.to_vec(),
        entries: raw.entries.iter().map(from_entry).collect(),
    })
}

pub(super) fn to_message(from: VoterId, to: VoterId, message: &RaftMessage) -> Option<Message> {
    let kind = KINDS.get(usize::from(message.kind))?;
    let mut raw = Message {
        to: to.number(),
        from: from.number(),
        term: message.term,
        log_term: message.log_term,
        index: message.index,
        commit: message.commit,
        commit_term: message.commit_term,
        request_snapshot: message.request_snapshot,
        reject: message.is_rejection,
        reject_hint: message.reject_hint,
        context: message.context.clone().into(),
        ..Message::default()
    };
    raw.set_msg_type(*kind);
    raw.set_entries(message.entries.iter().map(to_entry).collect::<Vec<_>>().into());
    Some(raw)
}
