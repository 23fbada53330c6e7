//! Two processes that sleep between messages wake each other.

use crate::{handover, roles};
use posse_shm::doorbell::{self, Bell, Ringer, Wait};
use posse_shm::ring::{self, Consumer, Popped, Producer, Pushed};
use posse_shm::{Mapping, RING_BYTES_DEFAULT};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// Which of the receiver's rings it is.
const NUMBER: u32 = 7;

const TURNS: u64 = 3000;
const DEADLINE: Duration = Duration::from_secs(60);

/// One process's ends.
struct Ends {
    producer: Producer<Mapping>,
    ringer: Ringer,
    consumer: Consumer<Mapping>,
    bell: Bell,
}

impl Ends {
    fn send(&mut self, number: u64) {
        assert_eq!(self.producer.try_push(&[&number.to_ne_bytes()]).unwrap(), Pushed::Done);
        self.ringer.ring(NUMBER).unwrap();
    }

    /// Sleeps at once where nothing is there. `None`: the other one has closed.
    fn receive(&mut self) -> Option<u64> {
        let mut record = vec![];
        let end = Instant::now() + DEADLINE;
        loop {
            match self.consumer.try_pop(&mut record).unwrap() {
                Popped::Record => return Some(u64::from_ne_bytes(record.try_into().unwrap())),
                Popped::Closed => return None,
                Popped::Empty => {}
            }
            if self.bell.prepare_wait().unwrap() == Wait::Sleep {
                // A lost wake-up is a test that takes five seconds a turn.
                self.bell.wait(&[], Some(DEADLINE)).unwrap();
            }
            assert!(Instant::now() < end);
        }
    }
}

/// The second process.
pub fn echo(line: &OwnedFd) {
    let (_, fds) = handover::receive(line).unwrap();
    let fds: [OwnedFd; 6] = fds.try_into().unwrap();
    let [there, back, our_page, our_event, page, event] = fds;
    let ring = |memory| ring::Parts { memory, data_bytes: RING_BYTES_DEFAULT };
    let mut ends = Ends {
        producer: ring(back).producer().unwrap(),
        ringer: doorbell::Parts { page, event }.ringer().unwrap(),
        consumer: ring(there).consumer().unwrap(),
        bell: doorbell::Parts { page: our_page, event: our_event }.bell().unwrap(),
    };
    while let Some(number) = ends.receive() {
        ends.send(number + 1);
    }
}

#[test]
fn sleepers_are_woken() {
    let second = roles::start("echo");
    let there = ring::Parts::create(RING_BYTES_DEFAULT).unwrap();
    let back = ring::Parts::create(RING_BYTES_DEFAULT).unwrap();
    let (theirs, ours) = (doorbell::Parts::create().unwrap(), doorbell::Parts::create().unwrap());
    let fds = [&there.memory, &back.memory, &theirs.page, &theirs.event, &ours.page, &ours.event];
    let fds: Vec<BorrowedFd<'_>> = fds.iter().map(|fd| fd.as_fd()).collect();
    handover::send(&second.line, &[0], &fds).unwrap();
    let mut ends = Ends {
        producer: there.producer().unwrap(),
        ringer: theirs.ringer().unwrap(),
        consumer: back.consumer().unwrap(),
        bell: ours.bell().unwrap(),
    };
    let end = Instant::now() + DEADLINE;
    for number in 0..TURNS {
        ends.send(number);
        assert_eq!(ends.receive(), Some(number + 1));
        assert!(Instant::now() < end, "{number} turns");
    }
    ends.producer.close().unwrap();
    ends.ringer.ring(NUMBER).unwrap();
}
