//! Collective operations of a group, over messages: reduce, gather, scatter.
//!
//! One of the members is the root; the others exchange one message with it. Messages go in a
//! context that no program's receive looks at, with the program's tag, so that operations under
//! different tags do not meet. Called by `abi/group.rs`.

use super::Task;
use super::group::{instance, member};
use crate::Tid;
use crate::buffer::Contents;
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::machine::{Label, Want};

/// The context of the library's own messages.
pub(super) const CONTEXT: i32 = i32::MIN;

/// Who takes part: the tids by instance, this task's instance and the root's.
struct Circle {
    members: Vec<Tid>,
    own: usize,
    root: usize,
}

impl Task {
    /// `pvm_reduce`: at the root, `fold` is given the bytes of each other member in the order of
    /// instances and folds them into the root's own; the others send `data`.
    pub fn reduce(
        &self,
        name: &str,
        tag: i32,
        root: i32,
        data: &[u8],
        mut fold: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<i32> {
        let circle = self.circle(name, root)?;
        if circle.own != circle.root {
            return self.send_own(circle.members[circle.root], tag, data);
        }
        for (at, from) in circle.members.iter().enumerate() {
            if at != circle.own {
                let part = self.part(*from, tag, data.len())?;
                fold(&part)?;
            }
        }
        Ok(0)
    }

    /// `pvm_gather`: at the root, `store` is given each member's data with its instance.
    pub fn gather(
        &self,
        name: &str,
        tag: i32,
        root: i32,
        data: &[u8],
        mut store: impl FnMut(usize, &[u8]),
    ) -> Result<i32> {
        let circle = self.circle(name, root)?;
        if circle.own != circle.root {
            return self.send_own(circle.members[circle.root], tag, data);
        }
        for (at, from) in circle.members.iter().enumerate() {
            if at == circle.own {
                store(at, data);
            } else {
                store(at, &self.part(*from, tag, data.len())?);
            }
        }
        Ok(0)
    }

    /// `pvm_scatter`: at the root, `slice` gives the data of each instance, which `store` gets at
    /// each member.
    pub fn scatter<'a>(
        &self,
        name: &str,
        tag: i32,
        root: i32,
        bytes: usize,
        slice: impl Fn(usize) -> &'a [u8],
        store: impl FnOnce(&[u8]),
    ) -> Result<i32> {
        let circle = self.circle(name, root)?;
        if circle.own != circle.root {
            store(&self.part(circle.members[circle.root], tag, bytes)?);
            return Ok(0);
        }
        for (at, to) in circle.members.iter().enumerate() {
            if at != circle.own {
                self.send_own(*to, tag, slice(at))?;
            }
        }
        store(slice(circle.own));
        Ok(0)
    }

    /// `NoInst` for a root that is none, or a group with gaps: nobody could say whose part of an
    /// array is whose.
    fn circle(&self, name: &str, root: i32) -> Result<Circle> {
        let members = self.members(name)?;
        let own = instance(&members, self.tid()?)? as usize;
        member(&members, root)?;
        let members: Option<Vec<Tid>> = members.into_iter().collect();
        Ok(Circle { members: members.ok_or(PvmError::NoInst)?, own, root: root as usize })
    }

    fn send_own(&self, to: Tid, tag: i32, data: &[u8]) -> Result<i32> {
        let encoding = Encoding::Raw.wire();
        let label = Label { context: CONTEXT, tag, wait_id: 0, encoding };
        self.machine()?.send(&[to], label, Contents::Pieces(vec![data]))?;
        Ok(0)
    }

    /// `Mismatch` where the other one has another amount of data.
    fn part(&self, from: Tid, tag: i32, bytes: usize) -> Result<bytes::Bytes> {
        let want = Want { from: Some(from), tag: Some(tag), context: Some(CONTEXT) };
        let part = self.receive_own(&self.machine()?, want)?;
        if part.len() == bytes { Ok(part) } else { Err(PvmError::Mismatch) }
    }
}
