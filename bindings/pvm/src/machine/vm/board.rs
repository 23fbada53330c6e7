//! Mailbox, groups and contexts: the vm's board in this task's name.
//!
//! A stored message has its context, tag, wait id and encoding before its body, four bytes each,
//! little-endian. Called by `answers.rs`.

use bytes::{BufMut, Bytes, BytesMut};
use posse::ProcessId;
use posse::board::{Board, Letter, MailEntry, MailFlags, OnDeath};

use super::VmMachine;
use super::error::code;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::flags::MAIL_INDEX_SHIFT;
use crate::machine::{Arrived, Class, Entry, Label, Outgoing};

const HEADING_BYTES: usize = 16;

/// A stored message is nobody's arrival.
const NO_STAMP: u64 = u64::MAX;

impl VmMachine {
    pub(super) fn board(&self) -> Result<&Board> {
        if self.board.get().is_none() {
            let me = self.process.id();
            let made = self.ask(|vm| vm.board(me))?;
            let _another_was_quicker = self.board.set(made);
        }
        self.board.get().ok_or(PvmError::SysErr)
    }

    pub(super) fn put(&self, name: &str, message: Outgoing, flags: i32) -> Result<i32> {
        let stored = stored(&message);
        let index = self.board()?.mailbox().put(name, mail_flags(flags), &stored).map_err(code)?;
        Ok(index as i32)
    }

    pub(super) fn get(&self, name: &str, index: i32, flags: i32) -> Result<(i32, Arrived)> {
        let at = u32::try_from(index).map_err(|_| PvmError::BadParam)?;
        let letter = self.board()?.mailbox().get(name, at, mail_flags(flags), None);
        let Letter { index, owner, value, .. } = letter.map_err(code)?;
        let (label, body) = taken_apart(value.into()).ok_or(PvmError::BadMsg)?;
        let from = self.owner(owner);
        Ok((index as i32, Arrived { stamp: NO_STAMP, from, label, body }))
    }

    pub(super) fn delete(&self, name: &str, index: i32) -> Result<i32> {
        let at = u32::try_from(index).map_err(|_| PvmError::BadParam)?;
        self.board()?.mailbox().delete(name, at).map_err(code)?;
        Ok(index)
    }

    pub(super) fn classes(&self) -> Result<Vec<Class>> {
        let mut classes: Vec<Class> = Vec::new();
        for MailEntry { name, index, owner, flags, .. } in
            self.board()?.mailbox().list().map_err(code)?
        {
            let flags = (flags.0 & ((1 << MAIL_INDEX_SHIFT) - 1)) as i32;
            let entry = Entry { index: index as i32, owner: self.owner(owner).0, flags };
            match classes.last_mut().filter(|class| class.name == name) {
                Some(class) => class.entries.push(entry),
                None => classes.push(Class { name, entries: vec![entry] }),
            }
        }
        Ok(classes)
    }

    /// 0 where it has gone.
    fn owner(&self, owner: Option<ProcessId>) -> Tid {
        let mut messages = self.messages();
        owner.and_then(|owner| messages.lives.learn(owner)).unwrap_or(Tid(0))
    }

    pub(super) fn join_group(&self, name: &str) -> Result<i32> {
        Ok(self.board()?.groups().join(name).map_err(code)? as i32)
    }

    pub(super) fn members(&self, name: &str) -> Result<Vec<Option<Tid>>> {
        let members = self.board()?.groups().members(name).map_err(code)?;
        let mut messages = self.messages();
        Ok(members.into_iter().map(|member| messages.lives.learn(member?)).collect())
    }

    pub(super) fn barrier(&self, name: &str, count: Option<u32>) -> Result<()> {
        let groups = self.board()?.groups();
        groups.barrier(name, count, OnDeath::WaitOn, None).map_err(code)
    }

    pub(super) fn freeze(&self, name: &str, size: i32) -> Result<Vec<Option<Tid>>> {
        let size = u32::try_from(size).ok();
        self.board()?.groups().freeze(name, size, None).map_err(code)?;
        self.members(name)
    }

    pub(super) fn allot_context(&self) -> Result<i32> {
        Ok(self.board()?.contexts().allot().map_err(code)? as i32)
    }

    pub(super) fn give_context_back(&self, context: i32) -> Result<()> {
        let context = u32::try_from(context).map_err(|_| PvmError::NotFound)?;
        self.board()?.contexts().free(context).map_err(code)
    }
}

/// The sign is no part of an index.
fn mail_flags(flags: i32) -> MailFlags {
    MailFlags((flags & i32::MAX) as u32)
}

fn stored(message: &Outgoing) -> Vec<u8> {
    let Label { context, tag, wait_id, encoding } = message.label;
    let mut stored = BytesMut::with_capacity(HEADING_BYTES + message.body.len());
    [context, tag, wait_id].into_iter().for_each(|word| stored.put_i32_le(word));
    stored.put_u32_le(encoding);
    stored.put_slice(&message.body);
    stored.into()
}

/// `None` for what no task has put there.
fn taken_apart(mut value: Bytes) -> Option<(Label, Bytes)> {
    let heading = (value.len() >= HEADING_BYTES).then(|| value.split_to(HEADING_BYTES))?;
    let word = |at: usize| {
        let bytes = heading.get(4 * at..)?.first_chunk::<4>()?;
        Some(i32::from_le_bytes(*bytes))
    };
    let (context, tag, wait_id) = (word(0)?, word(1)?, word(2)?);
    Some((Label { context, tag, wait_id, encoding: word(3)? as u32 }, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_message_comes_back() {
        let label = Label { context: 1, tag: -2, wait_id: 3, encoding: 0x1100_0000 };
        let value = stored(&Outgoing { label, body: Bytes::from_static(b"abc") });
        assert_eq!(taken_apart(value.into()), Some((label, Bytes::from_static(b"abc"))));
        assert_eq!(taken_apart(Bytes::from_static(b"short")), None);
    }

    #[test]
    fn flags_keep_their_index_and_lose_their_sign() {
        assert_eq!(mail_flags(-1).index(), (1 << 21) - 1);
        assert_eq!(mail_flags(2 | 7 << 10).index(), 7);
    }
}
