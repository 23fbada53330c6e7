//! Data that programs see by name: the last error, the texts, the context.
//!
//! A program may hold a copy of these (copy relocation), so they are reached by their exported
//! name alone. Written by `report.rs` and `settings.rs`.
#![allow(non_upper_case_globals)]

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::code::TEXTS;

/// The code of the last failure; success leaves it.
#[unsafe(no_mangle)]
pub static pvm_errno: AtomicI32 = AtomicI32::new(0);

/// The current context, as PVM's own tools read it.
#[unsafe(no_mangle)]
pub static pvmmyctx: AtomicI32 = AtomicI32::new(0);

/// Bits of `PvmDebugMask`; programs set it, nothing reads it.
#[unsafe(no_mangle)]
pub static pvmdebmask: AtomicI32 = AtomicI32::new(0);

/// Trace settings that PVM's tracing programs reach into; all zero, which is "no trace".
#[unsafe(no_mangle)]
pub static pvmctrc: [AtomicI32; 17] = [const { AtomicI32::new(0) }; 17];

#[unsafe(no_mangle)]
pub static pvm_nerr: AtomicI32 = AtomicI32::new(TEXTS.len() as c_int);

#[repr(transparent)]
pub struct Texts([*const c_char; TEXTS.len()]);

// SAFETY: addresses of constants.
unsafe impl Sync for Texts {}

#[unsafe(no_mangle)]
pub static pvm_errlist: Texts = Texts({
    let mut list = [std::ptr::null(); TEXTS.len()];
    let mut at = 0;
    while at < TEXTS.len() {
        list[at] = TEXTS[at].as_ptr();
        at += 1;
    }
    list
});

pub fn set(data: &AtomicI32, value: c_int) {
    data.store(value, Ordering::Relaxed);
}

pub fn get(data: &AtomicI32) -> c_int {
    data.load(Ordering::Relaxed)
}
