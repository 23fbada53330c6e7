//! A program's arrays as PVM is handed them: an address, a number of items, a stride.
//!
//! The one place where such an address is followed. Whoever makes a view from an address vouches
//! for it; from then on reading and writing is safe. Made by `abi/`, used by `buffer/`.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::marker::PhantomData;

/// Items to read: `count` of `size` bytes each, `step` bytes from one to the next.
#[derive(Copy, Clone)]
pub struct Items<'a> {
    base: *const u8,
    count: usize,
    size: usize,
    step: isize,
    life: PhantomData<&'a [u8]>,
}

impl<'a> Items<'a> {
    /// # Safety
    /// For as long as `'a`, `size` bytes are readable at each `base + i * step`, `i < count`;
    /// `count * size` fits an `isize`.
    pub unsafe fn new(base: *const c_void, count: usize, size: usize, step: isize) -> Items<'a> {
        Items { base: base.cast(), count, size, step, life: PhantomData }
    }

    /// Items side by side; what is over at the end is left out.
    pub fn of(bytes: &'a [u8], size: usize) -> Items<'a> {
        let count = bytes.len() / size;
        Items { base: bytes.as_ptr(), count, size, step: size as isize, life: PhantomData }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn bytes(&self) -> usize {
        self.count * self.size
    }

    /// All of it as one run, where the stride is 1.
    pub fn run(&self) -> Option<&'a [u8]> {
        if self.count == 0 {
            return Some(&[]);
        }
        let whole = self.step == self.size as isize;
        // SAFETY: vouched for in `new`, or a slice in `of`; the items touch each other.
        whole.then(|| unsafe { std::slice::from_raw_parts(self.base, self.bytes()) })
    }

    pub fn each(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count).map(move |i| {
            let item = self.base.wrapping_offset(self.step * i as isize);
            // SAFETY: vouched for in `new`, or within the slice of `of`.
            unsafe { std::slice::from_raw_parts(item, self.size) }
        })
    }
}

/// Where items are to be written, as in [`Items`].
pub struct Places<'a> {
    base: *mut u8,
    count: usize,
    size: usize,
    step: isize,
    life: PhantomData<&'a mut [u8]>,
}

impl<'a> Places<'a> {
    /// # Safety
    /// As [`Items::new`], writable, and nobody else reads or writes them meanwhile.
    pub unsafe fn new(base: *mut c_void, count: usize, size: usize, step: isize) -> Places<'a> {
        Places { base: base.cast(), count, size, step, life: PhantomData }
    }

    pub fn of(bytes: &'a mut [u8], size: usize) -> Places<'a> {
        let count = bytes.len() / size;
        let (base, step) = (bytes.as_mut_ptr(), size as isize);
        Places { base, count, size, step, life: PhantomData }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn bytes(&self) -> usize {
        self.count * self.size
    }

    pub fn run(&mut self) -> Option<&mut [u8]> {
        if self.count == 0 {
            return Some(&mut []);
        }
        let whole = self.step == self.size as isize;
        // SAFETY: vouched for in `new`, or a slice in `of`; the items touch each other.
        whole.then(|| unsafe { std::slice::from_raw_parts_mut(self.base, self.bytes()) })
    }

    /// Let each place be filled, with its number.
    pub fn fill(&mut self, mut fill: impl FnMut(usize, &mut [u8])) {
        for i in 0..self.count {
            let item = self.base.wrapping_offset(self.step * i as isize);
            // SAFETY: vouched for in `new`, or within the slice of `of`; one at a time, so that
            // a stride of 0 makes no two references.
            fill(i, unsafe { std::slice::from_raw_parts_mut(item, self.size) });
        }
    }
}

/// A program's memory that is named now and read when the message goes (`PvmDataInPlace`).
#[derive(Copy, Clone, Debug)]
pub struct Piece {
    address: *const u8,
    bytes: usize,
}

// SAFETY: an address alone; who reads it vouches for the memory (`slice`).
unsafe impl Send for Piece {}

impl Piece {
    pub fn new(run: &[u8]) -> Piece {
        Piece { address: run.as_ptr(), bytes: run.len() }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The memory as it is now.
    ///
    /// # Safety
    /// The program has kept it, as `PvmDataInPlace` asks, and does not write it meanwhile.
    pub unsafe fn slice<'a>(&self) -> &'a [u8] {
        // SAFETY: the caller's word.
        unsafe { std::slice::from_raw_parts(self.address, self.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_are_followed_both_ways() {
        let from = [1u8, 2, 3, 4, 5, 6];
        // SAFETY: three items of one byte, two apart, within `from`.
        let every_other = unsafe { Items::new(from.as_ptr().cast(), 3, 1, 2) };
        assert!(every_other.run().is_none());
        assert_eq!(every_other.each().flatten().copied().collect::<Vec<u8>>(), [1, 3, 5]);
        let last = from.as_ptr_range().end.wrapping_sub(1);
        // SAFETY: backwards through `from`.
        let backwards = unsafe { Items::new(last.cast(), 6, 1, -1) };
        assert_eq!(backwards.each().flatten().copied().collect::<Vec<u8>>(), [6, 5, 4, 3, 2, 1]);
        let mut to = [0u8; 6];
        // SAFETY: two items of one byte, three apart, within `to`.
        let mut places = unsafe { Places::new(to.as_mut_ptr().cast(), 2, 1, 3) };
        places.fill(|i, place| place[0] = i as u8 + 7);
        assert_eq!(to, [7, 0, 0, 8, 0, 0]);
    }
}
