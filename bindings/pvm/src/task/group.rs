//! Groups: joining and leaving, who is in one, barriers, sending to all.
//!
//! Membership is the machine's; what is known for good of a frozen group is kept here. Called by
//! `abi/group.rs` and `collective.rs`.

use super::Task;
use crate::Tid;
use crate::code::{PvmError, Result};

impl Task {
    /// `pvm_joingroup`: gives the instance number.
    pub fn join_group(&self, name: &str) -> Result<i32> {
        named(name)?;
        if self.state().frozen.contains_key(name) {
            return Err(PvmError::NotInGroup);
        }
        self.machine()?.group_join(name)
    }

    /// `pvm_lvgroup`.
    pub fn leave_group(&self, name: &str) -> Result<i32> {
        named(name)?;
        let machine = self.machine()?;
        self.state().frozen.remove(name);
        machine.group_leave(name)?;
        Ok(0)
    }

    /// `pvm_freezegroup`: waits for `size` members (-1: as many as there are); from then on
    /// nothing about the group is asked again. Gives the size.
    pub fn freeze_group(&self, name: &str, size: i32) -> Result<i32> {
        named(name)?;
        let members = self.machine()?.group_freeze(name, size)?;
        let count = members.len() as i32;
        self.state().frozen.insert(name.to_owned(), members);
        Ok(count)
    }

    /// `pvm_gsize`.
    pub fn group_size(&self, name: &str) -> Result<i32> {
        Ok(self.members(name)?.iter().flatten().count() as i32)
    }

    /// `pvm_gettid`.
    pub fn group_tid(&self, name: &str, instance: i32) -> Result<Tid> {
        let members = self.members(name)?;
        member(&members, instance)
    }

    /// `pvm_getinst`.
    pub fn group_instance(&self, name: &str, tid: Tid) -> Result<i32> {
        instance(&self.members(name)?, tid)
    }

    /// `pvm_barrier`; -1 is all members.
    pub fn barrier(&self, name: &str, count: i32) -> Result<i32> {
        named(name)?;
        let count = match u32::try_from(count) {
            Ok(count) if count > 0 => Some(count),
            _ if count == -1 => None,
            // Of several mistakes PVM tells this one last.
            _ => return instance(&self.members(name)?, self.tid()?).and(Err(PvmError::Mismatch)),
        };
        self.machine()?.group_barrier(name, count)?;
        Ok(0)
    }

    /// `pvm_bcast`: the current send buffer to all members but this task, which need not be one.
    /// `NoInst` where there is nobody else, as in PVM.
    pub fn broadcast(&self, name: &str, tag: i32) -> Result<i32> {
        let own = self.tid()?;
        let members = self.members(name)?;
        let others: Vec<Tid> = members.into_iter().flatten().filter(|tid| *tid != own).collect();
        if others.is_empty() {
            return Err(PvmError::NoInst);
        }
        if tag < 0 {
            return Err(PvmError::BadParam);
        }
        self.send_current(&others, tag)
    }

    /// By instance number; from here if the group is frozen.
    pub(super) fn members(&self, name: &str) -> Result<Vec<Option<Tid>>> {
        named(name)?;
        let known = self.state().frozen.get(name).cloned();
        match known {
            Some(members) => Ok(members),
            None => self.machine()?.group_members(name),
        }
    }
}

pub(super) fn member(members: &[Option<Tid>], instance: i32) -> Result<Tid> {
    let at = usize::try_from(instance).map_err(|_| PvmError::NoInst)?;
    members.get(at).copied().flatten().ok_or(PvmError::NoInst)
}

pub(super) fn instance(members: &[Option<Tid>], tid: Tid) -> Result<i32> {
    let at = members.iter().position(|member| *member == Some(tid));
    at.map(|at| at as i32).ok_or(PvmError::NotInGroup)
}

fn named(name: &str) -> Result<()> {
    if name.is_empty() { Err(PvmError::NullGroup) } else { Ok(()) }
}
