//! Eight bytes there and eight bytes back.
//!
//! Used by `side`.

use crate::rows::Place;
use crate::side::{Side, Way, until};
use posse_shm::doorbell::Wait;
use posse_shm::ring::{Popped, Pushed};
use rustix::io::{read, write};
use std::sync::atomic::Ordering::{Acquire, Release};

/// Which of the receiver's rings it is.
const NUMBER: u32 = 1;

const ONE: [u8; 8] = 1u64.to_ne_bytes();

/// The first process's turns.
pub fn begin(side: &mut Side, way: Way, place: Place, turns: usize) {
    for _ in 0..turns {
        if let Way::Line = way {
            side.count += 1;
            let [there, back] = side.floor.words();
            there.store(side.count, Release);
            until(place, || back.load(Acquire) == side.count);
        } else {
            say(side, way);
            hear(side, way, place);
        }
    }
}

/// The second process's turns.
pub fn answer(side: &mut Side, way: Way, place: Place, turns: usize) {
    for _ in 0..turns {
        if let Way::Line = way {
            side.count += 1;
            let [there, back] = side.floor.words();
            until(place, || there.load(Acquire) == side.count);
            back.store(side.count, Release);
        } else {
            hear(side, way, place);
            say(side, way);
        }
    }
}

#[inline]
fn say(side: &mut Side, way: Way) {
    if let Way::Event = way {
        write(&side.events[0], &ONE).unwrap();
        return;
    }
    assert_eq!(side.producer.try_push(&[&ONE]), Ok(Pushed::Done));
    if let Way::Bell | Way::Asleep = way {
        side.ringer.ring(NUMBER).unwrap();
    }
}

#[inline]
fn hear(side: &mut Side, way: Way, place: Place) {
    match way {
        Way::Event => {
            read(&side.events[1], &mut [0u8; 8]).unwrap();
        }
        Way::Asleep => {
            while side.consumer.try_pop(&mut side.record) != Ok(Popped::Record) {
                if side.bell.prepare_wait() == Ok(Wait::Sleep) {
                    side.bell.wait(&[], None).unwrap();
                }
            }
        }
        _ => until(place, || side.consumer.try_pop(&mut side.record) == Ok(Popped::Record)),
    }
}
