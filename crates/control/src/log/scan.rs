//! Reads a file of records back: all that are good, and how it ends.
//!
//! A crash may leave any part of what was not yet durable, pages in any order. So a bad record is
//! a torn tail, to be cut, unless a good one behind it was written when the bad one was durable
//! already: then the disk lost what it had promised to keep, and where is said. Called at start.

use super::record::{BODY_BYTES_MAX, HEADER_BYTES, Record, checksum};
use posse_wire::decode_value;
use thiserror::Error;

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Scan {
    pub records: Vec<Record>,
    /// The good records end here: what is behind is a torn tail to be cut off.
    pub good: u64,
}

#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum ScanError {
    #[error("damaged at byte {offset}, which was durable before the record at byte {witness}")]
    Damaged { offset: u64, witness: u64 },
    #[error("record at byte {offset} is whole but can not be understood: another version?")]
    Strange { offset: u64 },
}

struct Found<'a> {
    durable: u64,
    body: &'a [u8],
}

pub fn scan(bytes: &[u8]) -> Result<Scan, ScanError> {
    let mut scan = Scan { records: vec![], good: 0 };
    let mut at = 0;
    while let Some(found) = record_at(bytes, at) {
        let strange = ScanError::Strange { offset: at as u64 };
        scan.records.push(decode_value(found.body).map_err(|_| strange)?);
        at += HEADER_BYTES + found.body.len();
    }
    scan.good = at as u64;
    match witness(bytes, at) {
        Some(witness) => Err(ScanError::Damaged { offset: scan.good, witness }),
        None => Ok(scan),
    }
}

/// A good record behind `from` that says that `from` had been durable.
fn witness(bytes: &[u8], from: usize) -> Option<u64> {
    let starts = from + 1..bytes.len().saturating_sub(HEADER_BYTES);
    let proves = |at: &usize| {
        // The cheap test first: only a number that lies in the gap makes the checksum worth it.
        let durable = number(bytes, at + 8);
        durable > from as u64 && durable <= *at as u64 && record_at(bytes, *at).is_some()
    };
    starts.into_iter().find(proves).map(|at| at as u64)
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

fn record_at(bytes: &[u8], at: usize) -> Option<Found<'_>> {
    let header = bytes.get(at..at + HEADER_BYTES)?;
    let both = number(header, 0);
    let (length, sum) = (both as u32 as usize, (both >> 32) as u32);
    if length > BODY_BYTES_MAX {
        return None;
    }
    let start = at + HEADER_BYTES;
    let body = bytes.get(start..start + length)?;
    // Zeros that a file system put behind the end are no record: no body is empty.
    let good = length > 0 && checksum(&header[8..], body) == sum;
    good.then(|| Found { durable: number(header, 8), body }).filter(|f| f.durable <= at as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Record, Writer};
    use super::*;

    fn file(records: usize) -> (Vec<u8>, Vec<u64>) {
        let (mut bytes, mut writer, mut starts) = (vec![], Writer::default(), vec![]);
        for n in 0..records {
            starts.push(writer.written());
            writer.push(&Record::Chunk(vec![n as u8; 20 + n]), &mut bytes);
            writer.synced(writer.written());
        }
        (bytes, starts)
    }

    #[test]
    fn every_torn_tail_is_cut_at_the_last_whole_record() {
        let (bytes, starts) = file(5);
        for length in 0..bytes.len() {
            let good = scan(&bytes[..length]).unwrap();
            let whole = starts.iter().rposition(|s| *s <= length as u64).unwrap();
            assert_eq!(good.good, starts[whole]);
            assert_eq!(good.records.len(), whole);
        }
        assert_eq!(scan(&bytes).unwrap().records.len(), 5);
    }

    #[test]
    fn damage_in_the_middle_is_told_with_its_offset() {
        let (bytes, starts) = file(5);
        for at in 0..starts[4] as usize {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            let record = starts.iter().rposition(|s| *s <= at as u64).unwrap();
            let ScanError::Damaged { offset, .. } = scan(&bad).unwrap_err() else {
                panic!("not found at {at}");
            };
            assert_eq!(offset, starts[record]);
        }
    }

    #[test]
    fn pages_that_reached_the_disk_before_older_ones_are_a_torn_tail() {
        let (mut bytes, _) = file(2);
        let mut more = Writer::behind(bytes.len() as u64);
        let torn = bytes.len();
        for _ in 0..3 {
            more.push(&Record::Chunk(vec![7; 30]), &mut bytes);
        }
        bytes[torn + 5] ^= 1;
        let good = scan(&bytes).unwrap();
        assert_eq!((good.good, good.records.len()), (torn as u64, 2));
    }

    #[test]
    fn zeros_and_nonsense_are_no_records() {
        assert_eq!(scan(&[0; 100]).unwrap().records.len(), 0);
        assert_eq!(scan(&[255; 100]).unwrap().records.len(), 0);
    }
}
