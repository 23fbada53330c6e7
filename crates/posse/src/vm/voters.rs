//! Who votes on the control state of the vm, and what to do when most of them are lost for good.

use super::Vm;
use crate::Error;
use crate::answers::{Pending, WhenFull, decode};
use posse_wire::msg::{Recover, Voters};
use posse_wire::{Kind, Message};

impl Vm {
    /// The hosts that hold the registry of names and the table of hosts, as this daemon knows.
    pub fn voters(&self) -> Result<Voters, Error> {
        let (link, kinds) = (&self.inner.link, &[Kind::Voters]);
        let ask = |id| Voters::default().frame(id);
        decode(&Pending::send(link, kinds, 1, WhenFull::Refuse, ask)?.only("list of voters")?)
    }

    /// Goes on without voters that are lost for good, with what this computer holds, as another
    /// *epoch*: voters of the old one are refused when they are heard again, and what they did
    /// without this computer is gone. Refused while a majority answers, and where `epoch` (of
    /// [`Vm::voters`]) is over already.
    pub fn recover(&self, epoch: u32) -> Result<(), Error> {
        let (link, kinds) = (&self.inner.link, &[Kind::Done]);
        let ask = |id| Recover { epoch }.frame(id);
        Pending::send(link, kinds, 1, WhenFull::Refuse, ask)?.done("end of the recovery")
    }
}
