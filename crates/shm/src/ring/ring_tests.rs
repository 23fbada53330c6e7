//! What a ring promises to two ends that keep to the protocol.

use super::layout::HEADER_WORDS;
use super::{Consumer, Parts, Popped, Producer, Pushed};
use crate::RING_BYTES_DEFAULT;
use crate::error::{Fault, SetupError};
use crate::memory::heap;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::thread;

proptest! {
    #[test]
    fn records_come_out_as_they_went_in(
        steps in prop::collection::vec(
            prop::option::of(prop::collection::vec(any::<u8>(), 0..130)), 0..200),
    ) {
        let memory = heap(HEADER_WORDS + 16);
        let mut producer = Producer::new(memory.clone());
        let mut consumer = Consumer::new(memory);
        let (mut inside, mut out) = (VecDeque::new(), vec![]);
        for step in steps {
            let Some(record) = step else {
                let popped = consumer.try_pop(&mut out).unwrap();
                match inside.pop_front() {
                    Some(expected) => prop_assert_eq!((popped, &out), (Popped::Record, &expected)),
                    None => prop_assert_eq!(popped, Popped::Empty),
                }
                continue;
            };
            if record.len() > 112 {
                let long = Fault::TooLong { bytes: record.len(), most: 112 };
                prop_assert_eq!(producer.try_push(&[&record]), Err(long));
                continue;
            }
            let fits = record.len() <= producer.room().unwrap() && used(&inside) < 15;
            let (first, second) = record.split_at(record.len() / 3);
            let pushed = producer.try_push(&[first, b"", second]).unwrap();
            prop_assert_eq!(pushed, if fits { Pushed::Done } else { Pushed::Full });
            if fits {
                inside.push_back(record);
            }
            prop_assert_eq!(consumer.has_news(), !inside.is_empty());
        }
    }
}

/// Words that these records take.
fn used(inside: &VecDeque<Vec<u8>>) -> usize {
    inside.iter().map(|record| 1 + record.len().div_ceil(8)).sum()
}

#[test]
fn two_threads_over_one_mapping_each() {
    let parts = Parts::create(1024).unwrap();
    let (mut producer, mut consumer) = (parts.producer().unwrap(), parts.consumer().unwrap());
    drop(parts);
    let pusher = thread::spawn(move || {
        for n in 0..20_000u32 {
            let record = vec![n as u8; n as usize % 300];
            while producer.try_push(&[&n.to_ne_bytes(), &record]).unwrap() == Pushed::Full {
                thread::yield_now();
            }
        }
        producer.close().unwrap();
    });
    let (mut buffer, mut next) = (vec![], 0u32);
    loop {
        match consumer.try_pop(&mut buffer).unwrap() {
            Popped::Empty => thread::yield_now(),
            Popped::Closed => break,
            Popped::Record => {
                assert_eq!(buffer[..4], next.to_ne_bytes());
                assert_eq!(buffer[4..], vec![next as u8; next as usize % 300]);
                next += 1;
            }
        }
    }
    assert_eq!(next, 20_000);
    pusher.join().unwrap();
}

#[test]
fn a_closed_consumer_takes_nothing_more() {
    let parts = Parts::create(RING_BYTES_DEFAULT).unwrap();
    let (mut producer, mut consumer) = (parts.producer().unwrap(), parts.consumer().unwrap());
    assert_eq!(producer.room(), Ok(16 * 1024 - 16));
    assert_eq!(producer.try_push(&[b"one"]), Ok(Pushed::Done));
    assert_eq!(producer.is_drained(), Ok(false));
    consumer.close().unwrap();
    assert_eq!(producer.try_push(&[b"two"]), Ok(Pushed::Closed));
    let mut buffer = vec![];
    assert_eq!(consumer.try_pop(&mut buffer), Ok(Popped::Record));
    assert_eq!(buffer, b"one");
    assert_eq!(producer.is_drained(), Ok(true));
}

#[test]
fn sizes_that_can_not_be_are_refused() {
    for bytes in [0, 64, 100, 1 << 25, usize::MAX] {
        assert!(matches!(Parts::create(bytes), Err(SetupError::Size { .. })), "{bytes}");
    }
    let mut parts = Parts::create(1024).unwrap();
    parts.data_bytes = 2048;
    assert!(matches!(parts.producer(), Err(SetupError::Other { .. })));
    parts.data_bytes = 3000;
    assert!(matches!(parts.consumer(), Err(SetupError::Size { .. })));
}
