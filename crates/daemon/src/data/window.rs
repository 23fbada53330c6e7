//! Which parts of a file were asked for and have not come: so many at a time, in any order. Used
//! for files on their way down (`fetch`) and outputs on their way up (`farm::files::collect`).

use super::limits::WINDOW;
use posse_wire::limits::CHUNK_BYTES_MAX;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct Window {
    size: u64,
    /// Beginnings of parts that were asked for, and where the next one begins.
    asked: BTreeSet<u64>,
    next: u64,
}

impl Window {
    pub fn new(size: u64) -> Window {
        Window { size, asked: BTreeSet::new(), next: 0 }
    }

    /// All before this has come.
    pub fn come(&self) -> u64 {
        self.asked.first().copied().unwrap_or(self.next)
    }

    pub fn is_whole(&self) -> bool {
        self.come() >= self.size
    }

    fn length(&self, at: u64) -> u32 {
        // At most a chunk.
        self.size.saturating_sub(at).min(CHUNK_BYTES_MAX as u64) as u32
    }

    /// Parts to ask for now, by beginning and length; with `again` all that have not come, too.
    pub fn wanted(&mut self, again: bool) -> Vec<(u64, u32)> {
        let mut wanted: Vec<(u64, u32)> =
            self.asked.iter().filter(|_| again).map(|at| (*at, self.length(*at))).collect();
        while self.asked.len() < WINDOW && self.next < self.size {
            let (at, length) = (self.next, self.length(self.next));
            self.asked.insert(at);
            self.next += u64::from(length);
            wanted.push((at, length));
        }
        wanted
    }

    /// Whether this part is wanted.
    pub fn wants(&self, at: u64, bytes: &[u8]) -> bool {
        self.asked.contains(&at) && bytes.len() == self.length(at) as usize
    }

    /// It is on disk.
    pub fn has(&mut self, at: u64) {
        self.asked.remove(&at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_any_order_and_are_asked_for_again() {
        let size = 20 * CHUNK_BYTES_MAX as u64 + 5;
        let mut window = Window::new(size);
        let first = window.wanted(false);
        assert_eq!((first.len(), window.wanted(false).len()), (WINDOW, 0));
        let bytes = vec![0; CHUNK_BYTES_MAX];
        let (second, _) = first[1];
        assert!(window.wants(second, &bytes) && !window.wants(second, &bytes[1..]));
        window.has(second);
        assert!(!window.wants(second, &bytes) && window.come() == 0);
        window.has(0);
        assert_eq!(window.come(), 2 * CHUNK_BYTES_MAX as u64);
        assert_eq!(window.wanted(true).len(), WINDOW);
        let mut left: Vec<u64> = window.asked.iter().copied().collect();
        while let Some(at) = left.pop() {
            window.has(at);
            left.extend(window.wanted(false).iter().map(|(at, _)| *at));
        }
        assert!(window.is_whole() && window.come() == size);
        assert!(Window::new(0).is_whole());
    }
}
