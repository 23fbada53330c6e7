//! What happens to the vm, for `posse events` and `Vm::events`.

use crate::{HostId, Incarnation, Kind, Lead, Message};
use serde::{Deserialize, Serialize};

/// Ask for events from now on.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Events that the daemon still remembers come first.
    pub recent: bool,
}

/// One event. `at_ms` is the owner's wall clock, milliseconds since 1970.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at_ms: u64,
    pub host: HostId,
    pub name: String,
    pub what: Happening,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    HostUp {
        incarnation: Incarnation,
    },
    HostSuspect {
        silent_ms: u64,
    },
    HostTrusted,
    HostDown {
        why: String,
    },
    HostRemoved,
    LaunchFailed {
        why: String,
    },
    CommandStarted {
        number: u32,
        title: String,
        size: u32,
    },
    CommandOver {
        number: u32,
        code: u8,
    },
    /// It leads the vm from now on.
    Leads {
        lead: Lead,
    },
    /// The link is lost; another way is looked for, and what runs there goes on meanwhile.
    LinkLost {
        why: String,
    },
}

impl Message for Watch {
    const KIND: Kind = Kind::Watch;
}
impl Message for Event {
    const KIND: Kind = Kind::Event;
}
