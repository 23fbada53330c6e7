//! Output of a task cut into whole lines. Pure; called by `job`.

use crate::limits::LINE_BYTES_MAX;
use std::collections::BTreeMap;

/// What each stream (a rank and a descriptor) has said of its unfinished line.
#[derive(Default)]
pub struct Lines {
    begun: BTreeMap<(u32, u16), Vec<u8>>,
}

impl Lines {
    /// The lines that these bytes complete.
    pub fn add(&mut self, stream: (u32, u16), bytes: &[u8]) -> Vec<Vec<u8>> {
        let begun = self.begun.entry(stream).or_default();
        let mut whole = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            begun.extend_from_slice(part);
            if begun.last() == Some(&b'\n') {
                begun.pop();
                whole.push(std::mem::take(begun));
            } else if begun.len() >= LINE_BYTES_MAX {
                whole.push(std::mem::take(begun));
            }
        }
        whole
    }

    /// What a rank, which is over, had not finished.
    pub fn rest(&mut self, rank: u32) -> Vec<Vec<u8>> {
        let streams: Vec<_> =
            self.begun.range((rank, 0)..=(rank, u16::MAX)).map(|(stream, _)| *stream).collect();
        let rest = streams.into_iter().filter_map(|stream| self.begun.remove(&stream));
        rest.filter(|line| !line.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole() {
        let mut lines = Lines::default();
        assert_eq!(lines.add((0, 1), b"one\ntw"), [b"one"]);
        assert!(lines.add((0, 2), b"err").is_empty());
        assert!(lines.add((1, 1), b"other").is_empty());
        assert_eq!(lines.add((0, 1), b"o\n\n"), [&b"two"[..], b""]);
        assert_eq!(lines.rest(0), [b"err"]);
        assert!(lines.rest(0).is_empty());
        assert_eq!(lines.add((2, 1), &[b'x'; LINE_BYTES_MAX]).len(), 1);
    }
}
