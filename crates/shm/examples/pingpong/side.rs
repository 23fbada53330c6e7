//! One of the two processes: its ends of everything, and what it does in its turn.
//!
//! Used by `main`; the turns themselves are in `small` and `large`.

use crate::floor::{Floor, MEMORY_BYTES, MESSAGE_BYTES};
use crate::handover::{receive, send};
use crate::rows::{Place, pin};
use crate::{large, small};
use posse_shm::attach::{Invitation, Offer, Peer};
use posse_shm::doorbell::{self, Bell, Ringer};
use posse_shm::ring::{self, Consumer, Producer};
use posse_shm::segment::{self, Owner, View};
use posse_shm::{Mapping, RING_BYTES_DEFAULT};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::process::{PTracer, set_ptracer};
use std::hint::spin_loop;
use std::thread;
use std::time::{Duration, Instant};

const SEGMENT_BYTES: u64 = 4 << 20;

/// How a message goes there and an answer comes back.
#[derive(Clone, Copy)]
pub enum Way {
    Line,
    Ring,
    Bell,
    Event,
    Asleep,
    Memcpy,
    Segment,
    Attach,
}

const WAYS: [Way; 8] = [
    Way::Line,
    Way::Ring,
    Way::Bell,
    Way::Event,
    Way::Asleep,
    Way::Memcpy,
    Way::Segment,
    Way::Attach,
];

const PLACES: [Place; 4] =
    [Place::Spinning, Place::Yielding, Place::SleepingOnOne, Place::SleepingOnTwo];

/// One process's ends.
pub struct Side {
    pub floor: Floor,
    pub producer: Producer<Mapping>,
    pub consumer: Consumer<Mapping>,
    pub ringer: Ringer,
    pub bell: Bell,
    /// To be written, and to be read.
    pub events: [OwnedFd; 2],
    /// The first side's alone.
    pub owner: Option<Owner>,
    /// The second side's alone.
    pub view: Option<View>,
    /// The second side's alone, where the kernel permits it.
    pub peer: Option<Peer>,
    /// The message, and where it is to be.
    pub message: Vec<u8>,
    pub record: Vec<u8>,
    /// Turns so far: what stands in the raw words.
    pub count: u64,
    _offer: Option<Offer>,
}

impl Side {
    /// Makes all that is shared and hands it to the second process.
    pub fn first(line: &OwnedFd) -> Side {
        let memory = memfd_create("posse-floor", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&memory, MEMORY_BYTES as u64).unwrap();
        let event = || eventfd(0, EventfdFlags::CLOEXEC).unwrap();
        let events = [event(), event()];
        let rings = [0, 1].map(|_| ring::Parts::create(RING_BYTES_DEFAULT).unwrap());
        let bells = [0, 1].map(|_| doorbell::Parts::create().unwrap());
        let (owner, segment) = Owner::create(SEGMENT_BYTES).unwrap();
        let offer = Offer::new().unwrap();
        // Yama would not let a descendant read.
        let _no_yama = set_ptracer(PTracer::Any);
        let Invitation { pid, address, nonce } = offer.invitation();
        let numbers = [pid as u64, address, half(&nonce, 0), half(&nonce, 1)];
        let fds = [&memory, &events[0], &events[1], &rings[0].memory, &rings[1].memory];
        send(line, &numbers, &borrowed(&fds)).unwrap();
        let [one, other] = &bells;
        let fds = [&one.page, &one.event, &other.page, &other.event, &segment.memory];
        send(line, &[0], &borrowed(&fds)).unwrap();
        let [there, back] = rings;
        let [theirs, ours] = bells;
        Side {
            floor: Floor::map(&memory),
            producer: there.producer().unwrap(),
            consumer: back.consumer().unwrap(),
            ringer: theirs.ringer().unwrap(),
            bell: ours.bell().unwrap(),
            events,
            owner: Some(owner),
            view: None,
            peer: None,
            message: (0..MESSAGE_BYTES).map(|n| n as u8).collect(),
            record: vec![],
            count: 0,
            _offer: Some(offer),
        }
    }

