//! C: sending a buffer to one or many, or an array without one.

use std::ffi::{c_int, c_void};

use super::guard::loud;
use super::pack::items;
use super::report::within;
use crate::Tid;
use crate::code::PvmError;
use crate::kind::Kind;

/// `PVM_STR`.
pub const STRING: c_int = 0;

#[unsafe(no_mangle)]
pub extern "C" fn pvm_send(tid: c_int, tag: c_int) -> c_int {
    loud("pvm_send", |task| task.send(Tid(tid), tag))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_mcast(tids: *const c_int, count: c_int, tag: c_int) -> c_int {
    loud("pvm_mcast", |task| {
        // SAFETY: the program's array.
        let tids = unsafe { super::spawn::tids(tids, count) }?;
        task.multicast(&tids, tag)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_psend(
    tid: c_int,
    tag: c_int,
    data: *const c_void,
    count: c_int,
    kind: c_int,
) -> c_int {
    loud("pvm_psend", |task| {
        if kind == STRING {
            return Err(PvmError::NotImpl);
        }
        let kind = Kind::of(kind)?;
        // SAFETY: the program's array.
        let items = unsafe { items(data, kind, count, 1) }?;
        within("pvm_send", task.send_array(Tid(tid), tag, items))
    })
}
