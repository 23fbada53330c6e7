//! Very many processes of one host that all may send to all: each sends to some, and receives from
//! as many, until none has heard too little. What that keeps in memory is looked at from outside.
//!
//! Called by `main`, in processes that posse started.

use crate::figure::say;
use crate::native::{LONG, SCOPE, leave, rank};
use posse::message::{Attributes, Message, Mode, Process, ProcessId, Want};
use std::io::Read;
use std::time::Instant;

/// `each` messages to each of `others` processes: those that many ranks further on, another
/// distance each time, which all draw alike.
pub fn run(others: usize, each: usize) {
    let process = Process::join().unwrap();
    let members: Vec<ProcessId> =
        process.members().unwrap().into_iter().map(Option::unwrap).collect();
    let (me, size) = (rank(), members.len());
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for turn in 0..others {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let distance = 1 + (state >> 33) as usize % (size - 1);
        let (to, from) = (members[(me + distance) % size], members[(me + size - distance) % size]);
        for _ in 0..each {
            post(&process, to, turn as i64, me.to_le_bytes().to_vec());
        }
        for _ in 0..each {
            let want = Want::any(SCOPE).of(from).tagged(turn as i64);
            process.receive(want, Some(Instant::now() + LONG)).unwrap();
        }
    }
    say("ready");
    let _until_it_is_measured = std::io::stdin().read_to_end(&mut Vec::new());
    leave(process);
}

fn post(process: &Process, to: ProcessId, tag: i64, payload: Vec<u8>) {
    let (mode, attributes) = (Mode::Eager, Attributes::NONE);
    let payload = payload.into();
    process.post(Message { to, scope: SCOPE, tag, mode, attributes, payload }).unwrap();
}
