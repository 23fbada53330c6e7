//! A process that writes garbage into a ring, over all of it and all the time.

use crate::{handover, roles};
use posse_shm::Fault;
use posse_shm::ring::{Parts, Popped};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::pwrite;
use std::time::{Duration, Instant};

const DATA_BYTES: usize = 1024;
const HEADER_BYTES: u64 = 256;
const ROUNDS: u64 = 20_000;
const DEADLINE: Duration = Duration::from_secs(60);

/// The second process: words that are any, and words that are nearly heads and tails.
pub fn scribble(line: &OwnedFd) {
    let (_, fds) = handover::receive(line).unwrap();
    let mut chance = 1u64;
    let mut draw = move || {
        // xorshift64 (Marsaglia, 2003).
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    for _ in 0..ROUNDS {
        let place = draw() % (DATA_BYTES as u64 + HEADER_BYTES) / 8 * 8;
        let at = place.saturating_sub(HEADER_BYTES) / 8;
        let word = match draw() % 4 {
            0 => draw(),
            1 => (1 << 63) | (at << 32) | (draw() % 1200),
            2 => draw() % 200,
            _ => 0,
        };
        pwrite(&fds[0], &word.to_ne_bytes(), place).unwrap();
    }
}

#[test]
fn garbage_is_an_error_and_no_end() {
    let mut second = roles::start("scribbler");
    let parts = Parts::create(DATA_BYTES).unwrap();
    handover::send(&second.line, &[0], &[parts.memory.as_fd()]).unwrap();
    let (mut record, mut heads, mut tails, mut records) = (vec![], 0u32, 0u32, 0u32);
    let end = Instant::now() + DEADLINE;
    while second.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end);
        let mut consumer = parts.consumer().unwrap();
        let mut producer = parts.producer().unwrap();
        for _ in 0..100 {
            match consumer.try_pop(&mut record) {
                Ok(Popped::Record) => records += 1,
                Ok(Popped::Empty | Popped::Closed) => {}
                Err(Fault::Head { .. }) => heads += 1,
                Err(other) => panic!("{other}"),
            }
            assert!(record.len() < DATA_BYTES);
            match producer.try_push(&[&record]) {
                Ok(_) => {}
                Err(Fault::Tail { .. }) => tails += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(second.child.wait().unwrap().success());
    assert!(heads > 0 && records > 0, "{heads} heads, {tails} tails, {records} records");
}
