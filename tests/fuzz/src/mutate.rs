//! Changes of an input: a few small ones at once, drawn from a seed. Not the judgement of what
//! came of it. Called by `fuzzer.rs`.

use posse_sim::Chance;
use std::ops::Range;

/// Larger inputs find nothing that smaller ones do not, and take longer.
const BYTES_MAX: usize = 64 * 1024;

/// Numbers at the edges of what lengths, counts and counters can be.
const EDGES: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x1_0000,
    0x10_0000,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

/// Text that means something to one reader or another.
const WORDS: [&[u8]; 16] = [
    b"65536",
    b"65537",
    b"99999999999999999999",
    b"00",
    b"[",
    b"]",
    b"1-65536",
    b"/2",
    b"@",
    b"!",
    b"\n",
    b"\r\n",
    b"\x1b[",
    b"\xe2\x82",
    "\u{202e}".as_bytes(),
    b"\0",
];

/// `input` with one to five changes; `other` is one whose parts fit in.
pub(crate) fn mutate(input: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..chance.between(1, 5) {
        change(&mut bytes, other, chance);
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let at = index(bytes.len(), chance);
    let part = range(bytes.len(), chance);
    match chance.below(11) {
        0 | 1 => set(bytes, at, |byte| byte ^ (1 << (at % 8))),
        2 => set(bytes, at, |_| chance.number() as u8),
        3 => set(bytes, at, |byte| byte.wrapping_add(chance.between(255, 257) as u8)),
        4 => drop(bytes.drain(part)),
        5 => {
            let copy = bytes[part].repeat(chance.between(1, 8) as usize);
            insert(bytes, at, &copy);
        }
        6 => insert(bytes, at, &other[range(other.len(), chance)]),
        7 => bytes.truncate(at),
        8 => {
            let edge = EDGES[index(EDGES.len(), chance)].to_le_bytes();
            let width = 1 << chance.below(4);
            let end = bytes.len().min(at + width);
            bytes[at..end].copy_from_slice(&edge[..end - at]);
        }
        9 => insert(bytes, at, WORDS[index(WORDS.len(), chance)]),
        _ => {
            let tail = &other[index(other.len(), chance)..];
            bytes.truncate(at);
            bytes.extend_from_slice(tail);
        }
    }
}

fn set(bytes: &mut [u8], at: usize, new: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = new(*byte);
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.splice(at..at, new.iter().copied());
}

/// An index within, 0 where there is none.
fn index(length: usize, chance: &mut Chance) -> usize {
    chance.below(length as u64) as usize
}

/// A part within, more often a short one.
fn range(length: usize, chance: &mut Chance) -> Range<usize> {
    let start = index(length, chance);
    let most = if chance.percent(80) { 16 } else { length };
    let count = index(most + 1, chance);
    start..(start + count).min(length)
}
