//! What an error of posse is to a PVM program.
//!
//! One function. Called wherever posse is.

use posse::Error;
use posse::board::{GroupError, MailError};

use crate::code::PvmError;

pub fn code(error: Error) -> PvmError {
    match error {
        Error::NoVm { .. }
        | Error::Place(_)
        | Error::Local(_)
        | Error::Refused { .. }
        | Error::Disconnected { .. }
        | Error::Protocol { .. } => PvmError::SysErr,
        Error::Selection { .. }
        | Error::NotMembers { .. }
        | Error::NoSuchNumber { .. }
        | Error::NoHosts => PvmError::NoHost,
        Error::Command(_) => PvmError::BadParam,
        Error::NotDone { .. } | Error::NoMoreNumbers | Error::Thread(_) => PvmError::OutOfRes,
        Error::PeerDown { .. } => PvmError::NoTask,
        Error::NoSuchContext => PvmError::NotFound,
        Error::Group { why, .. } => match why {
            GroupError::NoGroup => PvmError::NoGroup,
            GroupError::AlreadyMember { .. } => PvmError::DupGroup,
            GroupError::NotMember | GroupError::Frozen => PvmError::NotInGroup,
            GroupError::Mismatch { .. } => PvmError::Mismatch,
            GroupError::NoContext => PvmError::NotFound,
            GroupError::MemberDied { .. } => PvmError::NoTask,
            GroupError::Other { .. } => PvmError::OutOfRes,
        },
        Error::Mail { why, .. } => match why {
            MailError::NotFound => PvmError::NotFound,
            MailError::Denied => PvmError::Denied,
            MailError::Other { .. } => PvmError::NoMem,
        },
        _ => PvmError::DSysErr,
    }
}
