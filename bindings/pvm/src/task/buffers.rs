//! Making, choosing, filling and reading message buffers.
//!
//! Needs no world, so that it works without a vm; a new buffer enrols if there is one, as every
//! call of PVM does. The bytes are `buffer/`, the table is `buffers.rs`.

use super::Task;
use crate::Tid;
use crate::buffer::{Buffer, Heading};
use crate::code::Result;
use crate::encoding::Encoding;
use crate::kind::Kind;
use crate::memory::{Items, Places};

/// `pvm_getminfo`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct MessageInfo {
    pub bytes: usize,
    pub encoding: u32,
    pub heading: Heading,
}

impl Task {
    /// `pvm_mkbuf`.
    pub fn make_buffer(&self, how: i32) -> Result<i32> {
        let encoding = Encoding::chosen(how)?;
        let own = self.tid().unwrap_or(Tid(0));
        self.state().buffers.add(Buffer::new(encoding, own))
    }

    /// `pvm_initsend`: the current send buffer is a new one, and the old one is freed.
    pub fn init_send(&self, how: i32) -> Result<i32> {
        let id = self.make_buffer(how)?;
        let mut state = self.state();
        let old = state.buffers.set_send(id)?;
        if old != 0 {
            state.forget(old)?;
        }
        Ok(id)
    }

    /// `pvm_freebuf`; 0 is no buffer and no error.
    pub fn free_buffer(&self, id: i32) -> Result<i32> {
        if id != 0 {
            self.state().forget(id)?;
        }
        Ok(0)
    }

    /// The current send and receive buffer, 0 for none.
    pub fn current(&self) -> (i32, i32) {
        let state = self.state();
        (state.buffers.send_id(), state.buffers.receive_id())
    }

    pub fn set_send_buffer(&self, id: i32) -> Result<i32> {
        self.state().buffers.set_send(id)
    }

    pub fn set_receive_buffer(&self, id: i32) -> Result<i32> {
        self.state().buffers.set_receive(id)
    }

    /// `pvm_getminfo`, and with less of it `pvm_bufinfo`.
    pub fn message_info(&self, id: i32) -> Result<MessageInfo> {
        let mut state = self.state();
        let buffer = state.buffers.get(id)?;
        let (bytes, encoding) = (buffer.len(), buffer.encoding().shown());
        Ok(MessageInfo { bytes, encoding, heading: buffer.heading })
    }

    /// `pvm_setminfo`: all of the heading but the checksum.
    pub fn set_heading(&self, id: i32, heading: Heading) -> Result<i32> {
        let mut state = self.state();
        let buffer = state.buffers.get(id)?;
        buffer.heading = Heading { checksum: buffer.heading.checksum, ..heading };
        Ok(0)
    }

    pub fn pack(&self, kind: Kind, items: Items<'_>) -> Result<i32> {
        self.state().buffers.sending()?.pack(kind, items).map(|()| 0)
    }

    pub fn pack_string(&self, text: &[u8]) -> Result<i32> {
        self.state().buffers.sending()?.pack_string(text).map(|()| 0)
    }

    /// What does not outlive the call: it is copied in every encoding.
    pub fn pack_value(&self, kind: Kind, value: &[u8]) -> Result<i32> {
        self.state().buffers.sending()?.pack_value(kind, value).map(|()| 0)
    }

    pub fn pack_string_value(&self, text: &[u8]) -> Result<i32> {
        self.state().buffers.sending()?.pack_string_value(text).map(|()| 0)
    }

    pub fn unpack(&self, kind: Kind, places: Places<'_>) -> Result<i32> {
        self.state().buffers.receiving()?.unpack(kind, places).map(|()| 0)
    }

    /// `store` gets the string without its NUL.
    pub fn unpack_string(&self, store: impl FnMut(&[u8])) -> Result<i32> {
        self.state().buffers.receiving()?.unpack_string(store).map(|()| 0)
    }

    /// `pvm_pkmesg`, or `pvm_pkmesgbody` without the heading.
    pub fn pack_message(&self, id: i32, heading: bool) -> Result<i32> {
        let mut state = self.state();
        state.buffers.sending()?;
        let send = state.buffers.send_id();
        state.buffers.with_other(send, id, |outer, inner| {
            if heading { outer.pack_message(inner) } else { outer.pack_body(inner) }
        })?;
        Ok(0)
    }

    /// `pvm_upkmesg`: gives the new buffer.
    pub fn unpack_message(&self) -> Result<i32> {
        let mut state = self.state();
        let inner = state.buffers.receiving()?.unpack_message()?;
        state.buffers.add(inner)
    }
}

impl super::State {
    /// Free a buffer wherever it is known.
    pub(super) fn forget(&mut self, id: i32) -> Result<Buffer> {
        let buffer = self.buffers.remove(id)?;
        self.probed.retain(|_, probed| *probed != id);
        self.queue.retain(|queued| *queued != id);
        Ok(buffer)
    }
}
