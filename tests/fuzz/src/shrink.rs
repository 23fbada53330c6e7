//! Makes an input that fails smaller while it fails. Called by `fuzzer.rs`.

use crate::target::Target;
use crate::trial::trial;

/// Enough for a few thousand bytes; an input that is still long fails all the same.
const TRIALS_MAX: usize = 4_000;

/// Takes parts away, halves first, single bytes last.
pub(crate) fn shrink(target: &Target, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut trials = 0;
    let mut size = (bytes.len() / 2).max(1);
    loop {
        let (mut at, before) = (0, bytes.len());
        while at < bytes.len() && trials < TRIALS_MAX {
            let end = (at + size).min(bytes.len());
            let less = [&bytes[..at], &bytes[end..]].concat();
            trials += 1;
            if trial(target, &less).is_err() {
                bytes = less;
            } else {
                at = end;
            }
        }
        if trials >= TRIALS_MAX || (size == 1 && bytes.len() == before) {
            return bytes;
        }
        size = (size / 2).max(1);
    }
}
