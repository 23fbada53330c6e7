//! A process's share of PVM: its buffers, options and handlers, and its way to the world.
//!
//! One method for each PVM function, without C: numbers in, numbers or a [`PvmError`] out. The
//! state is locked for moments only, never while a function of the program runs or a message is
//! waited for, so that such a function may call PVM, and other threads may. C is in `abi/`.

mod buffers;
mod collective;
mod group;
mod handler;
mod info;
mod mailbox;
mod receive;
mod send;
mod spawn;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Tid;
use crate::buffers::Buffers;
use crate::code::Result;
use crate::handlers::Handlers;
use crate::machine::{Machine, Me};
use crate::options::{Opt, Options};
use crate::output::Catch;

pub use receive::{Failed, Matcher};

/// How a task enrols, when it first needs the world.
pub type Connect = Box<dyn Fn() -> Result<Arc<dyn Machine>> + Send + Sync>;

pub struct Task {
    connect: Connect,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    machine: Option<Arc<dyn Machine>>,
    buffers: Buffers,
    options: Options,
    handlers: Handlers,
    context: i32,
    /// Messages that were taken out of the machine for `pvm_recvf`, in order of arrival.
    queue: VecDeque<i32>,
    /// Buffers of messages that were seen by `pvm_probe` and not yet received, by their stamp.
    probed: HashMap<u64, i32>,
    matcher: Option<Matcher>,
    catch: Catch,
    /// Members of groups that change no more.
    frozen: HashMap<String, Vec<Option<Tid>>>,
    /// Index of this task's entry among those that a reset spares.
    no_reset: Option<i32>,
}

impl Task {
    pub fn new(connect: Connect) -> Task {
        Task { connect, state: Mutex::default() }
    }

    /// Own tid, if enrolled: for messages about errors, which must not enrol.
    pub fn known_tid(&self) -> Option<Tid> {
        self.state().machine.as_ref().map(|machine| machine.me().tid())
    }

    /// `pvm_mytid`.
    pub fn tid(&self) -> Result<Tid> {
        Ok(self.machine()?.me().tid())
    }

    /// `pvm_exit`: leave the vm; a later call enrols anew. Waits for the output of children if it
    /// is being caught. How errors are reported stays as it was set.
    pub fn exit(&self) -> Result<i32> {
        if let Some(machine) = self.enrolled() {
            self.hear_out(&machine);
            machine.exit();
        }
        let mut state = self.state();
        let kept = [Opt::AutoErr, Opt::DebugMask].map(|opt| (opt, state.options.get(opt)));
        *state = State::default();
        kept.into_iter().for_each(|(opt, value)| state.options.put(opt, value));
        Ok(0)
    }

    pub fn option(&self, opt: Opt) -> i32 {
        self.state().options.get(opt)
    }

    /// `pvm_setopt`; gives the old value.
    pub fn set_option(&self, opt: Opt, value: i32) -> Result<i32> {
        let own = match opt {
            // Only these are judged by who asks.
            Opt::OutputTid | Opt::TraceTid => self.tid()?,
            _ => Tid(0),
        };
        match opt {
            Opt::NoReset => self.set_no_reset(value != 0)?,
            Opt::SelfOutputTid => self.set_output(|(tid, _, _)| *tid = value)?,
            Opt::SelfOutputCode => self.set_output(|(_, tag, _)| *tag = value)?,
            Opt::SelfOutputContext => self.set_output(|(_, _, context)| *context = value)?,
            _ => {}
        }
        self.state().options.set(opt, value, own)
    }

    /// Change where this task's own output goes.
    fn set_output(&self, change: impl FnOnce(&mut (i32, i32, i32))) -> Result<()> {
        let opts = [Opt::SelfOutputTid, Opt::SelfOutputCode, Opt::SelfOutputContext];
        let [tid, tag, context] = opts.map(|opt| self.option(opt));
        let mut output = (tid, tag, context);
        change(&mut output);
        self.machine()?.set_output(output)
    }

    pub fn context(&self) -> i32 {
        self.state().context
    }

    /// `pvm_setcontext`; gives the old one.
    pub fn set_context(&self, context: i32) -> i32 {
        std::mem::replace(&mut self.state().context, context)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere was answered with an error; the values are still sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enrolled(&self) -> Option<Arc<dyn Machine>> {
        self.state().machine.clone()
    }

    /// The world; enrols if this process has not yet.
    fn machine(&self) -> Result<Arc<dyn Machine>> {
        let mut state = self.state();
        if let Some(machine) = &state.machine {
            return Ok(machine.clone());
        }
        let machine = (self.connect)()?;
        state.inherit(machine.me());
        state.machine = Some(machine.clone());
        let handlers: Vec<_> = state.handlers.all().collect();
        machine.handle(&handlers);
        Ok(machine)
    }
}

impl State {
    fn inherit(&mut self, me: &Me) {
        self.context = me.context;
        let opts = [Opt::OutputTid, Opt::OutputCode, Opt::OutputContext];
        let own = [Opt::SelfOutputTid, Opt::SelfOutputCode, Opt::SelfOutputContext];
        self.inherit_three(me.output, opts, own);
        let opts = [Opt::TraceTid, Opt::TraceCode, Opt::TraceContext];
        let own = [Opt::SelfTraceTid, Opt::SelfTraceCode, Opt::SelfTraceContext];
        self.inherit_three(me.trace, opts, own);
    }

    fn inherit_three(&mut self, value: (i32, i32, i32), opts: [Opt; 3], own: [Opt; 3]) {
        for ((opt, own), value) in opts.into_iter().zip(own).zip([value.0, value.1, value.2]) {
            self.options.put(opt, value);
            self.options.put(own, value);
        }
    }
}
