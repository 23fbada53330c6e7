//! C: `pvm_packf` and `pvm_unpackf`.
//!
//! The arguments are read by `c/variadic.c`, which calls the `posse_pvm_*` functions here with a
//! `va_list` to ask for them; the names that a program calls are jumps to its functions, since a
//! Rust library exports only names of Rust.

use std::arch::naked_asm;
use std::ffi::{c_char, c_double, c_int, c_long, c_void};

use super::guard::loud;
use super::pack::{items, places, string_store};
use super::report::within;
use super::strings;
use crate::code::Result;
use crate::format::{Directive, Directives, Number};
use crate::kind::Kind;
use crate::task::Task;

/// A C `va_list` within a struct, of `c/variadic.c`.
#[repr(C)]
pub struct Arguments {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn posse_pvm_next_int(arguments: *mut Arguments) -> c_int;
    fn posse_pvm_next_long(arguments: *mut Arguments) -> c_long;
    fn posse_pvm_next_double(arguments: *mut Arguments) -> c_double;
    fn posse_pvm_next_pointer(arguments: *mut Arguments) -> *mut c_void;
    fn posse_pvm_packf_variadic();
    fn posse_pvm_unpackf_variadic();
    fn posse_pvm_vpackf_list();
    fn posse_pvm_vunpackf_list();
}

macro_rules! jumps {
    ($($name:ident to $target:ident;)*) => {$(
        /// The variadic function itself is C; see the head of this file.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name() {
            #[cfg(target_arch = "x86_64")]
            naked_asm!("jmp {}", sym $target);
            #[cfg(target_arch = "aarch64")]
            naked_asm!("b {}", sym $target);
        }
    )*};
}

jumps! {
    pvm_packf to posse_pvm_packf_variadic;
    pvm_unpackf to posse_pvm_unpackf_variadic;
    pvm_vpackf to posse_pvm_vpackf_list;
    pvm_vunpackf to posse_pvm_vunpackf_list;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn posse_pvm_packf(format: *const c_char, from: *mut Arguments) -> c_int {
    loud("pvm_packf", |task| {
        // SAFETY: the program's string.
        let format = unsafe { strings::bytes(format) }?;
        for directive in Directives::of(format) {
            // SAFETY: the program's arguments fit its format.
            unsafe { pack(task, directive?, from) }?;
        }
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn posse_pvm_unpackf(format: *const c_char, from: *mut Arguments) -> c_int {
    loud("pvm_unpackf", |task| {
        // SAFETY: the program's string.
        let format = unsafe { strings::bytes(format) }?;
        for directive in Directives::of(format) {
            // SAFETY: the program's arguments fit its format.
            unsafe { unpack(task, directive?, from) }?;
        }
        Ok(0)
    })
}

/// # Safety
/// The next arguments are what the directive says.
unsafe fn pack(task: &Task, directive: Directive, from: *mut Arguments) -> Result<c_int> {
    // SAFETY: the caller's word, here and below.
    unsafe {
        match directive {
            Directive::Init => {
                let done = task.init_send(posse_pvm_next_int(from));
                within("pvm_initsend", within("pvm_mkbuf", done))
            }
            Directive::Text => {
                task.pack_string_value(strings::bytes(posse_pvm_next_pointer(from).cast())?)
            }
            Directive::Items { kind, count: Number::Absent, stride: Number::Absent }
                if !matches!(kind, Kind::Complex | Kind::DoubleComplex) =>
            {
                task.pack_value(kind, &value(kind, from)[..kind.size()])
            }
            Directive::Items { kind, count, stride } => {
                let (count, stride) = (number(count, from), number(stride, from));
                let address = posse_pvm_next_pointer(from);
                task.pack(kind, items(address, kind, count, stride)?)
            }
        }
    }
}

/// # Safety
/// The next arguments are what the directive says.
unsafe fn unpack(task: &Task, directive: Directive, from: *mut Arguments) -> Result<c_int> {
    // SAFETY: the caller's word, here and below.
    unsafe {
        match directive {
            // Nothing to begin when unpacking; its argument is passed over.
            Directive::Init => Ok(posse_pvm_next_int(from)),
            Directive::Text => {
                task.unpack_string(string_store(posse_pvm_next_pointer(from).cast())?)
            }
            Directive::Items { kind, count, stride } => {
                let (count, stride) = (number(count, from), number(stride, from));
                let address = posse_pvm_next_pointer(from);
                task.unpack(kind, places(address, kind, count, stride)?)
            }
        }
    }
}

/// # Safety
/// The next argument is an int where one is asked for.
unsafe fn number(number: Number, from: *mut Arguments) -> c_int {
    match number {
        Number::Absent => 1,
        Number::Given(number) => number,
        // SAFETY: the caller's word.
        Number::Argument => unsafe { posse_pvm_next_int(from) },
    }
}

/// A value as it is in memory. C widens small types when it passes them.
///
/// # Safety
/// The next argument is of the kind.
unsafe fn value(kind: Kind, from: *mut Arguments) -> [u8; 8] {
    let mut memory = [0; 8];
    // SAFETY: the caller's word, here and below.
    unsafe {
        match kind {
            Kind::Double => memory = posse_pvm_next_double(from).to_ne_bytes(),
            Kind::Float => {
                let float = posse_pvm_next_double(from) as f32;
                memory[..4].copy_from_slice(&float.to_ne_bytes());
            }
            Kind::Long | Kind::ULong => memory = posse_pvm_next_long(from).to_ne_bytes(),
            Kind::Int | Kind::UInt => {
                memory[..4].copy_from_slice(&posse_pvm_next_int(from).to_ne_bytes());
            }
            Kind::Short | Kind::UShort => {
                let short = posse_pvm_next_int(from) as i16;
                memory[..2].copy_from_slice(&short.to_ne_bytes());
            }
            _ => memory[0] = posse_pvm_next_int(from) as u8,
        }
    }
    memory
}
