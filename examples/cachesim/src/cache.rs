//! A set-associative cache with LRU replacement. Fed by `trace`.

/// Bytes of a line, as nearly all of today's processors have it.
const LINE: u64 = 64;

/// No line of memory has this number.
const EMPTY: u64 = u64::MAX;

/// Counts hits and misses of addresses.
pub struct Cache {
    ways: usize,
    /// Numbers of lines: `ways` for each set, the latest used first.
    lines: Vec<u64>,
    pub accesses: u64,
    pub misses: u64,
}

impl Cache {
    /// A cache of `size` bytes, each set with `ways` lines.
    pub fn new(size: u64, ways: u64) -> Result<Cache, String> {
        let count = size / LINE;
        if !size.is_multiple_of(LINE) || ways == 0 || count == 0 || !count.is_multiple_of(ways) {
            return Err(format!("{size} bytes are not whole sets of {ways} lines of {LINE} bytes"));
        }
        if size > 1 << 32 {
            return Err(format!("{size} bytes are more than a cache has"));
        }
        let lines = vec![EMPTY; count as usize];
        Ok(Cache { ways: ways as usize, lines, accesses: 0, misses: 0 })
    }

    /// A load or store at this address.
    pub fn access(&mut self, address: u64) {
        self.accesses += 1;
        let line = address / LINE;
        let sets = self.lines.len() / self.ways;
        let start = (line % sets as u64) as usize * self.ways;
        let set = &mut self.lines[start..start + self.ways];
        let found = set.iter().position(|known| *known == line);
        self.misses += u64::from(found.is_none());
        // The line comes to the front; of a full set, the last falls out.
        set[..=found.unwrap_or(self.ways - 1)].rotate_right(1);
        set[0] = line;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misses(size: u64, ways: u64, lines: &[u64]) -> u64 {
        let mut cache = Cache::new(size, ways).unwrap();
        lines.iter().for_each(|line| cache.access(line * LINE + 8));
        cache.misses
    }

    #[test]
    fn the_least_recently_used_line_falls_out() {
        // Two lines in one set: 1 was used after 0, so 2 takes the place of 0.
        assert_eq!(misses(128, 2, &[0, 1, 0, 1]), 2);
        assert_eq!(misses(128, 2, &[0, 1, 2, 1]), 3);
        assert_eq!(misses(128, 2, &[0, 1, 2, 0]), 4);
    }

    #[test]
    fn lines_of_one_set_are_in_each_others_way() {
        assert_eq!(misses(256, 1, &[0, 4, 0, 4]), 4);
        assert_eq!(misses(256, 2, &[0, 4, 0, 4]), 2);
    }

    #[test]
    fn odd_shapes_are_refused() {
        for (size, ways) in [(0, 1), (100, 1), (128, 0), (128, 4), (u64::MAX - 63, 1)] {
            assert!(Cache::new(size, ways).is_err(), "{size} {ways}");
        }
    }
}
