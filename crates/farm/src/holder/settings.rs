//! What a vm may set of its task farm.

use crate::limits;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// A host may have as much work handed ahead as it does in this time.
    pub ahead: Duration,
    /// A task that waited so long while others passed it gets a host kept free.
    pub reserve_after: Duration,
    /// After a start of the holder, hosts that have tasks may come back within this time.
    pub attach_within: Duration,
    /// A second copy of a task is made when it has run so many times as long as others of its
    /// job.
    pub copy_after: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            ahead: limits::AHEAD,
            reserve_after: limits::RESERVE_AFTER,
            attach_within: limits::ATTACH_WITHIN,
            copy_after: limits::COPY_AFTER,
        }
    }
}
