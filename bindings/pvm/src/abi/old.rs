//! C: what PVM's library exports without documenting it, and PVM's own examples call.

use std::ffi::{CString, c_char, c_int};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libc::timeval;

use super::guard::guarded;
use super::strings::store;

/// On standard output, through C's own stream, so that it stands in order with the program's.
pub fn print(text: &str) {
    let text = super::strings::c_string(text);
    // SAFETY: two strings, of which the first takes the second.
    unsafe { libc::printf(c"%s".as_ptr(), text.as_ptr()) };
}

#[unsafe(no_mangle)]
pub extern "C" fn pvmsleep(seconds: c_int) -> c_int {
    guarded(0, || {
        std::thread::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvmgetclock(to: *mut timeval) {
    guarded((), || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (tv_sec, tv_usec) = (now.as_secs() as i64, i64::from(now.subsec_micros()));
        // SAFETY: null or the program's variable.
        unsafe { store(to, timeval { tv_sec, tv_usec }) };
    });
}

/// The name of a tag of the system's own messages; there are none here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvmnametag(tag: c_int, found: *mut c_int) -> *const c_char {
    guarded(std::ptr::null(), || {
        static UNKNOWN: OnceLock<Mutex<CString>> = OnceLock::new();
        // SAFETY: null or the program's variable.
        unsafe { store(found, 0) };
        let kept = UNKNOWN.get_or_init(Default::default);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = super::strings::c_string(&tag.to_string());
        kept.as_ptr()
    })
}

/// The program that logs in to hosts.
#[unsafe(no_mangle)]
pub extern "C" fn pvmgetrsh() -> *const c_char {
    static RSH: OnceLock<CString> = OnceLock::new();
    guarded(c"ssh".as_ptr(), || setting(&RSH, "PVM_RSH", "ssh"))
}

/// The directory for files that are soon gone.
#[unsafe(no_mangle)]
pub extern "C" fn pvmgettmp() -> *const c_char {
    static TMP: OnceLock<CString> = OnceLock::new();
    guarded(c"/tmp".as_ptr(), || setting(&TMP, "PVM_TMP", "/tmp"))
}

fn setting(kept: &'static OnceLock<CString>, variable: &str, otherwise: &str) -> *const c_char {
    let read = || {
        let value = std::env::var(variable).unwrap_or_default();
        super::strings::c_string(if value.is_empty() { otherwise } else { &value })
    };
    kept.get_or_init(read).as_ptr()
}
