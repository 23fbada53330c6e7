//! Two processes that send a message there and back, and all processes of a command in a barrier.
//!
//! Called by `main`, in processes that posse started.

use crate::figure::{median_micros, pin, say};
use bytes::Bytes;
use posse::message::{Attributes, Message, Mode, Process, ProcessId, Scope, Want};
use std::time::{Duration, Instant};

pub const SCOPE: Scope = Scope { face: 0, context: 7 };

/// Round trips before the first that counts: by then the pair has the way that it will keep.
const FIRST_TURNS: usize = 200;

const BATCHES: usize = 101;
const SMALL_TURNS: usize = 20;

/// From here on a batch is one round trip.
const LARGE_BYTES: usize = 64 << 10;

/// A wait that lasts longer hangs.
pub const LONG: Duration = Duration::from_secs(120);

pub fn rank() -> usize {
    std::env::var("POSSE_RANK").unwrap().parse().unwrap()
}

pub fn joined() -> (Process, Vec<ProcessId>) {
    let process = Process::join().unwrap();
    let members = process.members().unwrap();
    (process, members.into_iter().map(Option::unwrap).collect())
}

pub fn leave(process: Process) {
    process.leave(Some(Instant::now() + LONG)).unwrap();
}

pub fn pingpong(bytes: usize, cores: [usize; 2]) {
    let me = rank();
    pin(cores[me]);
    let (process, members) = joined();
    let other = members[1 - me];
    let (first, turns) = if bytes < LARGE_BYTES { (FIRST_TURNS, SMALL_TURNS) } else { (10, 1) };
    let mut payload = Bytes::from(vec![7; bytes]);
    let send = |payload| {
        let (mode, attributes) = (Mode::Eager, Attributes::NONE);
        let message = Message { to: other, scope: SCOPE, tag: 1, mode, attributes, payload };
        process.post(message).unwrap();
    };
    let receive = || {
        let want = Want::any(SCOPE).of(other).tagged(1);
        process.receive(want, Some(Instant::now() + LONG)).unwrap().payload
    };
    if me == 1 {
        for _ in 0..first + turns * BATCHES {
            send(receive());
        }
        return leave(process);
    }
    let mut turn = || {
        send(payload.clone());
        payload = receive();
    };
    (0..first).for_each(|_| turn());
    let micros = median_micros(BATCHES, || (0..turns).for_each(|_| turn()));
    leave(process);
    say(&format!("pingpong {bytes} {:.4} us", micros / (2 * turns) as f64));
}

pub fn barrier() {
    let (process, members) = joined();
    let count = members.len();
    let group = process.group(Scope { face: 0, context: 9 }, members).unwrap();
    (0..FIRST_TURNS).for_each(|_| group.barrier().unwrap());
    let batch = || (0..SMALL_TURNS).for_each(|_| group.barrier().unwrap());
    let micros = median_micros(BATCHES, batch);
    leave(process);
    if rank() == 0 {
        say(&format!("barrier {count} {:.3} us", micros / SMALL_TURNS as f64));
    }
}
