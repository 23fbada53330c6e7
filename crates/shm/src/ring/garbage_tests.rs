//! Whatever stands in a ring's memory, both ends answer, and name what is wrong.

use super::layout::{HEADER_WORDS, TAIL, head};
use super::{Consumer, Popped, Producer};
use crate::error::Fault;
use crate::memory::heap;
use crate::sync::Ordering::Relaxed;
use proptest::prelude::*;

const DATA_WORDS: usize = 16;

/// Any word, and often one that is nearly right.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => any::<u64>(),
        2 => Just(0),
        3 => (0u64..40, 0usize..200).prop_map(|(at, bytes)| head(at, bytes)),
        1 => 0u64..64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_bytes_give_records_or_an_error(
        words in prop::collection::vec(word(), HEADER_WORDS + DATA_WORDS),
        changes in prop::collection::vec((0..HEADER_WORDS + DATA_WORDS, word()), 0..40),
    ) {
        let memory = heap(HEADER_WORDS + DATA_WORDS);
        for (place, word) in words.iter().enumerate() {
            memory[place].store(*word, Relaxed);
        }
        let mut consumer = Consumer::new(memory.clone());
        let mut producer = Producer::new(memory.clone());
        let (mut buffer, mut fault) = (vec![], None);
        for (place, word) in changes {
            memory[place].store(word, Relaxed);
            let popped = consumer.try_pop(&mut buffer);
            prop_assert!(buffer.len() <= (DATA_WORDS - 2) * 8);
            match (popped, fault) {
                (now, Some(before)) => prop_assert_eq!(now, Err(before)),
                (Err(now), None) => {
                    prop_assert!(matches!(now, Fault::Head { .. }), "{now}");
                    fault = Some(now);
                }
                (Ok(_), None) => {}
            }
            if let Err(fault) = producer.try_push(&[b"one", b"two"]) {
                prop_assert!(matches!(fault, Fault::Tail { .. }), "{fault}");
                prop_assert_eq!(producer.room(), Err(fault));
            }
        }
    }
}

#[test]
fn garbage_is_named() {
    let memory = heap(HEADER_WORDS + DATA_WORDS);
    memory[HEADER_WORDS].store(0x1234, Relaxed);
    let mut consumer = Consumer::new(memory);
    let fault = consumer.try_pop(&mut vec![]).unwrap_err();
    assert_eq!(fault.to_string(), "garbage in a ring: head word 0x0000000000001234 at word 0");
    assert_eq!(consumer.try_pop(&mut vec![]), Err(fault));
    assert!(consumer.has_news());
}

#[test]
fn a_tail_that_can_not_be_is_named() {
    for tail in [15, u64::MAX] {
        let memory = heap(HEADER_WORDS + DATA_WORDS);
        let mut producer = Producer::new(memory.clone());
        producer.try_push(&[&[0; 100]]).unwrap();
        memory[TAIL].store(tail, Relaxed);
        assert_eq!(producer.room(), Err(Fault::Tail { at: 14, tail }));
        assert_eq!(producer.try_push(&[]), Err(Fault::Tail { at: 14, tail }));
    }
}

#[test]
fn what_was_half_pushed_is_not_there() {
    let memory = heap(HEADER_WORDS + DATA_WORDS);
    let mut consumer = Consumer::new(memory.clone());
    for place in 1..DATA_WORDS {
        memory[HEADER_WORDS + place].store(u64::MAX, Relaxed);
        assert_eq!(consumer.try_pop(&mut vec![]), Ok(Popped::Empty));
    }
}
