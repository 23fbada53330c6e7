//! A receive by attribute while many other messages wait: two engines in one process, so that it
//! is the matching and nothing else.
//!
//! Called by `main`.

use crate::figure::{median_micros, say};
use crate::native::SCOPE;
use bytes::{Bytes, BytesMut};
use posse_message::{Attributes, Engine, Message, Mode, Options, Want};
use posse_wire::ProcessId;
use std::time::Duration;

const BATCHES: usize = 201;
const TURNS: usize = 100;

struct Pair {
    from: Engine,
    to: Engine,
    now: Duration,
}

impl Pair {
    fn send(&mut self, number: usize) {
        let (mode, payload) = (Mode::Eager, Bytes::from_static(&[7; 8]));
        let (to, attributes) = (self.to.me(), numbered(number));
        let message = Message { to, scope: SCOPE, tag: 1, mode, attributes, payload };
        let id = self.from.send(message).unwrap();
        self.from.forget_send(id);
    }

    /// Carries all packets, both ways, until there are none.
    fn carry(&mut self) {
        while self.from.has_outgoing() || self.to.has_outgoing() {
            carry(self.now, &mut self.from, &mut self.to);
            carry(self.now, &mut self.to, &mut self.from);
        }
        // Acknowledgements are due.
        self.now += Duration::from_millis(50);
        self.from.tick(self.now);
        self.to.tick(self.now);
    }

    fn receive(&mut self, number: usize) {
        let want = Want::any(SCOPE).having(numbered(number));
        let id = self.to.post(want).unwrap();
        self.to.take_completed(id).unwrap().unwrap();
    }
}

fn carry(now: Duration, from: &mut Engine, to: &mut Engine) {
    let source = from.me();
    while let Some((_, packet)) = from.outgoing(now) {
        let mut buffer = BytesMut::with_capacity(256);
        packet.encode(&mut buffer);
        to.handle(now, source, buffer.freeze()).unwrap();
    }
}

fn numbered(number: usize) -> Attributes {
    Attributes::new(&[("number", &number.to_le_bytes())]).unwrap()
}

/// `depth` messages wait; those in the middle are received and sent anew.
pub fn run(depth: usize) {
    let engine = |id| Engine::new(ProcessId(id), Options::default());
    let mut pair = Pair { from: engine(1), to: engine(2), now: Duration::ZERO };
    for number in 0..depth {
        pair.send(number);
        pair.carry();
    }
    assert_eq!(pair.to.waiting_messages(), depth, "they all wait");
    let wanted = depth / 2;
    let micros = median_micros(BATCHES, || {
        for _ in 0..TURNS {
            pair.receive(wanted);
            pair.send(wanted);
            pair.carry();
        }
    });
    say(&format!("attributes {depth} {:.4} us", micros / TURNS as f64));
}
