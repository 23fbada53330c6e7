//! PVM's error codes and their texts, as `pvm_errno` and `pvm_perror` show them.
//!
//! Numbers and texts are part of the interface: programs compare the former and users search for
//! the latter. Used by every module; `abi/report.rs` prints them.

use std::ffi::CStr;

pub type Result<T, E = PvmError> = std::result::Result<T, E>;

/// What a PVM function returns for a failure: the constants of `pvm3.h`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum PvmError {
    BadParam = -2,
    Mismatch = -3,
    Overflow = -4,
    NoData = -5,
    NoHost = -6,
    NoFile = -7,
    Denied = -8,
    NoMem = -10,
    BadMsg = -12,
    SysErr = -14,
    NoBuf = -15,
    NoSuchBuf = -16,
    NullGroup = -17,
    DupGroup = -18,
    NoGroup = -19,
    NotInGroup = -20,
    NoInst = -21,
    HostFail = -22,
    NoParent = -23,
    NotImpl = -24,
    DSysErr = -25,
    BadVersion = -26,
    OutOfRes = -27,
    DupHost = -28,
    CantStart = -29,
    Already = -30,
    NoTask = -31,
    NotFound = -32,
    Exists = -33,
    HostrNMstr = -34,
    ParentNotSet = -35,
    IPLoopback = -36,
}

impl PvmError {
    pub fn code(self) -> i32 {
        self as i32
    }

    /// The text that PVM prints for it.
    pub fn text(self) -> &'static CStr {
        text(self.code())
    }
}

/// The text of a code.
pub fn text(code: i32) -> &'static CStr {
    let at = code.checked_neg().and_then(|n| usize::try_from(n).ok());
    at.and_then(|at| TEXTS.get(at)).copied().unwrap_or(c"Unknown Error")
}

/// `pvm_errlist`: by the negated code. Gaps of the numbering are PVM's.
pub const TEXTS: [&CStr; 37] = [
    c"Error 0",
    c"Error 1",
    c"Bad parameter",
    c"Parameter mismatch",
    c"Value too large",
    c"End of buffer",
    c"No such host",
    c"No such file",
    c"Permission denied",
    c"Error 9",
    c"Malloc failed",
    c"Error 11",
    c"Can't decode message",
    c"Error 13",
    c"Can't contact local daemon",
    c"No current buffer",
    c"No such buffer",
    c"Null group name",
    c"Already in group",
    c"No such group",
    c"Not in group",
    c"No such instance",
    c"Host failed",
    c"No parent task",
    c"Not implemented",
    c"Pvmd system error",
    c"Version mismatch",
    c"Out of resources",
    c"Duplicate host",
    c"Can't start pvmd",
    c"Already in progress",
    c"No such task",
    c"Not Found",
    c"Already Exists",
    c"Hoster must run on master host",
    c"Spawning parent set PvmNoParent",
    c"Master Host IP Address is Loopback! (See pvm3/Readme)",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_text() {
        assert_eq!(PvmError::BadParam.text(), c"Bad parameter");
        assert_eq!(
            PvmError::IPLoopback.text(),
            c"Master Host IP Address is Loopback! (See pvm3/Readme)"
        );
        assert_eq!(PvmError::NotFound.text(), c"Not Found");
        let unknown = c"Unknown Error";
        assert_eq!([text(-37), text(5), text(i32::MIN)], [unknown, unknown, unknown]);
        assert_eq!(text(0), c"Error 0");
    }
}
