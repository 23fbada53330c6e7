//! Failures as PVM reports them: `pvm_errno`, a line on standard error, `PvmAutoErr`.
//!
//! The line is PVM's, as users search for it: `libpvm [t40001]: pvm_send(): Bad parameter`.
//! Called by `guard.rs`.

use std::ffi::{CStr, c_char, c_int};
use std::io::Write;

use super::guard::{guarded, task};
use super::{data, strings};
use crate::code::{self, Result};
use crate::options::Opt;

/// Remember a failure without a word.
pub fn note(code: c_int) -> c_int {
    data::set(&data::pvm_errno, code);
    code
}

/// Remember a failure, and print it or end the process as `PvmAutoErr` says.
pub fn failure(name: &str, code: c_int) -> c_int {
    note(code);
    let auto = task().option(Opt::AutoErr);
    if auto != 0 {
        say(name, "()", code);
    }
    match auto {
        2 => std::process::exit(code),
        3 => std::process::abort(),
        _ => code,
    }
}

/// PVM's functions call each other, and each complains: so does the inner one here.
pub fn within<T>(name: &str, done: Result<T>) -> Result<T> {
    done.inspect_err(|error| {
        failure(name, error.code());
    })
}

fn say(what: &str, mark: &str, code: c_int) {
    let who = match task().known_tid() {
        Some(tid) => format!("[{tid}]"),
        None => format!("[pid{}]", std::process::id()),
    };
    let text = code::text(code).to_string_lossy();
    let line = format!("libpvm {who}: {what}{mark}: {text}\n");
    let _nobody_reads_it = std::io::stderr().write_all(line.as_bytes());
}

/// Print the last error after a text of the program's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_perror(message: *const c_char) -> c_int {
    // SAFETY: a string of the program.
    let message = unsafe { strings::text(message) }.unwrap_or_default();
    guarded(0, || {
        say(&message, "", data::get(&data::pvm_errno));
        0
    })
}

/// The text of the last error.
#[unsafe(no_mangle)]
pub extern "C" fn pvm_strerror() -> *const c_char {
    code::text(data::get(&data::pvm_errno)).as_ptr()
}

/// PVM's own reporter, which its examples call: a function's name and an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lpvmerr(name: *const c_char, code: c_int) -> c_int {
    let known: Option<&CStr> = if name.is_null() {
        None
    } else {
        // SAFETY: a string of the program.
        Some(unsafe { CStr::from_ptr(name) })
    };
    let name = known.unwrap_or_default().to_string_lossy();
    guarded(code, || failure(&name, code))
}
