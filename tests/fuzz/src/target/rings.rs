//! What another process may write into a ring, word by word between pops and pushes: each answers,
//! with a record that fits or an error that stays.

use super::{Target, seen};
use posse_shm::Fault;
use posse_shm::ring::{Parts, Popped};
use rustix::io::pwrite;

pub(super) const TARGET: Target = Target {
    name: "rings",
    says: "words that another process writes into a ring",
    run,
    corpus: include_str!("../../corpus/rings.txt"),
};

/// The smallest ring there is.
const DATA_BYTES: usize = 128;

/// Words of its memory: 32 before the data.
const WORDS: u8 = 48;

/// Each nine bytes are a place and a word.
fn run(bytes: &[u8]) -> u64 {
    let Ok(parts) = Parts::create(DATA_BYTES) else { return 0 };
    let (Ok(mut consumer), Ok(mut producer)) = (parts.consumer(), parts.producer()) else {
        return 0;
    };
    let (mut record, mut kinds, mut found) = (vec![], vec![], None);
    for change in bytes.as_chunks::<9>().0.iter().take(64) {
        let [place, word @ ..] = change;
        let at = u64::from(place % WORDS) * 8;
        let _written = pwrite(&parts.memory, word, at);
        let popped = consumer.try_pop(&mut record);
        if popped == Ok(Popped::Record) {
            assert!(record.len() <= DATA_BYTES - 16);
        }
        if let Some(fault) = found {
            assert_eq!(popped, Err(fault));
        }
        if let Err(fault) = popped {
            assert!(matches!(fault, Fault::Head { .. }), "{fault}");
            found = Some(fault);
        }
        let pushed = producer.try_push(&[b"123", b"456789"]);
        if let Err(fault) = pushed {
            assert!(matches!(fault, Fault::Tail { .. }), "{fault}");
            assert_eq!(producer.room(), Err(fault));
        }
        kinds
            .push((popped.ok().map(|popped| popped as u8), pushed.ok().map(|pushed| pushed as u8)));
    }
    seen(kinds)
}

#[cfg(test)]
mod tests {
    use super::{TARGET, run};

    #[test]
    fn inputs_are_treated_differently() {
        let inputs = crate::parse(TARGET.corpus);
        let mut seen: Vec<u64> = inputs.iter().map(|input| run(&input.bytes)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() >= 6, "{seen:?}");
    }
}
