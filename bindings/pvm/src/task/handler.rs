//! Message handlers and caught output: what runs when certain messages come.
//!
//! A handler runs without the lock and with buffers of its own, as pvm_addmhf(3PVM) says. Called
//! by `receive.rs` and `send.rs`, which is where PVM looks at what has come.

use std::sync::Arc;

use super::Task;
use crate::Tid;
use crate::code::Result;
use crate::handlers::{Action, Function};
use crate::machine::{Arrival, Arrived, Machine, Wait, Want};
use crate::notices;
use crate::options::Opt;
use crate::output::Sink;
use crate::task::receive;

/// Tag and context of output that `pvm_catchout` has asked for: no program's messages have these.
const CAUGHT: (i32, i32) = (i32::MIN, i32::MIN + 1);

impl Task {
    /// `pvm_addmhf`; gives the handler's number.
    pub fn add_handler(&self, want: Want, function: Function) -> Result<i32> {
        self.add_action(want, Action::Call(function))
    }

    /// `pvm_delmhf`.
    pub fn remove_handler(&self, id: i32) -> Result<i32> {
        self.state().handlers.remove(id)?;
        self.tell_handlers();
        Ok(0)
    }

    /// All handlers, for `pvmdisplaymhfinfo`.
    pub fn handlers(&self) -> Vec<(u32, Want)> {
        self.state().handlers.all().collect()
    }

    /// `pvm_catchout`: output of tasks spawned from now on goes to the sink, or nowhere.
    pub fn catch_output(&self, sink: Option<Sink>) -> Result<i32> {
        let own = self.tid()?;
        let on = sink.is_some();
        let first = {
            let mut state = self.state();
            let (tag, context) = CAUGHT;
            let values = if on { [own.0, tag, context] } else { [0; 3] };
            let opts = [Opt::OutputTid, Opt::OutputCode, Opt::OutputContext];
            for (opt, value) in opts.into_iter().zip(values) {
                state.options.put(opt, value);
            }
            state.catch.set(sink)
        };
        if first {
            let want = Want { from: None, tag: Some(CAUGHT.0), context: Some(CAUGHT.1) };
            self.add_action(want, Action::Output)?;
        }
        Ok(0)
    }

    fn add_action(&self, want: Want, action: Action) -> Result<i32> {
        let id = self.state().handlers.add(want, action)?;
        self.tell_handlers();
        Ok(id)
    }

    fn tell_handlers(&self) {
        if let Some(machine) = self.enrolled() {
            machine.handle(&self.handlers());
        }
    }

    /// Run the handlers of what has come, without waiting.
    pub(super) fn run_waiting_handlers(&self, machine: &Arc<dyn Machine>) -> Result<()> {
        if self.state().handlers.is_empty() {
            return Ok(());
        }
        while let Some(Arrival::Handled(id, arrived)) = machine.receive(None, Wait::No)? {
            self.run_handler(machine, id, arrived)?;
        }
        Ok(())
    }

    pub(super) fn run_handler(
        &self,
        machine: &Arc<dyn Machine>,
        id: u32,
        arrived: Arrived,
    ) -> Result<()> {
        let mut buffer = receive::buffer(arrived, machine.me().tid());
        let mut state = self.state();
        match state.handlers.action(id) {
            // Removed while the message was on its way.
            None => {}
            Some(Action::Output) => {
                let show = state.options.get(Opt::ShowTids) != 0;
                if let Ok(heard) = notices::read_output(&mut buffer) {
                    state.catch.hear(heard, show);
                }
            }
            Some(Action::Call(function)) => {
                let message = state.buffers.add(buffer)?;
                let which = state.buffers.which(message);
                let before = state.buffers.swap_current((0, message));
                drop(state);
                function(message);
                let mut state = self.state();
                if state.buffers.which(message) == which {
                    state.forget(message)?;
                }
                state.buffers.swap_current(before);
            }
        }
        Ok(())
    }

    /// Wait until all caught output has come.
    pub(super) fn hear_out(&self, machine: &Arc<dyn Machine>) {
        while self.state().catch.awaits_more() {
            match machine.receive(None, Wait::Forever) {
                Ok(Some(Arrival::Handled(id, arrived))) => {
                    if self.run_handler(machine, id, arrived).is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// Tasks were spawned whose output is being caught.
    pub(super) fn expect_output(&self, tids: impl Iterator<Item = Tid>) {
        let mut state = self.state();
        if state.options.get(Opt::OutputCode) == CAUGHT.0 {
            tids.for_each(|tid| state.catch.expect(tid));
        }
    }
}
