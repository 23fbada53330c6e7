//! A megabyte from private memory of the one to private memory of the other.
//!
//! Used by `side`.

use crate::rows::Place;
use crate::side::{Side, Way, until};
use posse_shm::attach::address;
use posse_shm::ring::{Popped, Pushed};
use std::sync::atomic::Ordering::{Acquire, Release};

/// The first process's turns.
pub fn begin(side: &mut Side, way: Way, place: Place, turns: usize) {
    for _ in 0..turns {
        match way {
            Way::Memcpy => {
                side.count += 1;
                let [there, back] = side.floor.words();
                side.floor.copy_in(&side.message);
                there.store(side.count, Release);
                until(place, || back.load(Acquire) == side.count);
            }
            _ => {
                let place_there = address(&side.message);
                push(side, place_there);
                pop(side, place);
            }
        }
    }
}

/// The second process's turns.
pub fn answer(side: &mut Side, way: Way, place: Place, turns: usize) {
    for _ in 0..turns {
        if let Way::Memcpy = way {
            side.count += 1;
            let [there, back] = side.floor.words();
            until(place, || there.load(Acquire) == side.count);
            side.floor.copy_out(&mut side.message);
            back.store(side.count, Release);
            continue;
        }
        let address = pop(side, place);
        // Refused, as was said at the beginning: the row means nothing.
        if let Some(peer) = &side.peer {
            peer.read(address, &mut side.message).unwrap();
        }
        push(side, 0);
    }
}

fn push(side: &mut Side, word: u64) {
    assert_eq!(side.producer.try_push(&[&word.to_ne_bytes()]), Ok(Pushed::Done));
}

fn pop(side: &mut Side, place: Place) -> u64 {
    until(place, || side.consumer.try_pop(&mut side.record) == Ok(Popped::Record));
    side.record.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word))
}
