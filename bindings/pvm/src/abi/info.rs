//! C: what is known of tasks and hosts.

use std::ffi::{c_char, c_int};

use libc::timeval;

use super::guard::{guarded, loud, loud_unless};
use super::kept::{Kept, List};
use super::strings::{self, store};
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::task::Task;

/// `struct pvmhostinfo`.
#[repr(C)]
pub struct HostInfo {
    tid: c_int,
    name: *mut c_char,
    arch: *mut c_char,
    speed: c_int,
    signature: c_int,
}

/// `struct pvmtaskinfo`.
#[repr(C)]
pub struct TaskInfo {
    tid: c_int,
    parent: c_int,
    host: c_int,
    flags: c_int,
    program: *mut c_char,
    pid: c_int,
}

static HOSTS: Kept<HostInfo> = Kept::new();
static TASKS: Kept<TaskInfo> = Kept::new();
static SIBLINGS: Kept<c_int> = Kept::new();
static DESCRIPTORS: Kept<c_int> = Kept::new();

#[unsafe(no_mangle)]
pub extern "C" fn pvm_parent() -> c_int {
    loud_unless(&[PvmError::NoParent, PvmError::ParentNotSet], "pvm_parent", |task| {
        Ok(task.parent()?.0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_siblings(to: *mut *mut c_int) -> c_int {
    loud("pvm_siblings", |task| {
        let mut list = List::new();
        list.items = task.siblings()?.iter().map(|tid| tid.0).collect();
        let count = list.items.len() as c_int;
        // SAFETY: null or the program's variable.
        unsafe { store(to, SIBLINGS.keep(list)) };
        Ok(count)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_config(
    count: *mut c_int,
    formats: *mut c_int,
    to: *mut *mut HostInfo,
) -> c_int {
    loud("pvm_config", |task| {
        // SAFETY: null or the program's variables.
        unsafe {
            let (hosts, kinds) = give_hosts(task, to)?;
            store(count, hosts);
            store(formats, kinds);
        }
        Ok(0)
    })
}

/// The hosts for the program; how many, and how many kinds of data.
///
/// # Safety
/// Null or the program's variable.
pub unsafe fn give_hosts(task: &Task, to: *mut *mut HostInfo) -> Result<(c_int, c_int)> {
    let (hosts, kinds) = task.hosts()?;
    let mut list = List::new();
    for host in &hosts {
        let (name, arch) = (list.string(&host.name), list.string(&host.arch));
        let (speed, signature) = (host.speed, host.signature as c_int);
        list.items.push(HostInfo { tid: host.tid.0, name, arch, speed, signature });
    }
    // SAFETY: the caller's word.
    unsafe { store(to, HOSTS.keep(list)) };
    Ok((hosts.len() as c_int, kinds as c_int))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_tasks(of: c_int, count: *mut c_int, to: *mut *mut TaskInfo) -> c_int {
    loud("pvm_tasks", |task| {
        let mut list = List::new();
        for task in task.tasks(Tid(of))? {
            let program = list.string(&task.program);
            let (tid, parent, host) = (task.tid.0, task.parent, task.host.0);
            let (flags, pid) = (task.flags, task.pid);
            list.items.push(TaskInfo { tid, parent, host, flags, program, pid });
        }
        // SAFETY: null or the program's variables.
        unsafe {
            store(count, list.items.len() as c_int);
            store(to, TASKS.keep(list));
        }
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_pstat(tid: c_int) -> c_int {
    loud_unless(&[PvmError::NoTask, PvmError::HostFail], "pvm_pstat", |task| {
        task.task_status(Tid(tid))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_mstat(host: *const c_char) -> c_int {
    loud_unless(&[PvmError::NoHost, PvmError::HostFail], "pvm_mstat", |task| {
        // SAFETY: the program's string.
        task.host_status(&unsafe { strings::text(host) }?)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_tidtohost(tid: c_int) -> c_int {
    guarded(0, || Tid(tid).host().0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_archcode(arch: *const c_char) -> c_int {
    // SAFETY: the program's string.
    loud("pvm_archcode", |task| task.arch_code(&unsafe { strings::text(arch) }?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_hostsync(
    host: c_int,
    remote: *mut timeval,
    delta: *mut timeval,
) -> c_int {
    loud("pvm_host_sync", |task| {
        let clock = task.clock(Tid(host))?;
        let time = |us: i64| timeval {
            tv_sec: us.div_euclid(1_000_000),
            tv_usec: us.rem_euclid(1_000_000),
        };
        // SAFETY: null or the program's variables.
        unsafe {
            store(remote, time(clock.remote_us));
            store(delta, time(clock.delta_us));
        }
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_getfds(to: *mut *mut c_int) -> c_int {
    loud("pvm_getfds", |task| {
        let mut list = List::new();
        list.items = task.descriptors()?;
        let count = list.items.len() as c_int;
        // SAFETY: null or the program's variable.
        unsafe { store(to, DESCRIPTORS.keep(list)) };
        Ok(count)
    })
}

/// PVM's look into its daemon for those who debug it; ours is `posse doctor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_tickle(
    count: c_int,
    arguments: *const c_int,
    _answers: *mut c_int,
    _answer: *mut c_int,
) -> c_int {
    const COUNTS: std::ops::RangeInclusive<c_int> = 1..=10;
    loud("pvm_tickle", |_| {
        let may = COUNTS.contains(&count) && !arguments.is_null();
        Err(if may { PvmError::NotImpl } else { PvmError::BadParam })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn pvm_version() -> *const c_char {
    c"3.4.6".as_ptr()
}
