//! process_vm_readv(2) and process_vm_writev(2), which rustix has not.
//!
//! Called by `peer`.
#![allow(unsafe_code)] // The two calls; what they write here is a borrowed buffer.

use libc::{c_void, iovec, pid_t, process_vm_readv, process_vm_writev};
use rustix::io::Errno;

/// Reads what stands at `first` and at `second` in the other process into the two buffers, in this
/// order and from one memory: the kernel looks the process up once. Says how many bytes were read,
/// fewer where its memory ends.
pub(super) fn read(
    pid: pid_t,
    (first, first_into): (u64, &mut [u8]),
    (second, second_into): (u64, &mut [u8]),
) -> Result<usize, Errno> {
    let theirs = [there(first, first_into.len()), there(second, second_into.len())];
    let ours = [here_mut(first_into), here_mut(second_into)];
    // SAFETY: `ours` are two buffers that are borrowed mutably until the call is over. Addresses of
    // the other process are checked by the kernel there, and are not memory of ours.
    let count = unsafe { process_vm_readv(pid, ours.as_ptr(), 2, theirs.as_ptr(), 2, 0) };
    result(count)
}

/// The same, the second part appended to `into`, which has room for `bytes` more. Appends nothing
/// unless all of both was read.
pub(super) fn append(
    pid: pid_t,
    (first, first_into): (u64, &mut [u8]),
    (second, bytes): (u64, usize),
    into: &mut Vec<u8>,
) -> Result<usize, Errno> {
    let room = into.spare_capacity_mut();
    let bytes = bytes.min(room.len());
    let theirs = [there(first, first_into.len()), there(second, bytes)];
    let ours = [
        here_mut(first_into),
        iovec { iov_base: room.as_mut_ptr().cast::<c_void>(), iov_len: bytes },
    ];
    // SAFETY: as in `read`; the second buffer is memory of the vector behind its length, which
    // nobody else has while it is borrowed, and `bytes` of it are there.
    let count = unsafe { process_vm_readv(pid, ours.as_ptr(), 2, theirs.as_ptr(), 2, 0) };
    let count = result(count)?;
    if count == first_into.len() + bytes {
        // SAFETY: the kernel has written all of these bytes.
        unsafe { into.set_len(into.len() + bytes) };
    }
    Ok(count)
}

/// Writes `from` to `address` in the other process. Says how many bytes were written.
pub(super) fn write(pid: pid_t, address: u64, from: &[u8]) -> Result<usize, Errno> {
    let theirs = there(address, from.len());
    let ours = iovec { iov_base: from.as_ptr().cast_mut().cast::<c_void>(), iov_len: from.len() };
    // SAFETY: `ours` is a buffer that is borrowed until the call is over and that this call only
    // reads. Addresses of the other process are checked by the kernel there.
    let count = unsafe { process_vm_writev(pid, &raw const ours, 1, &raw const theirs, 1, 0) };
    result(count)
}

fn here_mut(buffer: &mut [u8]) -> iovec {
    iovec { iov_base: buffer.as_mut_ptr().cast::<c_void>(), iov_len: buffer.len() }
}

/// An address that means something in another process only.
fn there(address: u64, bytes: usize) -> iovec {
    iovec { iov_base: std::ptr::without_provenance_mut(address as usize), iov_len: bytes }
}

fn result(count: isize) -> Result<usize, Errno> {
    usize::try_from(count).map_err(|_| {
        let last = std::io::Error::last_os_error();
        Errno::from_io_error(&last).unwrap_or(Errno::IO)
    })
}
