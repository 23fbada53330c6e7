//! The parts of the machine under the names of its trait.
//!
//! Nothing is decided here. Called by `task/`.

use std::os::fd::RawFd;

use super::VmMachine;
use super::error::code;
use crate::Tid;
use crate::buffer::Contents;
use crate::code::{PvmError, Result};
use crate::machine::{
    Arrival, Arrived, Class, Clock, Host, Label, Machine, Me, Notice, Outgoing, Role, Spawn,
    Status, Subject, TaskInfo, Tasks, Wait, Want,
};

impl Machine for VmMachine {
    fn me(&self) -> &Me {
        &self.me
    }

    fn siblings(&self) -> Result<Vec<Tid>> {
        self.siblings_of_me()
    }

    fn send(&self, to: &[Tid], label: Label, body: Contents<'_>) -> Result<()> {
        self.post(to, label, body)
    }

    fn route(&self, to: &[Tid]) {
        self.route_to(to);
    }

    fn handle(&self, handlers: &[(u32, Want)]) {
        self.messages().inbox.handle(handlers);
    }

    fn receive(&self, want: Option<&Want>, wait: Wait) -> Result<Option<Arrival>> {
        self.next(want, wait, true)
    }

    fn probe(&self, want: &Want, wait: Wait) -> Result<Option<Arrival>> {
        self.next(Some(want), wait, false)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        self.descriptor().into_iter().collect()
    }

    fn hosts(&self) -> Result<Vec<Host>> {
        self.config()
    }

    fn status(&self, of: &Subject) -> Result<Status> {
        self.status_of(of)
    }

    fn tasks(&self, which: Tasks) -> Result<Vec<TaskInfo>> {
        self.list(which)
    }

    fn clock(&self, host: Tid) -> Result<Clock> {
        self.clock_of(host)
    }

    /// Output goes where the parent had it go at the spawn: what would change that is refused.
    fn set_output(&self, output: (i32, i32, i32)) -> Result<()> {
        let heard = self.me.output;
        let is_same = output == heard || (output.0 == 0 && heard.0 == 0);
        if is_same { Ok(()) } else { Err(PvmError::NotImpl) }
    }

    fn spawn(&self, spawn: &Spawn) -> Result<Vec<Result<Tid>>> {
        self.start(spawn)
    }

    fn signal(&self, to: Tid, signal: i32) -> Result<()> {
        self.send_signal(to, signal)
    }

    fn add_hosts(&self, lines: &[String]) -> Result<Vec<Result<Tid>>> {
        self.add(lines)
    }

    fn delete_hosts(&self, names: &[String]) -> Result<Vec<Result<()>>> {
        self.remove(names)
    }

    fn halt(&self) -> Result<()> {
        self.end()
    }

    fn notify(&self, notice: &Notice) -> Result<()> {
        self.watch(notice)
    }

    fn register(&self, role: Role) -> Result<()> {
        self.take_over(role)
    }

    fn new_context(&self) -> Result<i32> {
        self.allot_context()
    }

    fn free_context(&self, context: i32) -> Result<()> {
        self.give_context_back(context)
    }

    fn mailbox_put(&self, name: &str, message: Outgoing, flags: i32) -> Result<i32> {
        self.put(name, message, flags)
    }

    fn mailbox_get(&self, name: &str, index: i32, flags: i32) -> Result<(i32, Arrived)> {
        self.get(name, index, flags)
    }

    fn mailbox_delete(&self, name: &str, index: i32) -> Result<i32> {
        self.delete(name, index)
    }

    fn mailbox_list(&self) -> Result<Vec<Class>> {
        self.classes()
    }

    fn group_join(&self, name: &str) -> Result<i32> {
        self.join_group(name)
    }

    fn group_leave(&self, name: &str) -> Result<()> {
        self.board()?.groups().leave(name).map_err(code)
    }

    fn group_members(&self, name: &str) -> Result<Vec<Option<Tid>>> {
        self.members(name)
    }

    fn group_barrier(&self, name: &str, count: Option<u32>) -> Result<()> {
        self.barrier(name, count)
    }

    fn group_freeze(&self, name: &str, size: i32) -> Result<Vec<Option<Tid>>> {
        self.freeze(name, size)
    }

    fn exit(&self) {
        self.leave();
    }
}
