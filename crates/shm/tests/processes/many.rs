//! Two thousand rings in one process.

use posse_shm::RING_BYTES_DEFAULT;
use posse_shm::ring::{Parts, Popped, Pushed};
use std::fs;

const RINGS: u64 = 2000;

/// Bytes of memory that rings of this process use, each page counted once however often it is
/// mapped (Pss of proc_pid_smaps(5)).
fn used() -> u64 {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let (mut of_ring, mut kib) = (false, 0);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Pss:") if of_ring => kib += words.next().unwrap().parse::<u64>().unwrap(),
            Some(word) if !word.ends_with(':') => of_ring = line.contains("memfd:posse-ring"),
            _ => {}
        }
    }
    kib * 1024
}

#[test]
fn two_thousand_rings_cost_what_is_used_of_them() {
    let mut ends = vec![];
    for _ in 0..RINGS {
        // The descriptors are closed at once: memory lives as long as it is mapped.
        let parts = Parts::create(RING_BYTES_DEFAULT).unwrap();
        ends.push((parts.producer().unwrap(), parts.consumer().unwrap()));
    }
    let mut record = vec![];
    for (producer, consumer) in &mut ends {
        assert_eq!(producer.try_push(&[b"8 bytes."]), Ok(Pushed::Done));
        assert_eq!(consumer.try_pop(&mut record), Ok(Popped::Record));
    }
    let few = used();
    for (producer, consumer) in &mut ends {
        for _ in 0..10 {
            assert_eq!(producer.try_push(&[&[1; 4000]]), Ok(Pushed::Done));
            assert_eq!(consumer.try_pop(&mut record), Ok(Popped::Record));
        }
    }
    let full = used();
    println!("{RINGS} rings: {few} bytes after a message each, {full} when used all around");
    // A page while little is in it, and all of it at most. Another test may have a ring as well.
    let (page, slack) = (4096, 256 * 1024);
    assert!(few <= RINGS * page + slack, "{few}");
    assert!(full <= RINGS * (RING_BYTES_DEFAULT as u64 + page) + slack, "{full}");
}
