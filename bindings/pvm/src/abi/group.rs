//! Groups, under private names: the functions of `libgpvm3`, which is C without Rust and calls
//! these (`c/gpvm.c`), since two Rust libraries cannot be linked into one program.

use std::ffi::{c_char, c_int, c_void};

use super::guard::{loud, loud_but};
use super::strings;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::kind::Kind;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::task::Task;

/// Answers about groups rather than failures.
const ANSWERS: [PvmError; 7] = [
    PvmError::NullGroup,
    PvmError::DupGroup,
    PvmError::NoGroup,
    PvmError::NotInGroup,
    PvmError::NoInst,
    PvmError::Mismatch,
    PvmError::BadParam,
];

macro_rules! groups {
    ($($name:ident as $shown:literal ($($arg:ident: $type:ty),*) $work:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(group: *const c_char $(, $arg: $type)*) -> c_int {
            loud_but(&ANSWERS, $shown, |task| {
                // SAFETY: the program's string.
                let group = unsafe { named(group) }?;
                let work: fn(&Task, &str $(, $type)*) -> Result<c_int> = $work;
                work(task, &group $(, $arg)*)
            })
        }
    )*};
}

groups! {
    posse_pvm_joingroup as "pvm_joingroup" () Task::join_group;
    posse_pvm_lvgroup as "pvm_lvgroup" () Task::leave_group;
    posse_pvm_gsize as "pvm_gsize" () Task::group_size;
    posse_pvm_gettid as "pvm_gettid" (instance: c_int)
        |task, group, instance| Ok(task.group_tid(group, instance)?.0);
    posse_pvm_getinst as "pvm_getinst" (tid: c_int)
        |task, group, tid| task.group_instance(group, Tid(tid));
    posse_pvm_barrier as "pvm_barrier" (count: c_int) Task::barrier;
    posse_pvm_bcast as "pvm_bcast" (tag: c_int) Task::broadcast;
    posse_pvm_freezegroup as "pvm_freezegroup" (size: c_int) Task::freeze_group;
}

/// `void func(int *datatype, void *x, void *y, int *num, int *info)`, which folds y into x.
pub type Fold = extern "C" fn(*mut c_int, *mut c_void, *mut c_void, *mut c_int, *mut c_int);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn posse_pvm_reduce(
    fold: Option<Fold>,
    data: *mut c_void,
    count: c_int,
    kind: c_int,
    tag: c_int,
    group: *const c_char,
    root: c_int,
) -> c_int {
    loud("pvm_reduce", |task| {
        let (number, fold) = (kind, fold.ok_or(PvmError::BadParam)?);
        let bytes = size(data, count, number)?;
        // SAFETY: the program's string and array.
        let (group, own) = unsafe { (named(group)?, copy(data, bytes)) };
        let fold = |sum: &mut [u8], part: &[u8]| {
            let (sum, mut part) = (sum.as_mut_ptr().cast(), part.to_vec());
            let (mut number, mut count, mut info) = (number, count, 0);
            fold(&mut number, sum, part.as_mut_ptr().cast(), &mut count, &mut info);
            if info < 0 { Err(PvmError::BadParam) } else { Ok(()) }
        };
        if let Some(sum) = task.reduce(&group, tag, root, &own, fold)? {
            // SAFETY: the program's array has so many bytes, and its sum has.
            unsafe { std::ptr::copy(sum.as_ptr(), data.cast(), sum.len()) };
        }
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn posse_pvm_gather(
    result: *mut c_void,
    data: *const c_void,
    count: c_int,
    kind: c_int,
    tag: c_int,
    group: *const c_char,
    root: c_int,
) -> c_int {
    loud("pvm_gather", |task| {
        let bytes = size(data, count, kind)?;
        // SAFETY: the program's string and array.
        let (group, own) = unsafe { (named(group)?, copy(data, bytes)) };
        let at_root = task.group_instance(&group, task.tid()?)? == root;
        if at_root && result.is_null() {
            return Err(PvmError::BadParam);
        }
        task.gather(&group, tag, root, &own, |at, part| {
            // SAFETY: at the root the program's array has room for each member's part.
            let to = unsafe { result.cast::<u8>().add(at * bytes) };
            // SAFETY: the same.
            unsafe { std::ptr::copy(part.as_ptr(), to, part.len()) };
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn posse_pvm_scatter(
    result: *mut c_void,
    data: *const c_void,
    count: c_int,
    kind: c_int,
    tag: c_int,
    group: *const c_char,
    root: c_int,
) -> c_int {
    loud("pvm_scatter", |task| {
        let bytes = size(result, count, kind)?;
        // SAFETY: the program's string.
        let group = unsafe { named(group) }?;
        let at_root = task.group_instance(&group, task.tid()?)? == root;
        if at_root && data.is_null() {
            return Err(PvmError::BadParam);
        }
        let slice = |at: usize| {
            // SAFETY: at the root the program's array has a part for each member.
            unsafe { std::slice::from_raw_parts(data.cast::<u8>().add(at * bytes), bytes) }
        };
        task.scatter(&group, tag, root, bytes, slice, |part| {
            // SAFETY: the program's array of `count` items.
            unsafe { std::ptr::copy(part.as_ptr(), result.cast(), part.len()) };
        })
    })
}

/// Bytes of so many items.
fn size(data: *const c_void, count: c_int, kind: c_int) -> Result<usize> {
    let count = usize::try_from(count).ok().filter(|count| *count > 0);
    let bytes = count.and_then(|count| Some(count * Kind::of(kind).ok()?.size()));
    let bytes = bytes.filter(|bytes| *bytes <= MESSAGE_BYTES_MAX && !data.is_null());
    bytes.ok_or(PvmError::BadParam)
}

/// # Safety
/// So many readable bytes.
unsafe fn copy(data: *const c_void, bytes: usize) -> Vec<u8> {
    // SAFETY: the caller's word.
    unsafe { std::slice::from_raw_parts(data.cast::<u8>(), bytes) }.to_vec()
}

/// # Safety
/// Null or a string.
unsafe fn named(group: *const c_char) -> Result<String> {
    // SAFETY: the caller's word; a null name is what PVM calls a null group.
    unsafe { strings::text(group) }.map_err(|_| PvmError::NullGroup)
}
