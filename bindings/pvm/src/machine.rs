//! What PVM needs of the world: messages to other tasks, hosts, processes, the mailbox, groups.
//!
//! One trait, so that everything above it runs over the vm or over a test's threads. Here are its
//! types too; `vm.rs` is the real one. Called by `task/`.

pub mod flags;
mod types;
pub mod vm;

use std::os::fd::RawFd;

pub use types::{
    About, Arrival, Arrived, Class, Clock, Entry, Host, LABEL_BYTES, Label, Me, Notice, Outgoing,
    Parent, Role, Spawn, Status, Subject, TaskInfo, Tasks, Wait, Want,
};

use crate::Tid;
use crate::buffer::Contents;
use crate::code::Result;

/// The world as one enrolled task sees it. Every call may come from any thread. Only `receive`,
/// `probe` with a wait, `mailbox_get` with `wait`, `group_barrier` and `group_freeze` wait for
/// other tasks; the others end on their own, with an error if need be.
pub trait Machine: Send + Sync {
    /// Who this task is; fixed when it enrolled.
    fn me(&self) -> &Me;

    /// All tasks of the same spawn, this one included, in their order; empty for others.
    fn siblings(&self) -> Result<Vec<Tid>> {
        Ok(self.me().siblings.clone())
    }

    /// Send to each of `to`, in order with what was sent before. Never waits for a receiver:
    /// `NoMem` where there is no room. Sending to the dead succeeds.
    fn send(&self, to: &[Tid], label: Label, body: Contents<'_>) -> Result<()>;

    /// This task wants a route of its own to each of these (`PvmRouteDirect`). The best way is
    /// always taken; what is new is told to who asked for it by `notify`.
    fn route(&self, to: &[Tid]);

    /// Which messages are for handlers (all of them, in place of what was said before). They are
    /// sorted out as they arrive and never match a `Want`.
    fn handle(&self, handlers: &[(u32, Want)]);

    /// The oldest message that is wanted, or any that is for a handler, taken out. With `None`
    /// only the latter. `Ok(None)` when the wait is over; an error when what is waited for can
    /// no longer come.
    fn receive(&self, want: Option<&Want>, wait: Wait) -> Result<Option<Arrival>>;

    /// The same, but a wanted message stays where it is and is given as a copy.
    fn probe(&self, want: &Want, wait: Wait) -> Result<Option<Arrival>>;

    /// Descriptors that become readable when something has arrived.
    fn descriptors(&self) -> Vec<RawFd>;

    fn hosts(&self) -> Result<Vec<Host>>;

    /// Also how `pvm_mstat` and `pvm_pstat` learn whether a host or a task is there.
    fn status(&self, of: &Subject) -> Result<Status>;

    fn tasks(&self, which: Tasks) -> Result<Vec<TaskInfo>>;

    fn clock(&self, host: Tid) -> Result<Clock>;

    /// From now on this task's own output goes to this task, tag and context (0: to nobody).
    fn set_output(&self, output: (i32, i32, i32)) -> Result<()>;

    /// One result for each task that was asked for. An outer error where nothing was tried.
    fn spawn(&self, spawn: &Spawn) -> Result<Vec<Result<Tid>>>;

    /// Send a signal to a task; one that is gone is no error.
    fn signal(&self, to: Tid, signal: i32) -> Result<()>;

    /// Add hosts by what a hostfile's line would say; one result each.
    fn add_hosts(&self, lines: &[String]) -> Result<Vec<Result<Tid>>>;

    fn delete_hosts(&self, names: &[String]) -> Result<Vec<Result<()>>>;

    /// End the vm, this task included.
    fn halt(&self) -> Result<()>;

    /// Ask for notices (or take the asking back, which sends them at once). They come as
    /// messages from [`Tid::DAEMON`] with integers in `PvmDataDefault`, see `notices.rs`.
    fn notify(&self, notice: &Notice) -> Result<()>;

    /// Take over a duty from the vm: starting hosts, starting tasks, placing them.
    fn register(&self, role: Role) -> Result<()>;

    fn new_context(&self) -> Result<i32>;

    /// `NotFound` where nobody has it.
    fn free_context(&self, context: i32) -> Result<()>;

    /// Store a message; gives its index. Rules of `pvm_putinfo(3PVM)`.
    fn mailbox_put(&self, name: &str, message: Outgoing, flags: i32) -> Result<i32>;

    /// A stored message and its index; its `from` is the owner. `wait` is `PvmMboxWaitForInfo`.
    fn mailbox_get(&self, name: &str, index: i32, flags: i32) -> Result<(i32, Arrived)>;

    fn mailbox_delete(&self, name: &str, index: i32) -> Result<i32>;

    fn mailbox_list(&self) -> Result<Vec<Class>>;

    /// Join a group; gives the lowest free instance number.
    fn group_join(&self, name: &str) -> Result<i32>;

    fn group_leave(&self, name: &str) -> Result<()>;

    /// By instance number, `None` where one has left. `NoGroup` where there is none of the name;
    /// a group is gone with its last member.
    fn group_members(&self, name: &str) -> Result<Vec<Option<Tid>>>;

    /// Wait until `count` members have called it, or as many as there are. `Mismatch` where they
    /// name other counts, `NotInGroup` where this task is no member.
    fn group_barrier(&self, name: &str, count: Option<u32>) -> Result<()>;

    /// Wait until the group has `size` members, then let it change no more; gives them.
    fn group_freeze(&self, name: &str, size: i32) -> Result<Vec<Option<Tid>>>;

    /// Leave the vm: what this task owns there is settled as if it had ended.
    fn exit(&self);
}
