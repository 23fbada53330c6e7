//! A voter that lies may be wrong, but no other falls over it: any message that decodes, in any
//! order, from a member or not, to a voter that follows, stands, or leads.

#![allow(clippy::unwrap_used)]

use posse_control::consensus::{
    Body, Config, Input, LogEntry, Matter, Membership, Node, Output, PeerMessage, RaftMessage,
    SnapshotMeta, Stored, VoterId, founded,
};
use posse_control::state::{ClientId, Command, Proposal, Token};
use posse_wire::{HostId, Incarnation};
use proptest::prelude::*;

fn id(host: u32) -> VoterId {
    VoterId::new(HostId(host), Incarnation(1))
}

fn three() -> Stored {
    let mut stored = founded(id(0));
    stored.meta.members.voters = vec![id(0), id(1), id(2)];
    stored.state.members = stored.meta.members.clone();
    stored
}

prop_compose! {
    fn raft()(
        kind in 0u8..10,
        term in 0u64..6,
        log_term in 0u64..6,
        index in 0u64..12,
        commit in 0u64..20,
        commit_term in 0u64..6,
        request_snapshot in prop_oneof![Just(0u64), 0u64..20],
        is_rejection in any::<bool>(),
        reject_hint in 0u64..20,
        terms in prop::collection::vec((0u64..3, any::<u8>()), 0..4),
        context in prop_oneof![Just(vec![]), prop::collection::vec(any::<u8>(), 8)],
    ) -> RaftMessage {
        let mut last = log_term;
        let entry = |(n, (more, kind)): (usize, (u64, u8))| {
            last += more;
            let matter = match kind % 5 {
                0 => Matter::Nothing,
                1 => Matter::Settled,
                2 => Matter::Members(posse_control::voters::Change(vec![
                    posse_control::voters::Step::Leave(id(u32::from(kind) % 4)),
                ])),
                _ => Matter::Command(vec![kind; 3]),
            };
            LogEntry { term: last, index: index + 1 + n as u64, matter }
        };
        let entries = terms.into_iter().enumerate().map(entry).collect();
        RaftMessage {
            kind, term, log_term, index, commit, commit_term, request_snapshot, is_rejection,
            reject_hint, context, entries,
        }
    }
}

fn body() -> impl Strategy<Value = Body> {
    let meta = |index| SnapshotMeta {
        epoch: 1,
        index,
        term: 2,
        members: Membership { voters: vec![id(0)], ..Membership::default() },
    };
    prop_oneof![
        20 => raft().prop_map(Body::Raft),
        1 => (0u64..20, 0u64..3, prop::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(index, chunk, bytes)| Body::Chunk { index, chunk, bytes }),
        1 => (0u64..20, prop_oneof![0u64..4, Just(u64::MAX)])
            .prop_map(|(index, chunk)| Body::ChunkWanted { index, chunk }),
        1 => (0u64..20, raft())
            .prop_map(move |(index, message)| Body::Offer { meta: meta(index), message }),
        1 => Just(Body::Fenced),
    ]
}

/// One thing that happens: time, a message, a question.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Hear(u32, Box<Body>),
    Propose,
    Persist,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (10_000u64..2_500_000).prop_map(Step::Wait),
        8 => (0u32..4, body()).prop_map(|(from, body)| Step::Hear(from, Box::new(body))),
        1 => Just(Step::Propose),
        4 => Just(Step::Persist),
    ]
}

struct World {
    node: Node,
    now: u64,
    persisted: u64,
}

impl World {
    fn feed(&mut self, input: Input) {
        for output in self.node.handle(self.now, input) {
            if let Output::Persist(persist) = output {
                self.persisted = persist.number;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_that_voters_say_is_too_much(steps in prop::collection::vec(step(), 1..60)) {
        let config = Config { me: id(0), chance: 7, snapshot_after: 5 };
        let node = Node::new(&config, three(), 0).unwrap();
        let mut world = World { node, now: 0, persisted: 0 };
        for step in steps {
            match step {
                Step::Wait(us) => {
                    let upto = world.now + us;
                    while world.now < upto {
                        world.now = (world.now + 100_000).min(upto);
                        world.feed(Input::Tick);
                    }
                }
                Step::Hear(from, body) => {
                    let (epoch, from, to) = (1, id(from), id(0));
                    let message = PeerMessage { epoch, from, to, body: *body };
                    if message.check().is_ok() {
                        world.feed(Input::Peer(Box::new(message)));
                    }
                }
                Step::Propose => {
                    let (client, seq, command) = (ClientId(0), 0, Command::Open);
                    let proposal = Proposal { client, seq, command };
                    world.feed(Input::Propose { token: Token(1), proposal });
                }
                Step::Persist => {
                    let number = world.persisted;
                    world.feed(Input::Persisted { number });
                }
            }
        }
    }
}
