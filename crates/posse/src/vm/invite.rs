//! Codes by which other computers join the vm.

use super::Vm;
use crate::Error;
use crate::answers::{Pending, WhenFull, decode};
use posse_wire::msg::{Invite, Invited};
use posse_wire::{Kind, Message};
use std::time::Duration;

/// A code that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// How many computers may join by it.
    pub uses: u32,
    /// From now on.
    pub time: Duration,
    /// Where this machine is reached, `ADDRESS` or `ADDRESS:PORT`; empty: by the addresses by
    /// which it would reach others.
    pub at: Vec<String>,
    /// At which port it listens; 0: any, or where it does already.
    pub port: u16,
}

impl Vm {
    /// A code by which computers join the vm without a login of its owner's: `posse join CODE`
    /// there. Whoever has it is a host of the vm, and lets its owner start programs there. On the
    /// owner's machine alone, which listens from now on.
    pub fn invite(&self, wanted: &Invitation) -> Result<String, Error> {
        let Invitation { uses, time, at, port } = wanted.clone();
        let for_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.ask_for_code(Invite { uses, for_ms, at, port })
    }

    /// No code that was given out is good any more. Computers that joined stay.
    pub fn end_invitations(&self) -> Result<(), Error> {
        let nothing = Invite { uses: 0, for_ms: 0, at: Vec::new(), port: 0 };
        self.ask_for_code(nothing).map(drop)
    }

    fn ask_for_code(&self, invite: Invite) -> Result<String, Error> {
        invite.check().map_err(|error| Error::Command(error.to_string()))?;
        let (link, kinds) = (&self.inner.link, &[Kind::Invited, Kind::Done]);
        let ask = |id| invite.frame(id);
        let frame = Pending::send(link, kinds, 1, WhenFull::Refuse, ask)?.only("code")?;
        if frame.kind == Kind::Done {
            // Of a daemon that does not lead.
            let done: posse_wire::msg::Done = decode(&frame)?;
            return Err(Error::NotDone { reason: done.error.unwrap_or_default() });
        }
        let invited: Invited = decode(&frame)?;
        invited.result.map_err(|reason| Error::NotDone { reason })
    }
}
