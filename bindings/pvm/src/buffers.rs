//! The table of message buffers of a process, and which two of them are current.
//!
//! Identifiers are small positive numbers that are used again, as in PVM; 0 means none. No
//! packing here (`buffer/`). Part of `task::State`.

use crate::buffer::Buffer;
use crate::code::{PvmError, Result};

#[derive(Debug, Default)]
pub struct Buffers {
    /// By identifier less one.
    slots: Vec<Option<Buffer>>,
    free: Vec<usize>,
    /// How many buffers there were: numbers the use of an identifier.
    added: u64,
    uses: Vec<u64>,
    send: i32,
    receive: i32,
}

impl Buffers {
    pub fn add(&mut self, buffer: Buffer) -> Result<i32> {
        self.added += 1;
        if let Some(at) = self.free.pop() {
            (self.slots[at], self.uses[at]) = (Some(buffer), self.added);
            return Ok(at as i32 + 1);
        }
        let id = i32::try_from(self.slots.len() + 1).map_err(|_| PvmError::NoMem)?;
        self.slots.push(Some(buffer));
        self.uses.push(self.added);
        Ok(id)
    }

    /// `BadParam` for what is no identifier, `NoSuchBuf` for one of no buffer.
    pub fn get(&mut self, id: i32) -> Result<&mut Buffer> {
        let at = Self::index(id)?;
        self.slots.get_mut(at).and_then(Option::as_mut).ok_or(PvmError::NoSuchBuf)
    }

    /// Which buffer an identifier means now: another one once it was freed and used again.
    pub fn which(&self, id: i32) -> Option<u64> {
        let at = Self::index(id).ok()?;
        self.slots.get(at)?.as_ref().map(|_| self.uses[at])
    }

    /// Free it; what was current is none then.
    pub fn remove(&mut self, id: i32) -> Result<Buffer> {
        let at = Self::index(id)?;
        let slot = self.slots.get_mut(at).ok_or(PvmError::NoSuchBuf)?;
        let buffer = slot.take().ok_or(PvmError::NoSuchBuf)?;
        self.free.push(at);
        self.release(id);
        Ok(buffer)
    }

    /// Two different ones at once: the first to change, the second to read from.
    pub fn with_other<R>(
        &mut self,
        id: i32,
        other: i32,
        work: impl FnOnce(&mut Buffer, &mut Buffer) -> Result<R>,
    ) -> Result<R> {
        if id == other {
            return Err(PvmError::BadParam);
        }
        self.get(other)?;
        let mut taken = self.slots[Self::index(id)?].take().ok_or(PvmError::NoSuchBuf)?;
        let done = self.get(other).and_then(|other| work(&mut taken, other));
        self.slots[Self::index(id)?] = Some(taken);
        done
    }

    pub fn send_id(&self) -> i32 {
        self.send
    }

    pub fn receive_id(&self) -> i32 {
        self.receive
    }

    /// The current buffer to pack into.
    pub fn sending(&mut self) -> Result<&mut Buffer> {
        let id = self.send;
        if id == 0 { Err(PvmError::NoBuf) } else { self.get(id) }
    }

    /// The current buffer to unpack from.
    pub fn receiving(&mut self) -> Result<&mut Buffer> {
        let id = self.receive;
        if id == 0 { Err(PvmError::NoBuf) } else { self.get(id) }
    }

    /// Make a buffer (or none, 0) the one to pack into; gives the old one.
    pub fn set_send(&mut self, id: i32) -> Result<i32> {
        let old = self.send;
        if id != 0 {
            self.get(id)?;
            self.release(id);
        }
        self.send = id;
        Ok(old)
    }

    /// Make a buffer (or none, 0) the one to unpack from, where that was left; gives the old one.
    pub fn set_receive(&mut self, id: i32) -> Result<i32> {
        let old = self.receive;
        if id != 0 && id != old {
            self.get(id)?.read();
            self.release(id);
        }
        self.receive = id;
        Ok(old)
    }

    /// Exchange both current buffers for others that exist (or none), where they stand.
    pub fn swap_current(&mut self, (send, receive): (i32, i32)) -> (i32, i32) {
        let mut known = |id: i32| if self.get(id).is_ok() { id } else { 0 };
        let (send, receive) = (known(send), known(receive));
        let before = (self.send, self.receive);
        (self.send, self.receive) = (send, receive);
        before
    }

    /// A buffer is current in one way only.
    fn release(&mut self, id: i32) {
        if self.send == id {
            self.send = 0;
        }
        if self.receive == id {
            self.receive = 0;
        }
    }

    fn index(id: i32) -> Result<usize> {
        let at = id.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.ok_or(PvmError::BadParam)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tid;
    use crate::encoding::Encoding;

    fn empty() -> Buffer {
        Buffer::new(Encoding::Raw, Tid(0x40001))
    }

    #[test]
    fn identifiers_are_used_again() {
        let mut buffers = Buffers::default();
        let (a, b) = (buffers.add(empty()), buffers.add(empty()));
        assert_eq!((a, b), (Ok(1), Ok(2)));
        assert!(buffers.remove(1).is_ok());
        assert_eq!(buffers.get(1).err(), Some(PvmError::NoSuchBuf));
        let before = buffers.which(2);
        assert!(buffers.which(1).is_none() && before.is_some());
        assert_eq!(buffers.add(empty()), Ok(1));
        assert_ne!(buffers.which(1), before);
        for (id, error) in
            [(0, PvmError::BadParam), (-1, PvmError::BadParam), (9, PvmError::NoSuchBuf)]
        {
            assert_eq!(buffers.get(id).err(), Some(error));
            assert_eq!(buffers.remove(id).err(), Some(error));
        }
        assert_eq!(buffers.get(i32::MIN).err(), Some(PvmError::BadParam));
    }

    #[test]
    fn a_buffer_is_current_in_one_way() {
        let mut buffers = Buffers::default();
        buffers.add(empty()).expect("room");
        assert_eq!(buffers.set_send(1), Ok(0));
        assert_eq!(buffers.set_receive(1), Ok(0));
        assert_eq!((buffers.send_id(), buffers.receive_id()), (0, 1));
        assert_eq!(buffers.set_send(1), Ok(0));
        assert_eq!((buffers.send_id(), buffers.receive_id()), (1, 0));
        assert!(buffers.remove(1).is_ok());
        assert_eq!(buffers.send_id(), 0);
    }
}
