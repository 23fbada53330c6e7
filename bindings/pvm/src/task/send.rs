//! Sending: the current buffer to one or many, or an array without a buffer.
//!
//! Nothing here waits for a receiver. Called by `abi/send.rs` and `group.rs`.

use std::sync::Arc;

use super::Task;
use crate::Tid;
use crate::buffer::Contents;
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::machine::{Label, Machine};
use crate::memory::Items;
use crate::options::Opt;

impl Task {
    /// `pvm_send`. `BadParam` for what cannot be a task, or a negative tag.
    pub fn send(&self, to: Tid, tag: i32) -> Result<i32> {
        self.check(&[to], tag)?;
        self.send_current(&[to], tag)
    }

    /// `pvm_mcast`: to each once, and not to this task itself.
    pub fn multicast(&self, to: &[Tid], tag: i32) -> Result<i32> {
        self.state().buffers.sending()?;
        self.check(to, tag)?;
        let own = self.tid()?;
        let mut others: Vec<Tid> = to.iter().copied().filter(|tid| *tid != own).collect();
        others.sort_unstable();
        others.dedup();
        self.send_current(&others, tag)
    }

    /// `pvm_psend`: an array as it is in memory; no buffer is touched.
    pub fn send_array(&self, to: Tid, tag: i32, items: Items<'_>) -> Result<i32> {
        self.check(&[to], tag)?;
        let machine = self.machine()?;
        let context = self.context();
        let label = Label { context, tag, wait_id: 0, encoding: Encoding::Raw.wire() };
        let run = items.run().ok_or(PvmError::BadParam)?;
        self.ask_route(&machine, &[to]);
        machine.send(&[to], label, Contents::Pieces(vec![run]))?;
        self.run_waiting_handlers(&machine)?;
        Ok(0)
    }

    pub(super) fn send_current(&self, to: &[Tid], tag: i32) -> Result<i32> {
        let machine = self.machine()?;
        self.ask_route(&machine, to);
        {
            let mut state = self.state();
            let context = state.context;
            let buffer = state.buffers.sending()?;
            let (wait_id, encoding) = (buffer.heading.wait_id, buffer.encoding().wire());
            let label = Label { context, tag, wait_id, encoding };
            if !to.is_empty() {
                machine.send(to, label, buffer.contents(label.encode()))?;
            }
        }
        self.run_waiting_handlers(&machine)?;
        Ok(0)
    }

    fn ask_route(&self, machine: &Arc<dyn Machine>, to: &[Tid]) {
        /// `PvmRouteDirect`.
        const DIRECT: i32 = 3;
        if self.option(Opt::Route) == DIRECT {
            machine.route(to);
        }
    }

    fn check(&self, to: &[Tid], tag: i32) -> Result<()> {
        let reserved = self.option(Opt::ResvTids) != 0;
        let may = reserved || (tag >= 0 && to.iter().all(|tid| tid.is_task()));
        if may { Ok(()) } else { Err(PvmError::BadParam) }
    }
}
