//! A producer that is killed while it pushes leaves whole records and nothing else.

use crate::{handover, roles};
use posse_shm::ring::{Parts, Popped, Pushed};
use rustix::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

const DATA_BYTES: usize = 64 * 1024;

/// Long records, so that a kill at any time is a kill within a push.
const RECORD_BYTES: usize = 20_000;

const DEADLINE: Duration = Duration::from_secs(60);

/// The second process.
pub fn push_for_ever(line: &OwnedFd) {
    let (_, fds) = handover::receive(line).unwrap();
    let parts = Parts { memory: fds.into_iter().next().unwrap(), data_bytes: DATA_BYTES };
    let mut producer = parts.producer().unwrap();
    for number in 0u64.. {
        let body = [number as u8; RECORD_BYTES];
        while producer.try_push(&[&number.to_ne_bytes(), &body]).unwrap() == Pushed::Full {
            thread::yield_now();
        }
    }
}

#[test]
fn what_a_killed_producer_left_is_whole() {
    for kill in 0..20u64 {
        let mut second = roles::start("pusher");
        let parts = Parts::create(DATA_BYTES).unwrap();
        handover::send(&second.line, &[0], &[parts.memory.as_fd()]).unwrap();
        let mut consumer = parts.consumer().unwrap();
        let (mut record, mut next, end) = (vec![], 0u64, Instant::now() + DEADLINE);
        let mut killed = false;
        loop {
            match consumer.try_pop(&mut record).unwrap() {
                Popped::Record => {
                    assert_eq!(record[..8], next.to_ne_bytes());
                    assert_eq!(record.len(), 8 + RECORD_BYTES);
                    assert!(record[8..].iter().all(|byte| *byte == next as u8));
                    next += 1;
                }
                Popped::Empty if killed => break,
                Popped::Empty => thread::yield_now(),
                Popped::Closed => panic!("nobody closes"),
            }
            if next > 20 + kill * 7 && !killed {
                second.child.kill().unwrap();
                second.child.wait().unwrap();
                killed = true;
            }
            assert!(Instant::now() < end, "{next} records");
        }
    }
}
