//! Large buffers that are used again. A page that a process touches for the first
//! time costs the kernel a fault, microseconds where a copy into it takes a tenth of one, and what
//! an allocator gives back to the system is such pages again.
//!
//! For payloads, on their way out and in. Not for small messages, which an allocator serves well.
//! Called by `engine`, by drivers that fetch payloads, and by faces that pack some.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::limits::{BUFFER_KEPT_BYTES_MIN, BUFFERS_KEPT_BYTES_MAX, BUFFERS_KEPT_MAX};

/// Those that are kept; a clone has the same ones. A buffer goes back from whatever thread lets the
/// last of its bytes go.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    /// The one that was given back last stands last.
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Buffers {
    /// An empty buffer with room for this much at least; `None` where there is not so much memory.
    pub fn take(&self, bytes: usize) -> Option<Vec<u8>> {
        if bytes >= BUFFER_KEPT_BYTES_MIN
            && let Some(kept) = self.take_kept(bytes)
        {
            return Some(kept);
        }
        let mut new = Vec::new();
        new.try_reserve_exact(bytes).ok()?;
        Some(new)
    }

    /// Makes room for this much more behind what a buffer holds. `false` where there is not so much
    /// memory: then nothing has changed.
    #[must_use]
    pub fn reserve(&self, buffer: &mut Vec<u8>, more: usize) -> bool {
        let Some(needed) = buffer.len().checked_add(more) else { return false };
        if needed <= buffer.capacity() {
            return true;
        }
        // Doubled, so that many small additions copy each byte about once.
        let wanted = needed.max(2 * buffer.capacity());
        let Some(mut larger) = self.take(wanted) else { return false };
        larger.extend_from_slice(buffer);
        self.give_back(std::mem::replace(buffer, larger));
        true
    }

    /// The bytes as they are now, to be lent to many; the buffer goes back with the last of them.
    pub fn share(&self, bytes: Vec<u8>) -> Bytes {
        if bytes.capacity() < BUFFER_KEPT_BYTES_MIN {
            return bytes.into();
        }
        Bytes::from_owner(Shared { bytes, buffers: self.clone() })
    }

    /// The smallest that is large enough and not much larger, so that no small message holds much.
    fn take_kept(&self, bytes: usize) -> Option<Vec<u8>> {
        // A lock that another thread has is not waited for: a forked child would wait for ever.
        let mut kept = self.kept.try_lock().ok()?;
        let sizes = bytes..=bytes.saturating_mul(2);
        let fits = |buffer: &Vec<u8>| sizes.contains(&buffer.capacity());
        let fitting = kept.iter().enumerate().filter(|(_, buffer)| fits(buffer));
        let (at, _) = fitting.min_by_key(|(_, buffer)| buffer.capacity())?;
        Some(kept.remove(at))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        if !(BUFFER_KEPT_BYTES_MIN..=BUFFERS_KEPT_BYTES_MAX).contains(&buffer.capacity()) {
            return;
        }
        buffer.clear();
        let Ok(mut kept) = self.kept.try_lock() else { return };
        kept.push(buffer);
        let mut total: usize = kept.iter().map(Vec::capacity).sum();
        let mut oldest = 0;
        while total > BUFFERS_KEPT_BYTES_MAX || kept.len() - oldest > BUFFERS_KEPT_MAX {
            total -= kept[oldest].capacity();
            oldest += 1;
        }
        let gone: Vec<Vec<u8>> = kept.drain(..oldest).collect();
        // Giving memory back to the system takes time, which others need not wait for.
        drop(kept);
        drop(gone);
    }
}

struct Shared {
    bytes: Vec<u8>,
    buffers: Buffers,
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.buffers.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_comes_again_and_few_are_kept() {
        let buffers = Buffers::default();
        let size = 3 * BUFFER_KEPT_BYTES_MIN;
        let mut first = buffers.take(size).unwrap();
        first.extend_from_slice(&vec![7; size]);
        let address = first.as_ptr();
        let shared = buffers.share(first);
        let part = shared.slice(8..);
        drop(shared);
        let other = buffers.take(size).unwrap();
        assert_ne!(other.as_ptr(), address, "somebody has a part of it");
        drop(part);
        let again = buffers.take(size - 5).unwrap();
        assert_eq!((again.as_ptr(), again.len()), (address, 0));
        drop(buffers.share(again));
        let small = buffers.take(size / 3).unwrap();
        assert_ne!(small.as_ptr(), address, "far too large");
        let many: Vec<Bytes> = (0..100)
            .map(|_| buffers.share(buffers.take(BUFFERS_KEPT_BYTES_MAX / 4).unwrap()))
            .collect();
        drop(many);
        let kept = buffers.kept.lock().unwrap();
        let total: usize = kept.iter().map(Vec::capacity).sum();
        assert!(!kept.is_empty() && kept.len() <= BUFFERS_KEPT_MAX);
        assert!(total <= BUFFERS_KEPT_BYTES_MAX);
        drop(kept);
        let mut grows = vec![1, 2];
        for _ in 0..size {
            assert!(buffers.reserve(&mut grows, 1));
            grows.push(3);
        }
        assert!(grows[..3] == [1, 2, 3] && grows.len() == size + 2);
        assert!(!buffers.reserve(&mut grows, usize::MAX) && buffers.take(usize::MAX).is_none());
        assert_eq!(buffers.share(vec![1, 2]), [1, 2][..]);
    }
}
