//! Settings of a vm: small values by name that front ends share (directory, exports, masks).
//! The daemon keeps them and does not look inside.

use crate::message::at_most;
use crate::{Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// Set, or with `None` forget, one setting. Answered by `Done`.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub name: String,
    pub value: Option<Vec<u8>>,
}

impl Message for Set {
    const KIND: Kind = Kind::Set;

    fn check(&self) -> Result<(), WireError> {
        let bytes = self.value.as_ref().map_or(0, Vec::len) + self.name.len();
        at_most(Kind::Set, bytes, limits::SETTING_BYTES_MAX)
    }
}
