//! C: tasks and hosts come, go, and are told of.

use std::ffi::{c_char, c_int, c_void};

use super::guard::loud;
use super::kept::{Kept, List};
use super::report::within;
use super::strings;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::Role;
use crate::output::Sink;
use crate::task::Task;

/// # Safety
/// Null or `count` numbers.
pub unsafe fn tids(tids: *const c_int, count: c_int) -> Result<Vec<Tid>> {
    let count = usize::try_from(count).map_err(|_| PvmError::BadParam)?;
    if count > 0 && tids.is_null() {
        return Err(PvmError::BadParam);
    }
    // SAFETY: the caller's word.
    Ok((0..count).map(|at| Tid(unsafe { tids.add(at).read() })).collect())
}

/// # Safety
/// Null, or room for one number for each result.
unsafe fn results<T>(to: *mut c_int, results: &[Result<T>], number: impl Fn(&T) -> c_int) {
    for (at, result) in results.iter().enumerate() {
        let code = match result {
            Ok(value) => number(value),
            Err(error) => error.code(),
        };
        if !to.is_null() {
            // SAFETY: the caller's word.
            unsafe { to.add(at).write(code) };
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_spawn(
    program: *const c_char,
    args: *const *const c_char,
    flags: c_int,
    place: *const c_char,
    count: c_int,
    to: *mut c_int,
) -> c_int {
    loud("pvm_spawn", |task| {
        // SAFETY: the program's strings.
        let (program, args) = unsafe { (strings::text(program)?, strings::until_null(args)) };
        // SAFETY: the same; null is nowhere in particular.
        let place = unsafe { strings::text(place) }.unwrap_or_default();
        let (started, all) = task.spawn(&program, args, flags, &place, count)?;
        // SAFETY: the program's array, of `count` numbers.
        unsafe { results(to, &all, |tid| tid.0) };
        Ok(started)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_kill(tid: c_int) -> c_int {
    loud("pvm_kill", |task| within("pvm_sendsig", task.signal(Tid(tid), libc::SIGTERM)))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_sendsig(tid: c_int, signal: c_int) -> c_int {
    loud("pvm_sendsig", |task| task.signal(Tid(tid), signal))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_addhosts(
    names: *const *const c_char,
    count: c_int,
    to: *mut c_int,
) -> c_int {
    loud("pvm_addhosts", |task| {
        // SAFETY: the program's strings.
        let (added, all) = task.add_hosts(&unsafe { strings::list(names, count) }?)?;
        // SAFETY: the program's array, of `count` numbers.
        unsafe { results(to, &all, |tid| tid.0) };
        Ok(added)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_delhosts(
    names: *const *const c_char,
    count: c_int,
    to: *mut c_int,
) -> c_int {
    loud("pvm_delhosts", |task| {
        // SAFETY: the program's strings.
        let (gone, all) = task.delete_hosts(&unsafe { strings::list(names, count) }?)?;
        // SAFETY: the program's array, of `count` numbers.
        unsafe { results(to, &all, |()| 0) };
        Ok(gone)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_halt() -> c_int {
    loud("pvm_halt", Task::halt)
}

/// `count` is how many tids there are, or for new hosts and routes how many times to tell.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_notify(
    kind: c_int,
    tag: c_int,
    count: c_int,
    about: *const c_int,
) -> c_int {
    const ADDED: [c_int; 2] = [3, 4];
    loud("pvm_notify", |task| {
        // SAFETY: the program's array.
        let about =
            if ADDED.contains(&(kind & 255)) { vec![] } else { unsafe { tids(about, count) }? };
        task.notify(kind, tag, count, &about)
    })
}

/// Starting a vm is `posse up`'s business; a program that runs in one is told that there is one.
#[unsafe(no_mangle)]
pub extern "C" fn pvm_start_pvmd(_argc: c_int, _argv: *const c_void, _block: c_int) -> c_int {
    loud("pvm_start_pvmd", |task| {
        task.tid()?;
        Err(PvmError::DupHost)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_catchout(file: *mut libc::FILE) -> c_int {
    struct Stream(*mut libc::FILE);
    // SAFETY: C streams lock themselves.
    unsafe impl Send for Stream {}

    loud("pvm_catchout", |task| {
        let stream = Stream(file);
        let sink: Sink = Box::new(move |text| {
            let Stream(file) = &stream;
            // SAFETY: the program's stream, which it keeps open while output is caught.
            unsafe {
                libc::fwrite(text.as_ptr().cast(), 1, text.len(), *file);
                libc::fflush(*file);
            }
        });
        task.catch_output((!file.is_null()).then_some(sink))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_reg_hoster() -> c_int {
    loud("pvm_reg_hoster", |task| task.register(Role::Hoster))
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_reg_tasker() -> c_int {
    loud("pvm_reg_tasker", |task| task.register(Role::Tasker))
}

/// Gives the hosts as well, as `pvm_config` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_reg_rm(hosts: *mut *mut super::info::HostInfo) -> c_int {
    loud("pvm_reg_rm", |task| {
        task.register(Role::ResourceManager)?;
        // SAFETY: null or the program's variable.
        unsafe { super::info::give_hosts(task, hosts).map(|_| 0) }
    })
}

/// What is traced and where to is not acted on: there is nobody that writes PVM's trace events.
#[unsafe(no_mangle)]
pub extern "C" fn pvm_reg_tracer(
    _trace_context: c_int,
    _trace_tag: c_int,
    _output_context: c_int,
    _output_tag: c_int,
    _mask: *const c_char,
    _buffer: c_int,
    _options: c_int,
) -> c_int {
    loud("pvm_reg_tracer", |task| task.register(Role::Tracer))
}

static NO_RESETS: Kept<c_int> = Kept::new();

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_getnoresets(to: *mut *mut c_int, count: *mut c_int) -> c_int {
    loud("pvm_getnoresets", |task| {
        let mut list = List::new();
        list.items = task.no_resets()?.iter().map(|tid| tid.0).collect();
        // SAFETY: null or the program's variables.
        unsafe {
            strings::store(count, list.items.len() as c_int);
            strings::store(to, NO_RESETS.keep(list));
        }
        Ok(0)
    })
}