    fn second(line: &OwnedFd) -> Side {
        let (numbers, fds) = receive(line).unwrap();
        let [memory, event_in, event_out, there, back] = fds.try_into().unwrap();
        let (_, fds) = receive(line).unwrap();
        let [page, event, their_page, their_event, segment] = fds.try_into().unwrap();
        let ring = |memory| ring::Parts { memory, data_bytes: RING_BYTES_DEFAULT };
        let segment = segment::Parts { memory: segment, bytes: SEGMENT_BYTES };
        let nonce: Vec<u8> = numbers[2..4].iter().flat_map(|half| half.to_ne_bytes()).collect();
        let nonce = nonce.try_into().unwrap();
        let invitation = Invitation { pid: numbers[0] as i32, address: numbers[1], nonce };
        let peer = Peer::probe(invitation);
        let peer = peer.inspect_err(|refusal| println!("no cross-memory attach: {refusal}"));
        Side {
            floor: Floor::map(&memory),
            producer: ring(back).producer().unwrap(),
            consumer: ring(there).consumer().unwrap(),
            ringer: doorbell::Parts { page: their_page, event: their_event }.ringer().unwrap(),
            bell: doorbell::Parts { page, event }.bell().unwrap(),
            events: [event_out, event_in],
            owner: None,
            view: Some(segment.view().unwrap()),
            peer: peer.ok(),
            message: vec![0; MESSAGE_BYTES],
            record: vec![],
            count: 0,
            _offer: None,
        }
    }

    /// Tells the second process what to answer, and waits until it is on its core.
    pub fn ask(&self, line: &OwnedFd, way: Way, place: Place, core: usize, turns: usize) {
        let place = PLACES.iter().position(|known| *known == place).unwrap();
        send(line, &[way as u64, place as u64, core as u64, turns as u64], &[]).unwrap();
        receive(line).unwrap();
    }

    /// The time of one way of one turn.
    pub fn time(&mut self, way: Way, place: Place, turns: usize) -> Duration {
        let start = Instant::now();
        match way {
            Way::Line | Way::Ring | Way::Bell | Way::Event | Way::Asleep => {
                small::begin(self, way, place, turns);
                start.elapsed() / (2 * turns as u32)
            }
            // The answer is a small message and counts as nothing.
            Way::Memcpy | Way::Segment | Way::Attach => {
                large::begin(self, way, place, turns);
                start.elapsed() / turns as u32
            }
        }
    }
}

/// The second process: answers until the first one ends.
pub fn second() {
    let line = crate::handover::line().unwrap();
    let mut side = Side::second(&line);
    loop {
        let (numbers, _) = receive(&line).unwrap();
        let [way, place, core, turns] = numbers[..] else { return };
        let (way, place) = (WAYS[way as usize], PLACES[place as usize]);
        pin(core as usize);
        send(&line, &[0], &[]).unwrap();
        match way {
            Way::Line | Way::Ring | Way::Bell | Way::Event | Way::Asleep => {
                small::answer(&mut side, way, place, turns as usize);
            }
            Way::Memcpy | Way::Segment | Way::Attach => {
                large::answer(&mut side, way, place, turns as usize);
            }
        }
    }
}

/// Waits as one waits at this place.
#[inline]
pub fn until(place: Place, mut ready: impl FnMut() -> bool) {
    while !ready() {
        if place == Place::Spinning { spin_loop() } else { thread::yield_now() }
    }
}

fn half(nonce: &[u8; 16], which: usize) -> u64 {
    u64::from_ne_bytes(nonce.as_chunks::<8>().0[which])
}

fn borrowed<'a>(fds: &[&'a OwnedFd]) -> Vec<BorrowedFd<'a>> {
    fds.iter().copied().map(OwnedFd::as_fd).collect()
}
