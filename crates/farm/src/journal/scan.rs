//! Reads a journal back. It never stops a start: a torn or zeroed tail is cut off, and damage in
//! what had been durable is passed over and said.
//!
//! A crash may leave any part of what was not yet durable, pages in any order. So behind a bad
//! record nothing counts, unless a good one further on was written when the bad one was durable
//! already: then the disk lost what it had promised to keep, and what is behind still holds.

use super::Record;
use super::frame::{HEADER_BYTES, checksum};
use crate::limits::RECORD_BYTES_MAX;
use posse_wire::decode_value;
use std::ops::Range;

/// How a file was read.
#[derive(Debug, PartialEq, Eq, Default, Clone)]
pub struct Scan {
    /// Records that were good.
    pub records: u64,
    /// The good records end here: what is behind is a torn tail, to be cut off.
    pub good: u64,
    /// Parts that were durable and are damaged, or can not be understood.
    pub lost: Vec<Range<u64>>,
}

struct Found<'a> {
    durable: u64,
    body: &'a [u8],
}

/// Gives each good record to `take`, in order.
pub fn scan(bytes: &[u8], mut take: impl FnMut(Record)) -> Scan {
    let (mut scan, mut at) = (Scan::default(), 0);
    loop {
        while let Some(found) = record_at(bytes, at) {
            let end = at + HEADER_BYTES + found.body.len();
            match decode_value(found.body) {
                Ok(record) => {
                    scan.records += 1;
                    take(record);
                }
                Err(_) => scan.lost.push(at as u64..end as u64),
            }
            at = end;
        }
        scan.good = at as u64;
        let Some(next) = behind_damage(bytes, at) else { return scan };
        scan.lost.push(at as u64..next as u64);
        at = next;
    }
}

/// The next good record behind `from`, if one of those that follow says `from` had been durable.
fn behind_damage(bytes: &[u8], from: usize) -> Option<usize> {
    let last = bytes.len().saturating_sub(HEADER_BYTES);
    let mut first = None;
    let mut at = from + 1;
    while at < last {
        let Some(found) = likely(bytes, at).then(|| record_at(bytes, at)).flatten() else {
            at += 1;
            continue;
        };
        let start = *first.get_or_insert(at);
        if found.durable > from as u64 {
            return Some(start);
        }
        at += HEADER_BYTES + found.body.len();
    }
    None
}

/// The cheap test first: only what could be a header makes the checksum worth it.
fn likely(bytes: &[u8], at: usize) -> bool {
    let (length, durable) = (number(bytes, at) as u32 as usize, number(bytes, at + 8));
    length > 0 && length <= bytes.len() - at - HEADER_BYTES && durable <= at as u64
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
    // Zeros that a file system put behind the end are no record: no body is empty.
    if length == 0 || length > RECORD_BYTES_MAX {
        return None;
    }
    let start = at + HEADER_BYTES;
    let body = bytes.get(start..start + length)?;
    let durable = number(header, 8);
    let good = durable <= at as u64 && checksum(&header[8..], body) == sum;
    good.then_some(Found { durable, body })
}

#[cfg(test)]
mod tests {
    use super::super::Writer;
    use super::*;
    use crate::JobId;

    fn file(records: u32, durable: bool) -> (Vec<u8>, Vec<u64>) {
        let (mut bytes, mut writer, mut starts) = (vec![], Writer::default(), vec![]);
        for n in 0..records {
            starts.push(writer.end());
            let tasks = Some(vec![n + 1; n as usize + 5]);
            writer.push(&Record::Kill { job: JobId(n), tasks }, &mut bytes);
            if durable {
                writer.durable(writer.end());
            }
        }
        (bytes, starts)
    }

    fn jobs(bytes: &[u8]) -> (Vec<u32>, Scan) {
        let mut jobs = vec![];
        let scan = scan(bytes, |record| {
            let Record::Kill { job, .. } = record else { panic!() };
            jobs.push(job.0);
        });
        (jobs, scan)
    }

    #[test]
    fn every_torn_tail_is_cut_at_the_last_whole_record() {
        let (bytes, starts) = file(5, true);
        for length in 0..bytes.len() {
            for zeros in [0, 100] {
                let mut torn = bytes[..length].to_vec();
                torn.resize(length + zeros, 0);
                let (jobs, scan) = jobs(&torn);
                let whole = starts.iter().rposition(|s| *s <= length as u64).unwrap();
                assert_eq!((scan.good, jobs.len()), (starts[whole], whole));
                assert!(scan.lost.is_empty());
            }
        }
        assert_eq!(jobs(&bytes).0, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn damage_in_what_was_durable_is_passed_over_and_said() {
        let (bytes, starts) = file(5, true);
        for at in 0..starts[4] as usize {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            let hit = starts.iter().rposition(|s| *s <= at as u64).unwrap();
            let (jobs, scan) = jobs(&bad);
            let rest: Vec<u32> = (0..5).filter(|n| *n != hit as u32).collect();
            assert_eq!(jobs, rest, "at {at}");
            let lost = scan.lost.iter().map(|lost| (lost.start, lost.end));
            assert_eq!(lost.collect::<Vec<_>>(), [(starts[hit], starts[hit + 1])]);
            assert_eq!(scan.good, bytes.len() as u64);
        }
    }

    #[test]
    fn pages_that_reached_the_disk_before_older_ones_do_not_count() {
        let (mut bytes, starts) = file(4, false);
        bytes[starts[1] as usize + 20] ^= 1;
        let (jobs, scan) = jobs(&bytes);
        assert_eq!((jobs, scan.good), (vec![0], starts[1]));
    }

    #[test]
    fn nonsense_is_no_record() {
        for nonsense in [vec![0; 100], vec![255; 100], vec![1; 100]] {
            assert_eq!(jobs(&nonsense).1, Scan::default());
        }
    }
}
