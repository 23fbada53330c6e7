//! A number from a few words, the same in every run: std's maps draw theirs at random, which a
//! pure crate does not. Not for strangers' input: all processes of a vm are one user's.

/// Multiply and fold, a word at a time (the constants of splitmix64, Steele et al. 2014).
#[derive(Copy, Clone)]
pub struct Hash(u64);

impl Hash {
    pub fn new() -> Hash {
        Hash(0x9e37_79b9_7f4a_7c15)
    }

    pub fn word(self, word: u64) -> Hash {
        let mixed = (self.0.rotate_left(5) ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Hash(mixed ^ (mixed >> 29))
    }

    /// The length is part of it, so that neighbours can not trade bytes.
    pub fn bytes(self, bytes: &[u8]) -> Hash {
        let mut hash = self.word(bytes.len() as u64);
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            hash = hash.word(u64::from_le_bytes(word));
        }
        hash
    }

    pub fn finish(self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::Hash;

    #[test]
    fn neighbours_fall_apart() {
        let low = |n: u64| Hash::new().word(n).finish() & 1023;
        let mut seen: Vec<u64> = (0..1024).map(low).collect();
        seen.sort_unstable();
        seen.dedup();
        // 647 of 1,024 are expected of chance.
        assert!(seen.len() > 580, "{} places", seen.len());
        assert_ne!(
            Hash::new().bytes(b"a").bytes(b"bc").finish(),
            Hash::new().bytes(b"ab").bytes(b"c").finish()
        );
    }
}
