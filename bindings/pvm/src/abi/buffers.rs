//! C: message buffers and their headings.

use std::ffi::c_int;

use super::guard::{guarded, loud, quiet, task};
use super::report::within;
use super::strings::store;
use crate::buffer::Heading;
use crate::code::PvmError;

/// `struct pvmminfo`.
#[repr(C)]
pub struct MessageInfo {
    len: c_int,
    ctx: c_int,
    tag: c_int,
    wid: c_int,
    enc: c_int,
    crc: c_int,
    src: c_int,
    dst: c_int,
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_mkbuf(how: c_int) -> c_int {
    loud("pvm_mkbuf", |task| task.make_buffer(how))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_initsend(how: c_int) -> c_int {
    loud("pvm_initsend", |task| within("pvm_mkbuf", task.init_send(how)))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_freebuf(id: c_int) -> c_int {
    loud("pvm_freebuf", |task| task.free_buffer(id))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_getsbuf() -> c_int {
    guarded(0, || task().current().0)
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_getrbuf() -> c_int {
    guarded(0, || task().current().1)
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_setsbuf(id: c_int) -> c_int {
    loud("pvm_setsbuf", |task| task.set_send_buffer(id))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_setrbuf(id: c_int) -> c_int {
    loud("pvm_setrbuf", |task| task.set_receive_buffer(id))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_bufinfo(
    id: c_int,
    bytes: *mut c_int,
    tag: *mut c_int,
    tid: *mut c_int,
) -> c_int {
    loud("pvm_bufinfo", |task| {
        let info = task.message_info(id)?;
        // SAFETY: null or the program's variables.
        unsafe {
            store(bytes, info.bytes as c_int);
            store(tag, info.heading.tag);
            store(tid, info.heading.source);
        }
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_getminfo(id: c_int, info: *mut MessageInfo) -> c_int {
    loud("pvm_getminfo", |task| {
        let got = task.message_info(id)?;
        let Heading { context, tag, wait_id, checksum, source, destination } = got.heading;
        let filled = MessageInfo {
            len: got.bytes as c_int,
            ctx: context,
            tag,
            wid: wait_id,
            enc: got.encoding as c_int,
            crc: checksum,
            src: source,
            dst: destination,
        };
        if info.is_null() {
            return Err(PvmError::BadParam);
        }
        // SAFETY: the program's variable.
        unsafe { store(info, filled) };
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_setminfo(id: c_int, info: *const MessageInfo) -> c_int {
    loud("pvm_setminfo", |task| {
        // SAFETY: null or the program's variable.
        let info = unsafe { info.as_ref() }.ok_or(PvmError::BadParam)?;
        let heading = Heading {
            context: info.ctx,
            tag: info.tag,
            wait_id: info.wid,
            checksum: info.crc,
            source: info.src,
            destination: info.dst,
        };
        task.set_heading(id, heading)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_pkmesg(id: c_int) -> c_int {
    quiet(|task| task.pack_message(id, true))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_pkmesgbody(id: c_int) -> c_int {
    quiet(|task| task.pack_message(id, false))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_upkmesg() -> c_int {
    quiet(crate::task::Task::unpack_message)
}
