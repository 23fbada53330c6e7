//! Bytes for tests of copies. Called by tests.

/// Bytes that repeat nowhere near and that nothing makes smaller; others for another seed
/// (xorshift64, Marsaglia 2003).
#[must_use]
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ (seed << 7);
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(next).collect()
}
