//! C: the mailbox, and the calls from before there was one.

use std::ffi::{CString, c_char, c_int};

use super::guard::loud_but;
use super::kept::{Kept, List};
use super::strings::{self, store};
use crate::code::{PvmError, Result};
use crate::limits::MEMBERS_MAX;

/// `struct pvmmboxinfo`.
#[repr(C)]
pub struct ClassInfo {
    name: *mut c_char,
    entries: c_int,
    indices: *mut c_int,
    owners: *mut c_int,
    flags: *mut c_int,
}

static CLASSES: Kept<ClassInfo> = Kept::new();

/// Answers of the mailbox rather than failures.
const ANSWERS: [PvmError; 3] = [PvmError::NotFound, PvmError::Denied, PvmError::Exists];

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_putinfo(name: *const c_char, id: c_int, flags: c_int) -> c_int {
    loud_but(&ANSWERS, "pvm_putinfo", |task| {
        // SAFETY: the program's string.
        let name = unsafe { named(name) }?;
        task.put_info(&name, id, flags)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_recvinfo(name: *const c_char, index: c_int, flags: c_int) -> c_int {
    // That somebody else's may not be taken out is none, in PVM.
    loud_but(&[PvmError::NotFound], "pvm_recvinfo", |task| {
        // SAFETY: the program's string.
        let name = unsafe { named(name) }?;
        task.receive_info(&name, index, flags)
    })
}

/// No flags are known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_delinfo(name: *const c_char, index: c_int, _flags: c_int) -> c_int {
    loud_but(&ANSWERS, "pvm_delinfo", |task| {
        // SAFETY: the program's string.
        let name = unsafe { named(name) }?;
        task.delete_info(&name, index)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_getmboxinfo(
    pattern: *const c_char,
    count: *mut c_int,
    to: *mut *mut ClassInfo,
) -> c_int {
    loud_but(&ANSWERS, "pvm_getmboxinfo", |task| {
        // SAFETY: the program's string; null is all, as PVM's console has it.
        let pattern = unsafe { strings::text(pattern) }.unwrap_or_else(|_| "*".to_owned());
        let pattern = Pattern::of(&pattern)?;
        let mut list = List::new();
        for class in task.mailbox()?.iter().filter(|class| pattern.matches(&class.name)) {
            let entries = &class.entries[..class.entries.len().min(MEMBERS_MAX)];
            let name = list.string(&class.name);
            let indices = list.numbers(entries.iter().map(|entry| entry.index).collect());
            let owners = list.numbers(entries.iter().map(|entry| entry.owner).collect());
            let flags = list.numbers(entries.iter().map(|entry| entry.flags).collect());
            let entries = entries.len() as c_int;
            list.items.push(ClassInfo { name, entries, indices, owners, flags });
        }
        // SAFETY: null or the program's variables.
        unsafe {
            store(count, list.items.len() as c_int);
            store(to, CLASSES.keep(list));
        }
        Ok(0)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_insert(name: *const c_char, index: c_int, value: c_int) -> c_int {
    loud_but(&ANSWERS, "pvm_insert", |task| {
        // SAFETY: the program's string.
        let name = unsafe { named(name) }?;
        task.insert(&name, index, value)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_lookup(name: *const c_char, index: c_int, to: *mut c_int) -> c_int {
    loud_but(&ANSWERS, "pvm_lookup", |task| {
        // SAFETY: the program's string.
        let name = unsafe { named(name) }?;
        let (found, value) = task.lookup(&name, index)?;
        // SAFETY: null or the program's variable.
        unsafe { store(to, value) };
        Ok(found)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvm_delete(name: *const c_char, index: c_int) -> c_int {
    loud_but(&ANSWERS, "pvm_delete", |task| {
        // SAFETY: the program's string.
        let name = unsafe { named(name) }?;
        task.delete_info(&name, index)
    })
}

/// # Safety
/// Null or a string.
unsafe fn named(name: *const c_char) -> Result<String> {
    // SAFETY: the caller's word.
    let name = unsafe { strings::text(name) }?;
    if name.is_empty() { Err(PvmError::BadParam) } else { Ok(name) }
}

/// `*`, or what PVM takes and its man page promises: a part of the name, where stars mean nothing;
/// a basic regular expression of C's own library that takes all of it.
enum Pattern {
    All,
    Part(String),
    Expression(String, Box<libc::regex_t>),
}

impl Pattern {
    fn of(pattern: &str) -> Result<Pattern> {
        if pattern == "*" {
            return Ok(Pattern::All);
        }
        let whole = CString::new(format!("^\\({pattern}\\)$")).map_err(|_| PvmError::BadParam)?;
        // SAFETY: plain memory that `regcomp` fills.
        let mut expression: Box<libc::regex_t> = Box::new(unsafe { std::mem::zeroed() });
        // SAFETY: a string, and the memory above.
        let done = unsafe { libc::regcomp(&mut *expression, whole.as_ptr(), libc::REG_NOSUB) };
        let part = pattern.replace('*', "");
        Ok(if done == 0 { Pattern::Expression(part, expression) } else { Pattern::Part(part) })
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Pattern::All => true,
            Pattern::Part(part) => name.contains(part),
            Pattern::Expression(part, _) if name.contains(part) => true,
            Pattern::Expression(_, expression) => {
                let name = strings::c_string(name);
                let none = std::ptr::null_mut();
                // SAFETY: compiled in `of`; no places of matches are asked for.
                unsafe { libc::regexec(&**expression, name.as_ptr(), 0, none, 0) == 0 }
            }
        }
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        if let Pattern::Expression(_, expression) = self {
            // SAFETY: compiled in `of`, and not used again.
            unsafe { libc::regfree(&mut **expression) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_are_parts_or_take_whole_names() {
        let takes = |pattern: &str, name: &str| Pattern::of(pattern).expect("is one").matches(name);
        assert!(takes("*", "anything") && takes("svc[0-9]*", "svc12") && takes("vc", "svc12"));
        assert!(takes("m*", "many") && takes("x+", "x+y") && takes("[", "a[1]"));
        assert!(!takes("svc[0-9]", "svc12") && !takes("z*", "many"));
    }
}
