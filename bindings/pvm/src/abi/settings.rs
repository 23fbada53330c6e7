//! C: enrolling and leaving, options, contexts, `PVM_EXPORT`, trace masks.

use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;
use std::sync::{Mutex, PoisonError};

use super::guard::{guarded, loud, task};
use super::{data, strings};
use crate::code::{PvmError, Result};
use crate::export;
use crate::options::{Opt, is_of_other_ports};
use crate::task::Task;

#[unsafe(no_mangle)]
pub extern "C" fn pvm_mytid() -> c_int {
    loud("pvm_mytid", |task| {
        let tid = task.tid()?;
        data::set(&data::pvmmyctx, task.context());
        Ok(tid.0)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_exit() -> c_int {
    loud("pvm_exit", Task::exit)
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_getopt(what: c_int) -> c_int {
    loud("pvm_getopt", |task| Ok(task.option(Opt::of(what).ok_or(PvmError::BadParam)?)))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_setopt(what: c_int, value: c_int) -> c_int {
    loud("pvm_setopt", |task| {
        if is_of_other_ports(what) {
            return Err(PvmError::NotImpl);
        }
        let opt = Opt::of(what).ok_or(PvmError::BadParam)?;
        if opt == Opt::DebugMask {
            data::set(&data::pvmdebmask, value);
        }
        task.set_option(opt, value)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_getcontext() -> c_int {
    guarded(0, || task().context())
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_setcontext(context: c_int) -> c_int {
    guarded(PvmError::SysErr.code(), || {
        data::set(&data::pvmmyctx, context);
        task().set_context(context)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_newcontext() -> c_int {
    loud("pvm_newcontext", Task::new_context)
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_freecontext(context: c_int) -> c_int {
    loud("pvm_freecontext", |task| task.free_context(context))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_export(name: *const c_char) -> c_int {
    // SAFETY: the program's string.
    loud("pvm_export", |_| change_exports(unsafe { strings::bytes(name) }?, export::with))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_unexport(name: *const c_char) -> c_int {
    // SAFETY: the program's string.
    loud("pvm_unexport", |_| change_exports(unsafe { strings::bytes(name) }?, export::without))
}

fn change_exports(name: &[u8], change: fn(&[u8], &[u8]) -> Vec<u8>) -> Result<c_int> {
    let old = std::env::var_os(export::VARIABLE).unwrap_or_default().into_vec();
    let (Ok(variable), Ok(value)) =
        (CString::new(export::VARIABLE), CString::new(change(&old, name)))
    else {
        return Err(PvmError::BadParam);
    };
    // SAFETY: both are strings; C's own list of variables changes, as PVM's does, which the
    // program must not read meanwhile.
    let done = unsafe { libc::setenv(variable.as_ptr(), value.as_ptr(), 1) };
    if done == 0 { Ok(0) } else { Err(PvmError::NoMem) }
}

/// Bytes of a trace mask (`Pvmtmask` of `pvmtev.h`).
const MASK_BYTES: usize = 36;

/// Trace masks of this task and of its children: kept for programs that read them back.
static MASKS: Mutex<[[u8; MASK_BYTES]; 2]> = Mutex::new([[b'@'; MASK_BYTES]; 2]);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_settmask(who: c_int, mask: *const u8) -> c_int {
    loud("pvm_settmask", |_| {
        let who = usize::try_from(who).ok().filter(|who| *who < 2).ok_or(PvmError::BadParam)?;
        let mut new = [b'@'; MASK_BYTES];
        if !mask.is_null() {
            // SAFETY: the program's mask, of the size that its header gives it.
            new.copy_from_slice(unsafe { std::slice::from_raw_parts(mask, MASK_BYTES) });
        }
        MASKS.lock().unwrap_or_else(PoisonError::into_inner)[who] = new;
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_gettmask(who: c_int, mask: *mut u8) -> c_int {
    loud("pvm_gettmask", |_| {
        let who = usize::try_from(who).ok().filter(|who| *who < 2).ok_or(PvmError::BadParam)?;
        if mask.is_null() {
            return Err(PvmError::BadParam);
        }
        let kept = MASKS.lock().unwrap_or_else(PoisonError::into_inner)[who];
        // SAFETY: the program's mask, of the size that its header gives it.
        unsafe { std::ptr::copy_nonoverlapping(kept.as_ptr(), mask, MASK_BYTES) };
        Ok(0)
    })
}
