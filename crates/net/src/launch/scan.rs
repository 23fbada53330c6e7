//! Finds the first stage's lines in whatever a login shell prints.
//!
//! For: a stream of bytes in, lines behind the magic prefix out. Not for: their meaning
//! (`bootstrap`). Called by `bootstrap`.

use crate::limits::{LINE_BYTES_MAX, NOISE_BYTES_MAX};
use bytes::{Bytes, BytesMut};

/// What a push may find.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A line, without prefix and line end.
    Line(String),
    /// Nothing more for now.
    Nothing,
    /// More noise than any login shell makes.
    TooMuchNoise,
    /// A line of ours that does not end.
    TooLong,
}

/// Scans one launch's stdout. Memory: at most one line, whatever comes.
pub(super) struct Scan {
    prefix: String,
    held: BytesMut,
    noise: usize,
}

impl Scan {
    pub(super) fn new(prefix: String) -> Scan {
        Scan { prefix, held: BytesMut::new(), noise: 0 }
    }

    /// Takes bytes from `input` until a line is complete; what follows the line stays in `input`.
    pub(super) fn next(&mut self, input: &mut Bytes) -> Found {
        loop {
            if let Some(found) = self.take_line() {
                return found;
            }
            if input.is_empty() {
                return Found::Nothing;
            }
            // A bounded piece at a time, and only up to a line end: what comes after the last
            // line belongs to the link and must stay where it is.
            let end = input.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n');
            let piece = input.split_to(end.map_or(input.len().min(LINE_BYTES_MAX), |at| at + 1));
            self.held.extend_from_slice(&piece);
        }
    }

    fn take_line(&mut self) -> Option<Found> {
        let length = self.prefix.len();
        let start = self.held.windows(length).position(|bytes| bytes == self.prefix.as_bytes());
        let Some(start) = start else {
            // Keep what may be the beginning of the prefix, unless the line is over.
            let keep = if self.held.last() == Some(&b'\n') { 0 } else { length - 1 };
            self.drop_noise(self.held.len().saturating_sub(keep));
            return (self.noise > NOISE_BYTES_MAX).then_some(Found::TooMuchNoise);
        };
        self.drop_noise(start);
        // Also of a line whose end is here: how it was cut on the way must not matter.
        if self.held.len() > LINE_BYTES_MAX {
            return Some(Found::TooLong);
        }
        if self.held.last() != Some(&b'\n') {
            return None;
        }
        let line = self.held.split();
        let text = String::from_utf8_lossy(&line[length..]);
        Some(Found::Line(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn drop_noise(&mut self, bytes: usize) {
        self.noise += bytes;
        let _ = self.held.split_to(bytes);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn scan() -> Scan {
        Scan::new("posse:7:".into())
    }

    /// Lines found when `bytes` come in pieces of `size`, and what was left after the last.
    fn lines(bytes: &[u8], size: usize) -> (Vec<String>, Vec<u8>) {
        let (mut scan, mut found, mut rest) = (scan(), Vec::new(), Vec::new());
        for piece in bytes.chunks(size) {
            let mut input = Bytes::copy_from_slice(piece);
            if found.last().is_some_and(|line: &String| line.starts_with("go")) {
                rest.extend_from_slice(piece);
                continue;
            }
            while let Found::Line(line) = scan.next(&mut input) {
                found.push(line);
                if found.last().is_some_and(|line| line.starts_with("go")) {
                    break;
                }
            }
            rest.extend_from_slice(&input);
        }
        (found, rest)
    }

    #[test]
    fn lines_are_found_in_noise_however_it_is_cut() {
        let bytes = b"motd\xff\n\x1b[2Jposse:posse:8:x\nprompt> posse:7:need a b\r\nposse:7:go\n\
            \x00\nposse:7:more";
        for size in 1..bytes.len() + 1 {
            let (found, rest) = lines(bytes, size);
            assert_eq!(found, ["need a b", "go"], "pieces of {size}");
            assert_eq!(rest, b"\x00\nposse:7:more", "pieces of {size}");
        }
    }

    #[test]
    fn noise_and_lines_are_bounded() {
        let mut noise = scan();
        let mut found = Found::Nothing;
        for _ in 0..=NOISE_BYTES_MAX / 1024 {
            found = noise.next(&mut Bytes::from(vec![b'x'; 1024]));
            assert!(noise.held.len() <= LINE_BYTES_MAX);
        }
        assert_eq!(found, Found::TooMuchNoise);
        let mut long = scan();
        assert_eq!(long.next(&mut Bytes::from_static(b"posse:7:")), Found::Nothing);
        let flood = Bytes::from(vec![b'x'; 3 * LINE_BYTES_MAX]);
        assert_eq!(long.next(&mut flood.clone()), Found::TooLong);
        let mut ended = vec![b'x'; LINE_BYTES_MAX];
        ended.splice(..0, *b"posse:7:");
        ended.push(b'\n');
        assert_eq!(scan().next(&mut ended.into()), Found::TooLong);
    }

    #[test]
    fn noise_just_under_the_bound_passes() {
        let mut bytes = vec![b'x'; NOISE_BYTES_MAX - 1];
        bytes.extend_from_slice(b"\nposse:7:go here\nrest");
        let mut input = Bytes::from(bytes);
        assert_eq!(scan().next(&mut input), Found::Line("go here".into()));
        assert_eq!(&input[..], b"rest");
    }
}
