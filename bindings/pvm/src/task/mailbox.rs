//! The mailbox: messages kept in the vm by name and index, and the older calls that use it.
//!
//! Rules of putting and getting are the machine's (pvm_putinfo(3PVM)). Called by
//! `abi/mailbox.rs`.

use posse::pvm::classes::NO_RESET;

use super::Task;
use crate::Tid;
use crate::buffer::Buffer;
use crate::code::{PvmError, Result};
use crate::encoding::{ByteOrder, Encoding};
use crate::kind::Kind;
use crate::machine::flags::{MAIL_FIRST, MAIL_INDEX_SHIFT, MAIL_MULTI, MAIL_PERSISTENT};
use crate::machine::{Class, Label, Outgoing};
use crate::memory::Items;
use crate::task::receive;

impl Task {
    /// `pvm_putinfo`: gives the index.
    pub fn put_info(&self, name: &str, id: i32, flags: i32) -> Result<i32> {
        let machine = self.machine()?;
        let message = {
            let mut state = self.state();
            let context = state.context;
            let buffer = state.buffers.get(id)?;
            let (heading, encoding) = (buffer.heading, buffer.encoding().wire());
            let (tag, wait_id) = (heading.tag, heading.wait_id);
            let label = Label { context, tag, wait_id, encoding };
            Outgoing { label, body: buffer.bytes() }
        };
        machine.mailbox_put(name, message, flags)
    }

    /// `pvm_recvinfo`: the stored message is the current receive buffer.
    pub fn receive_info(&self, name: &str, index: i32, flags: i32) -> Result<i32> {
        let (_, id) = self.stored(name, index, flags)?;
        let mut state = self.state();
        state.drop_received();
        state.buffers.set_receive(id)?;
        Ok(id)
    }

    /// `pvm_delinfo`: gives the index.
    pub fn delete_info(&self, name: &str, index: i32) -> Result<i32> {
        if name.is_empty() || index < 0 {
            return Err(PvmError::BadParam);
        }
        self.machine()?.mailbox_delete(name, index)
    }

    /// `pvm_getmboxinfo`, of all classes.
    pub fn mailbox(&self) -> Result<Vec<Class>> {
        self.machine()?.mailbox_list()
    }

    /// `pvm_insert`, from before there was a mailbox: a number under a name and an index, where
    /// -1 is the first that is free. `Denied` where the index is taken.
    pub fn insert(&self, name: &str, index: i32, value: i32) -> Result<i32> {
        let machine = self.machine()?;
        let mut flags = MAIL_PERSISTENT | MAIL_MULTI;
        if index >= 0 {
            if machine.mailbox_get(name, index, 0).is_ok() {
                return Err(PvmError::Denied);
            }
            flags |= index << MAIL_INDEX_SHIFT;
        }
        let message = number(machine.me().tid(), value)?;
        machine.mailbox_put(name, message, flags)
    }

    /// `pvm_lookup`: the index and the number; -1 asks for the first.
    pub fn lookup(&self, name: &str, index: i32) -> Result<(i32, i32)> {
        let flags = if index < 0 { MAIL_FIRST } else { 0 };
        let (found, id) = self.stored(name, index.max(0), flags)?;
        let mut buffer = self.state().forget(id)?;
        Ok((found, buffer.unpack_int()?))
    }

    /// `pvm_getnoresets`: tasks that a reset spares.
    pub fn no_resets(&self) -> Result<Vec<Tid>> {
        let classes = self.mailbox()?;
        let spared = classes.iter().filter(|class| class.name == NO_RESET);
        let owners = spared.flat_map(|class| class.entries.iter().map(|entry| entry.owner));
        Ok(owners.filter(|owner| *owner != 0).map(Tid).collect())
    }

    /// `PvmNoReset`: an entry of this task, there or not.
    pub(super) fn set_no_reset(&self, on: bool) -> Result<()> {
        let machine = self.machine()?;
        let index = self.state().no_reset.take();
        match (on, index) {
            (true, None) => {
                let message = number(machine.me().tid(), machine.me().tid)?;
                let index = machine.mailbox_put(NO_RESET, message, MAIL_MULTI)?;
                self.state().no_reset = Some(index);
            }
            (true, index) => self.state().no_reset = index,
            (false, Some(index)) => drop(machine.mailbox_delete(NO_RESET, index)?),
            (false, None) => {}
        }
        Ok(())
    }

    /// A stored message as a buffer, with its index.
    fn stored(&self, name: &str, index: i32, flags: i32) -> Result<(i32, i32)> {
        if name.is_empty() || index < 0 {
            return Err(PvmError::BadParam);
        }
        let machine = self.machine()?;
        let (found, arrived) = machine.mailbox_get(name, index, flags)?;
        let buffer = receive::buffer(arrived, machine.me().tid());
        Ok((found, self.state().buffers.add(buffer)?))
    }
}

/// A message of one number.
fn number(own: Tid, value: i32) -> Result<Outgoing> {
    let encoding = Encoding::Xdr(ByteOrder::OWN);
    let mut buffer = Buffer::new(encoding, own);
    buffer.pack(Kind::Int, Items::of(&value.to_ne_bytes(), 4))?;
    let label = Label { context: 0, tag: 0, wait_id: 0, encoding: encoding.wire() };
    Ok(Outgoing { label, body: buffer.bytes() })
}
