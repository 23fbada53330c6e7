//! Packets of a process: what decodes, encodes to the same, and an engine that has sent, received
//! and offered has an answer, goes on, and keeps nothing when the peer is down.

use std::time::Duration;

use super::{Target, seen};
use bytes::{Bytes, BytesMut};
use posse_message::{Attributes, Down, Engine, Message, Mode, Options, Packet, Scope, Want};
use posse_wire::ProcessId;

pub(super) const TARGET: Target = Target {
    name: "packets",
    says: "packets of another process, to an engine",
    run,
    corpus: include_str!("../../corpus/packets.txt"),
};

const STRANGER: ProcessId = ProcessId(1);
const ME: ProcessId = ProcessId(2);
const HERE: Scope = Scope { face: 1, context: 0 };

/// Has sent a message of each mode, and has receives that wait.
fn engine() -> Engine {
    let mut engine = Engine::new(ME, Options::default());
    for (mode, length) in [(Mode::Eager, 10), (Mode::Rendezvous, 90_000), (Mode::Synchronous, 9)] {
        let payload = vec![1; length].into();
        let (to, attributes) = (STRANGER, Attributes::NONE);
        let _room = engine.send(Message { to, scope: HERE, tag: 0, mode, attributes, payload });
    }
    for want in [Want::any(HERE), Want::any(HERE).of(STRANGER).tagged(1)] {
        let _few_peers = engine.post(want);
    }
    while engine.outgoing(Duration::ZERO).is_some() {}
    engine
}

fn run(bytes: &[u8]) -> u64 {
    let packet = match Packet::decode(Bytes::copy_from_slice(bytes), STRANGER, ME) {
        Err(error) => return seen(std::mem::discriminant(&error)),
        Ok(packet) => packet,
    };
    let mut encoded = BytesMut::new();
    packet.encode(&mut encoded);
    assert_eq!(&encoded[..], bytes);
    let mut engine = engine();
    let mut answers = vec![];
    // Twice: the second comes to an engine that has had it.
    for _ in 0..2 {
        let answer = engine.handle(Duration::ZERO, STRANGER, Bytes::copy_from_slice(bytes));
        answers.push(answer.map_err(|error| std::mem::discriminant(&error)));
    }
    let mut said = vec![];
    for _ in 0..20 {
        let Some(time) = engine.next_tick() else { break };
        engine.tick(time);
        while let Some((_, packet)) = engine.outgoing(time) {
            said.push(std::mem::discriminant(&packet.body));
        }
    }
    engine.peer_down(STRANGER, Down::Ended);
    assert_eq!((engine.buffered_bytes(), engine.early_bytes()), (0, 0));
    assert!(engine.next_tick().is_none() && engine.outgoing(Duration::ZERO).is_none());
    said.dedup();
    seen((std::mem::discriminant(&packet.body), answers, said, engine.waiting_messages()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_but_the_odd_ones_decodes() {
        let inputs = crate::parse(TARGET.corpus);
        let decodes = |bytes: &[u8]| Packet::decode(Bytes::copy_from_slice(bytes), STRANGER, ME);
        let good = inputs.iter().filter(|input| decodes(&input.bytes).is_ok()).count();
        assert!(good >= 9, "{good}");
    }
}
