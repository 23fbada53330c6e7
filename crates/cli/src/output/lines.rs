//! Cuts streams into whole lines and holds the unfinished ones, within a bound.
//!
//! Policy: a line waits for its newline however long it is, and delays nobody; when the waiting
//! lines of all streams together pass the bound, the longest are given out in pieces, until half
//! of it is free. Writes nothing itself. Called by `merge.rs` and `json.rs`.

use super::limits::LINES_HELD_BYTES_MAX;
use super::outlet::Key;
use std::collections::BTreeMap;
use std::io;

pub type Emit<'a> = &'a mut dyn FnMut(Key, &[u8]) -> io::Result<()>;

pub struct Lines {
    waiting: BTreeMap<Key, Vec<u8>>,
    held: usize,
    bound: usize,
}

impl Lines {
    pub fn new() -> Lines {
        Lines::bounded(LINES_HELD_BYTES_MAX)
    }

    pub fn bounded(bound: usize) -> Lines {
        Lines { waiting: BTreeMap::new(), held: 0, bound }
    }

    /// Gives out every line that is whole now (several in one piece), and with `end` the rest.
    pub fn push(&mut self, key: Key, bytes: &[u8], end: bool, emit: Emit) -> io::Result<()> {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (mut whole, rest) = bytes.split_at(whole);
        if !whole.is_empty()
            && let Some(mut begun) = self.remove(key)
        {
            let first = whole.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            begun.extend_from_slice(&whole[..first]);
            whole = &whole[first..];
            emit(key, &begun)?;
        }
        if !whole.is_empty() {
            emit(key, whole)?;
        }
        self.hold(key, rest);
        if end {
            self.give_out(key, emit)?;
        }
        if self.held > self.bound { self.make_room(emit) } else { Ok(()) }
    }

    /// The unfinished lines of a process whose streams just stopped.
    pub fn stop(&mut self, rank: u32, emit: Emit) -> io::Result<()> {
        let keys = self.waiting.range((rank, 0)..=(rank, u16::MAX));
        let keys: Vec<Key> = keys.map(|(key, _)| *key).collect();
        keys.into_iter().try_for_each(|key| self.give_out(key, emit))
    }

    /// All that still wait.
    pub fn finish(&mut self, emit: Emit) -> io::Result<()> {
        let keys: Vec<Key> = self.waiting.keys().copied().collect();
        keys.into_iter().try_for_each(|key| self.give_out(key, emit))
    }

    fn hold(&mut self, key: Key, rest: &[u8]) {
        if rest.is_empty() {
            return;
        }
        let line = self.waiting.entry(key).or_default();
        let before = line.capacity();
        line.extend_from_slice(rest);
        self.held += line.capacity() - before;
    }

    fn remove(&mut self, key: Key) -> Option<Vec<u8>> {
        let line = self.waiting.remove(&key)?;
        self.held -= line.capacity();
        Some(line)
    }

    fn give_out(&mut self, key: Key, emit: Emit) -> io::Result<()> {
        self.remove(key).map_or(Ok(()), |line| emit(key, &line))
    }

    fn make_room(&mut self, emit: Emit) -> io::Result<()> {
        let mut longest: Vec<(usize, Key)> =
            self.waiting.iter().map(|(key, line)| (line.capacity(), *key)).collect();
        longest.sort_unstable_by(|a, b| b.cmp(a));
        for (_, key) in longest {
            if self.held <= self.bound / 2 {
                break;
            }
            self.give_out(key, emit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn push(lines: &mut Lines, rank: u32, text: &str, end: bool) -> Vec<String> {
        let mut given = vec![];
        let mut emit = |key: Key, piece: &[u8]| {
            given.push(format!("{} {}", key.0, String::from_utf8_lossy(piece)));
            Ok(())
        };
        lines.push((rank, 1), text.as_bytes(), end, &mut emit).unwrap();
        given
    }

    #[test]
    fn lines_wait_for_their_newline() {
        let mut lines = Lines::new();
        assert!(push(&mut lines, 0, "a", false).is_empty());
        assert_eq!(push(&mut lines, 1, "x\ny\nz", false), ["1 x\ny\n"]);
        assert_eq!(push(&mut lines, 0, "b\nc\nd", false), ["0 ab\n", "0 c\n"]);
        assert_eq!(push(&mut lines, 0, "", true), ["0 d"]);
        assert_eq!(push(&mut lines, 1, "\n", true), ["1 z\n"]);
        assert_eq!(lines.held, 0);
    }

    #[test]
    fn the_longest_go_first_when_memory_is_short() {
        let mut lines = Lines::bounded(1000);
        assert!(push(&mut lines, 0, &"s".repeat(100), false).is_empty());
        assert!(push(&mut lines, 1, &"l".repeat(600), false).is_empty());
        let given = push(&mut lines, 2, &"m".repeat(400), false);
        assert_eq!(given, [format!("1 {}", "l".repeat(600))]);
        assert_eq!(push(&mut lines, 0, "\n", false).len(), 1);
    }

    #[test]
    fn a_stopped_process_leaves_nothing() {
        let mut lines = Lines::new();
        push(&mut lines, 0, "a", false);
        push(&mut lines, 1, "b", false);
        let mut given = vec![];
        let mut emit = |key, piece: &[u8]| {
            given.push((key, piece.to_vec()));
            Ok(())
        };
        lines.stop(1, &mut emit).unwrap();
        lines.finish(&mut emit).unwrap();
        assert_eq!(given, [((1, 1), b"b".to_vec()), ((0, 1), b"a".to_vec())]);
        assert_eq!(lines.held, 0);
    }
}
