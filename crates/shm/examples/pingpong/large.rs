//! A megabyte from private memory of the one to private memory of the other.
//!
//! Used by `side`.

use crate::rows::Place;
use crate::side::{Side, Way, until};
use posse_shm::attach::address;
use posse_shm::ring::{Popped, Pushed};
use posse_shm::segment::Extent;
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
            Way::Segment => {
                let owner = side.owner.as_mut().unwrap();
                let extent = owner.take(side.message.len() as u64).unwrap();
                owner.write(extent, &side.message).unwrap();
                push(side, [extent.at, extent.bytes]);
                pop(side, place);
                side.owner.as_mut().unwrap().give(extent);
            }
            _ => {
                let place_there = address(&side.message);
                push(side, [place_there, 0]);
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
        let [at, bytes] = pop(side, place);
        match (way, &side.view, &side.peer) {
            (Way::Segment, Some(view), _) => {
                side.message.clear();
                view.read(Extent { at, bytes }, &mut side.message).unwrap();
            }
            (Way::Attach, _, Some(peer)) => peer.read(at, &mut side.message).unwrap(),
            // Refused, as was said at the beginning: the row means nothing.
            _ => {}
        }
        push(side, [0; 2]);
    }
}

fn push(side: &mut Side, words: [u64; 2]) {
    let bytes = words.map(u64::to_ne_bytes);
    assert_eq!(side.producer.try_push(&[bytes.as_flattened()]), Ok(Pushed::Done));
}

fn pop(side: &mut Side, place: Place) -> [u64; 2] {
    until(place, || side.consumer.try_pop(&mut side.record) == Ok(Popped::Record));
    let words = side.record.as_chunks::<8>().0;
    [0, 1].map(|n| words.get(n).map_or(0, |word| u64::from_ne_bytes(*word)))
}
