//! Strings and lists of a program, read; strings for a program, kept.
//!
//! Called by all of `abi/`.

use std::ffi::{CStr, CString, c_char, c_int};

use crate::code::{PvmError, Result};

/// A string; `BadParam` for null. Bytes that are no UTF-8 are replaced: names of groups,
/// classes, hosts.
///
/// # Safety
/// Null or a C string.
pub unsafe fn text(string: *const c_char) -> Result<String> {
    // SAFETY: the caller's word.
    Ok(String::from_utf8_lossy(unsafe { bytes(string) }?).into_owned())
}

/// The bytes of a string, to the byte.
///
/// # Safety
/// Null or a C string, which lives as long as the result.
pub unsafe fn bytes<'a>(string: *const c_char) -> Result<&'a [u8]> {
    if string.is_null() {
        return Err(PvmError::BadParam);
    }
    // SAFETY: the caller's word.
    Ok(unsafe { CStr::from_ptr(string) }.to_bytes())
}

/// A list of so many strings.
///
/// # Safety
/// Null or `count` C strings.
pub unsafe fn list(strings: *const *const c_char, count: c_int) -> Result<Vec<String>> {
    let count = usize::try_from(count).map_err(|_| PvmError::BadParam)?;
    if strings.is_null() || count == 0 {
        return Err(PvmError::BadParam);
    }
    // SAFETY: the caller's word.
    let strings = unsafe { std::slice::from_raw_parts(strings, count) };
    // SAFETY: the same.
    strings.iter().map(|string| unsafe { text(*string) }).collect()
}

/// A list that ends with null, as of `argv`; null is an empty one.
///
/// # Safety
/// Null, or C strings up to a null.
pub unsafe fn until_null(strings: *const *const c_char) -> Vec<Vec<u8>> {
    let mut found = vec![];
    if strings.is_null() {
        return found;
    }
    // SAFETY: the caller's word: entries up to a null may be read.
    while let Ok(string) = unsafe { bytes(*strings.add(found.len())) } {
        found.push(string.to_vec());
    }
    found
}

/// A string for the program; what follows a NUL is cut off.
pub fn c_string(text: &str) -> CString {
    let clean = text.split('\0').next().unwrap_or_default();
    CString::new(clean).unwrap_or_default()
}

/// Store a number where the program asked for it, if it did.
///
/// # Safety
/// Null or writable.
pub unsafe fn store<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: the caller's word.
        unsafe { to.write(value) };
    }
}
