//! All interleavings of a push and a pop in a ring so small that it is used around and around.

use super::layout::HEADER_WORDS;
use super::{Consumer, Popped, Producer, Pushed};
use crate::memory::heap;
use loom::thread;

/// Four words: one record of a word beside the zero of the next head, so each push waits for the
/// pop before the last and overwrites what that has read.
const DATA_WORDS: usize = 4;

fn pushed(producer: &mut Producer<std::sync::Arc<Vec<crate::sync::AtomicU64>>>, record: &[u8]) {
    while producer.try_push(&[record]).unwrap() == Pushed::Full {
        thread::yield_now();
    }
}

fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(test);
}

#[test]
fn records_are_whole_and_in_order() {
    model(3, || {
        let memory = heap(HEADER_WORDS + DATA_WORDS);
        let mut producer = Producer::new(memory.clone());
        let mut consumer = Consumer::new(memory);
        let pusher = thread::spawn(move || {
            pushed(&mut producer, &[1; 8]);
            pushed(&mut producer, &[2; 8]);
            pushed(&mut producer, &[3; 11]);
        });
        let (mut out, mut records) = (vec![], vec![]);
        while records.len() < 3 {
            match consumer.try_pop(&mut out).unwrap() {
                Popped::Record => records.push(out.clone()),
                Popped::Empty => thread::yield_now(),
                Popped::Closed => panic!("nobody closes"),
            }
        }
        assert_eq!(records, [vec![1; 8], vec![2; 8], vec![3; 11]]);
        pusher.join().unwrap();
    });
}

#[test]
fn nothing_is_lost_when_the_producer_closes() {
    model(3, || {
        let memory = heap(HEADER_WORDS + DATA_WORDS);
        let mut producer = Producer::new(memory.clone());
        let mut consumer = Consumer::new(memory);
        let pusher = thread::spawn(move || {
            pushed(&mut producer, b"last");
            producer.close().unwrap();
        });
        let (mut out, mut count) = (vec![], 0);
        loop {
            match consumer.try_pop(&mut out).unwrap() {
                Popped::Record => count += 1,
                Popped::Empty => thread::yield_now(),
                Popped::Closed => break,
            }
        }
        assert_eq!((count, out.as_slice()), (1, &b"last"[..]));
        pusher.join().unwrap();
    });
}

/// The producer waits for room only where it is sure to be told of it.
#[test]
fn who_waits_for_room_is_told() {
    model(3, || {
        let memory = heap(HEADER_WORDS + DATA_WORDS);
        let mut producer = Producer::new(memory.clone());
        let mut consumer = Consumer::new(memory);
        pushed(&mut producer, &[1; 16]);
        let popper = thread::spawn(move || {
            let mut out = vec![];
            assert_eq!(consumer.try_pop(&mut out).unwrap(), Popped::Record);
            consumer.is_awaited().unwrap()
        });
        let mut waits = false;
        if producer.try_push(&[&[2; 8]]).unwrap() == Pushed::Full {
            waits = producer.wait_for_room().unwrap();
        }
        let told = popper.join().unwrap();
        assert!(told || !waits, "waits and is not told");
    });
}
