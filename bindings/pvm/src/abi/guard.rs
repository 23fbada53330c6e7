//! Around every C function: the process's task, no panic to the caller, `errno` as it was.
//!
//! Called by all of `abi/`.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::report;
use crate::code::{PvmError, Result};
use crate::machine::vm;
use crate::task::{Failed, Task};

/// The one task that this process is.
pub fn task() -> &'static Task {
    static TASK: OnceLock<Task> = OnceLock::new();
    TASK.get_or_init(|| {
        // SAFETY: the function takes nothing, gives nothing and does not unwind.
        let _where_it_does_not_fit_only_pvm_exit_waits = unsafe { libc::atexit(at_end) };
        Task::new(Box::new(vm::connect))
    })
}

/// A program that ends without `pvm_exit` has what it sent delivered all the same.
extern "C" fn at_end() {
    guarded((), vm::at_end);
}

/// A function whose failures are printed as `PvmAutoErr` says.
pub fn loud(name: &str, work: impl FnOnce(&Task) -> Result<c_int>) -> c_int {
    failing(name, |task| Ok(work(task)?))
}

/// The same for functions that fail with numbers of the program's own.
pub fn failing(name: &str, work: impl FnOnce(&Task) -> Result<c_int, Failed>) -> c_int {
    let done = guarded(Err(PvmError::SysErr.into()), || work(task()));
    done.unwrap_or_else(|Failed(code)| report::failure(name, code))
}

/// A function some of whose failures are answers, which PVM neither prints nor remembers.
pub fn loud_unless(
    answers: &[PvmError],
    name: &str,
    work: impl FnOnce(&Task) -> Result<c_int>,
) -> c_int {
    answering(answers, |code| code, name, work)
}

/// The same where PVM remembers them.
pub fn loud_but(
    answers: &[PvmError],
    name: &str,
    work: impl FnOnce(&Task) -> Result<c_int>,
) -> c_int {
    answering(answers, report::note, name, work)
}

fn answering(
    answers: &[PvmError],
    answer: impl FnOnce(c_int) -> c_int,
    name: &str,
    work: impl FnOnce(&Task) -> Result<c_int>,
) -> c_int {
    let done = guarded(Err(PvmError::SysErr), || work(task()));
    done.unwrap_or_else(|error| {
        let code = error.code();
        if answers.contains(&error) { answer(code) } else { report::failure(name, code) }
    })
}

/// A function that prints none of its failures.
pub fn quiet(work: impl FnOnce(&Task) -> Result<c_int>) -> c_int {
    let done = guarded(Err(PvmError::SysErr), || work(task()));
    done.unwrap_or_else(|error| report::note(error.code()))
}

/// Anything else.
pub fn guarded<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    let errno = Errno::kept();
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise);
    drop(errno);
    done
}

/// The program's `errno`, put back when it goes.
struct Errno(c_int);

impl Errno {
    fn kept() -> Errno {
        // SAFETY: the thread's own errno, always readable.
        Errno(unsafe { *libc::__errno_location() })
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        // SAFETY: the thread's own errno, always writable.
        unsafe { *libc::__errno_location() = self.0 };
    }
}
