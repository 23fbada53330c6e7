//! Large buffers of this process that are used again. A page that a process touches for the first
//! time costs the kernel a fault, microseconds where a copy into it takes a tenth of one, and what
//! an allocator gives back to the system is such pages again.
//!
//! For payloads, on their way out and in. Not for small messages, which an allocator serves well.
//! Called by `engine`, by drivers that fetch payloads, and by faces that pack some.

use std::sync::Mutex;

use bytes::Bytes;

use crate::limits::{BUFFER_KEPT_BYTES_MIN, BUFFERS_KEPT_BYTES_MAX, BUFFERS_KEPT_MAX};

/// The one that was given back last stands last. One list a process, since a buffer goes back
/// wherever the last holder of its bytes lets them go.
static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// An empty buffer with room for this much at least; `None` where there is not so much memory.
pub fn take(bytes: usize) -> Option<Vec<u8>> {
    if bytes >= BUFFER_KEPT_BYTES_MIN
        && let Some(kept) = take_kept(bytes)
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
pub fn reserve(buffer: &mut Vec<u8>, more: usize) -> bool {
    let Some(needed) = buffer.len().checked_add(more) else { return false };
    if needed <= buffer.capacity() {
        return true;
    }
    // Doubled, so that many small additions copy each byte about once.
    let Some(mut larger) = take(needed.max(2 * buffer.capacity())) else { return false };
    larger.extend_from_slice(buffer);
    drop(Shared(std::mem::replace(buffer, larger)));
    true
}

/// The bytes as they are now, to be lent to many; the buffer goes back with the last of them.
pub fn share(bytes: Vec<u8>) -> Bytes {
    if bytes.capacity() < BUFFER_KEPT_BYTES_MIN {
        return bytes.into();
    }
    Bytes::from_owner(Shared(bytes))
}

struct Shared(Vec<u8>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.0));
    }
}

/// The smallest that is large enough and not much larger, so that no small message holds much.
fn take_kept(bytes: usize) -> Option<Vec<u8>> {
    // A lock that another thread has is not waited for: a forked child would wait for ever.
    let mut kept = KEPT.try_lock().ok()?;
    let fits = |buffer: &Vec<u8>| (bytes..=bytes.saturating_mul(2)).contains(&buffer.capacity());
    let fitting = kept.iter().enumerate().filter(|(_, buffer)| fits(buffer));
    let (at, _) = fitting.min_by_key(|(_, buffer)| buffer.capacity())?;
    Some(kept.remove(at))
}

fn give_back(mut buffer: Vec<u8>) {
    if !(BUFFER_KEPT_BYTES_MIN..=BUFFERS_KEPT_BYTES_MAX).contains(&buffer.capacity()) {
        return;
    }
    buffer.clear();
    let Ok(mut kept) = KEPT.try_lock() else { return };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, since the buffers are the process's.
    #[test]
    fn a_large_buffer_comes_again_and_few_are_kept() {
        let size = 3 * BUFFER_KEPT_BYTES_MIN;
        let mut first = take(size).unwrap();
        first.extend_from_slice(&vec![7; size]);
        let address = first.as_ptr();
        let shared = share(first);
        let part = shared.slice(8..);
        drop(shared);
        let other = take(size).unwrap();
        assert_ne!(other.as_ptr(), address, "somebody has a part of it");
        drop(part);
        let again = take(size - 5).unwrap();
        assert_eq!((again.as_ptr(), again.len()), (address, 0));
        drop(share(again));
        let small = take(size / 3).unwrap();
        assert_ne!(small.as_ptr(), address, "far too large");
        let many: Vec<Bytes> =
            (0..100).map(|_| share(take(BUFFERS_KEPT_BYTES_MAX / 4).unwrap())).collect();
        drop(many);
        let kept = KEPT.lock().unwrap();
        let total: usize = kept.iter().map(Vec::capacity).sum();
        assert!(!kept.is_empty() && kept.len() <= BUFFERS_KEPT_MAX);
        assert!(total <= BUFFERS_KEPT_BYTES_MAX);
        drop(kept);
        let mut grows = vec![1, 2];
        for _ in 0..size {
            assert!(reserve(&mut grows, 1));
            grows.push(3);
        }
        assert!(grows[..3] == [1, 2, 3] && grows.len() == size + 2);
        assert!(!reserve(&mut grows, usize::MAX) && take(usize::MAX).is_none());
        assert_eq!(share(vec![1, 2]), [1, 2][..]);
    }
}
