//! C: receiving, and handlers of messages.

use std::ffi::{c_char, c_int, c_void};
use std::time::{Duration, Instant};

use libc::timeval;

use super::guard::{failing, guarded, loud, task};
use super::send::STRING;
use super::strings::{self, store};
use crate::Tid;
use crate::code::PvmError;
use crate::handlers::Function;
use crate::kind::Kind;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::machine::{Wait, Want};
use crate::task::Matcher;

#[unsafe(no_mangle)]
pub extern "C" fn pvm_recv(tid: c_int, tag: c_int) -> c_int {
    failing("pvm_recv", |task| task.receive(tid, tag, Wait::Forever))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_nrecv(tid: c_int, tag: c_int) -> c_int {
    failing("pvm_nrecv", |task| task.receive(tid, tag, Wait::No))
}

/// No time given is as long as it takes; what lies back is no time at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_trecv(tid: c_int, tag: c_int, most: *const timeval) -> c_int {
    failing("pvm_trecv", |task| {
        // SAFETY: null or the program's variable.
        let wait = match unsafe { most.as_ref() } {
            None => Wait::Forever,
            Some(most) => {
                let seconds = u64::try_from(most.tv_sec).unwrap_or(0);
                let micros = u64::try_from(most.tv_usec).unwrap_or(0);
                let span = Duration::from_secs(seconds).checked_add(Duration::from_micros(micros));
                let end = span.and_then(|span| Instant::now().checked_add(span));
                end.map_or(Wait::Forever, Wait::Until)
            }
        };
        task.receive(tid, tag, wait)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_probe(tid: c_int, tag: c_int) -> c_int {
    failing("pvm_probe", |task| task.probe(tid, tag))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_precv(
    tid: c_int,
    tag: c_int,
    data: *mut c_void,
    count: c_int,
    kind: c_int,
    from: *mut c_int,
    got_tag: *mut c_int,
    got_bytes: *mut c_int,
) -> c_int {
    failing("pvm_precv", |task| {
        if kind == STRING {
            return Err(PvmError::NotImpl.into());
        }
        let size = Kind::of(kind)?.size();
        let room = usize::try_from(count).map_err(|_| PvmError::BadParam)?;
        let room = room.checked_mul(size).filter(|room| *room <= MESSAGE_BYTES_MAX);
        let room = room.ok_or(PvmError::BadParam)?;
        if data.is_null() && room > 0 {
            return Err(PvmError::BadParam.into());
        }
        let (heading, body) = task.receive_array(tid, tag)?;
        let fits = &body[..body.len().min(room)];
        // SAFETY: the program's array, and null or its variables.
        unsafe {
            std::ptr::copy_nonoverlapping(fits.as_ptr(), data.cast(), fits.len());
            store(from, heading.source);
            store(got_tag, heading.tag);
            store(got_bytes, body.len() as c_int);
        }
        Ok(0)
    })
}

/// PVM's own matching, when a program asks for it by the pointer that it was once given, is null.
#[unsafe(no_mangle)]
pub extern "C" fn pvm_recvf(matcher: Option<Matcher>) -> Option<Matcher> {
    guarded(None, || {
        let new = matcher.filter(|matcher| *matcher as usize != own_matching as *const () as usize);
        Some(task().set_matcher(new).unwrap_or(own_matching))
    })
}

/// What `pvm_recvf` gives for PVM's own matching: a function that programs may also call.
extern "C" fn own_matching(id: c_int, tid: c_int, tag: c_int) -> c_int {
    guarded(0, || {
        let task = task();
        let Ok(info) = task.message_info(id) else { return PvmError::NoSuchBuf.code() };
        let heading = info.heading;
        let fits = (tid == -1 || tid == heading.source)
            && (tag == -1 || tag == heading.tag)
            && heading.context == task.context();
        c_int::from(fits)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_addmhf(
    tid: c_int,
    tag: c_int,
    context: c_int,
    function: Option<Function>,
) -> c_int {
    loud("pvm_addmhf", |task| {
        let any = |number: c_int| (number != -1).then_some(number);
        let want = Want { from: any(tid).map(Tid), tag: any(tag), context: any(context) };
        task.add_handler(want, function.ok_or(PvmError::BadParam)?)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_delmhf(id: c_int) -> c_int {
    loud("pvm_delmhf", |task| task.remove_handler(id))
}

/// PVM's own list of handlers, on standard output, as its examples print it: a program's name and
/// what it has to say stand above, its tid beside both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvmdisplaymhfinfo(
    who: *const c_char,
    what: *const c_char,
    tid: c_int,
) -> c_int {
    guarded(0, || {
        // SAFETY: null or the program's strings.
        let (who, what) = unsafe { (strings::text(who), strings::text(what)) };
        let front = format!("{} {}", who.unwrap_or_default(), Tid(tid));
        let mut text = format!("\n{front}: {}\n", what.unwrap_or_default());
        let shown = |number: Option<c_int>| number.map_or("any".to_owned(), |n| n.to_string());
        for (id, want) in task().handlers() {
            let source = want.from.map_or("any task".to_owned(), |tid| tid.to_string());
            let (tag, context) = (shown(want.tag), shown(want.context));
            text += &format!(
                "{front}: handler {id} takes messages of {source}, tag {tag}, context {context}\n"
            );
        }
        super::old::print(&(text + "\n\n"));
        0
    })
}
