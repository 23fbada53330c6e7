//! Lists that PVM gives a program and keeps for it: valid until the next call of the same
//! function.
//!
//! Used by `info.rs`, `mailbox.rs`, `spawn.rs`.

use std::ffi::{CString, c_char};
use std::sync::{Mutex, PoisonError};

use super::strings::c_string;

/// The items of the last call, and what they point to.
pub struct Kept<T>(Mutex<Option<List<T>>>);

// SAFETY: the pointers within are to the list's own memory; the program reads it by PVM's rule.
unsafe impl<T> Sync for Kept<T> {}

#[derive(Default)]
pub struct List<T> {
    pub items: Vec<T>,
    strings: Vec<CString>,
    numbers: Vec<Vec<i32>>,
}

// SAFETY: as above.
unsafe impl<T> Send for List<T> {}

impl<T> Kept<T> {
    pub const fn new() -> Kept<T> {
        Kept(Mutex::new(None))
    }

    /// Keep a list in place of the one before; gives its address for the program.
    pub fn keep(&self, list: List<T>) -> *mut T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(list).items.as_mut_ptr()
    }
}

impl<T> List<T> {
    pub fn new() -> List<T> {
        List { items: vec![], strings: vec![], numbers: vec![] }
    }

    /// A string that lives as long as the list.
    pub fn string(&mut self, text: &str) -> *mut c_char {
        let string = c_string(text);
        let address = string.as_ptr().cast_mut();
        self.strings.push(string);
        address
    }

    /// Numbers that live as long as the list.
    pub fn numbers(&mut self, mut numbers: Vec<i32>) -> *mut i32 {
        let address = numbers.as_mut_ptr();
        self.numbers.push(numbers);
        address
    }
}
