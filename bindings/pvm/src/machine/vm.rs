//! The vm that this process's daemon belongs to, as PVM's machine: one task of it.
//!
//! The one place where the library meets posse. Here are enrolling and what each part needs of the
//! others; the parts are in files of their own, a kind of request each:
//!
//! - `ids`, `inbox`, `watches`, `place`, `hostfile`: values only
//! - `messages`: sending, receiving, waiting; `readable`: waiting in select(2)
//! - `hosts`, `tasks`: questions; `change`: adding and deleting hosts
//! - `spawn`, `output`: starting tasks, and hearing them
//! - `notify`: being told of ends
//! - `board`: mailbox, groups, contexts
//! - `duty`, `tasker`, `hoster`: what tasks do in the vm's place
//! - `answers`: the parts under the names of the trait
//!
//! Called by the C functions (`abi/guard.rs`) when a program first needs the world.

mod answers;
mod board;
mod change;
mod duty;
mod error;
mod hoster;
mod hostfile;
mod hosts;
mod ids;
mod inbox;
mod messages;
mod notify;
mod output;
mod place;
mod readable;
mod spawn;
mod tasker;
mod tasks;
mod watches;

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use posse::board::Board;
use posse::message::{Process, RecvId};
use posse::pvm::Inherited;
use posse::{Outcome, ProcessId, Vm};

use super::{Machine, Me, Parent};
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::task::Connect;
use error::code;
use messages::Messages;

static STAND_IN: OnceLock<Connect> = OnceLock::new();

/// The one that this process is now, for its end.
static CURRENT: Mutex<Weak<VmMachine>> = Mutex::new(Weak::new());

/// The one that this process was before it left, until it enrols again.
static BEFORE: Mutex<Option<ProcessId>> = Mutex::new(None);

/// The vm has heard by then that a task has left.
const LEFT_WITHIN: Duration = Duration::from_secs(2);

/// Between two questions whether it has.
const AGAIN_AFTER: Duration = Duration::from_millis(2);

/// From its last send to its end a task waits at most so long for what it sent to living tasks to
/// arrive; the end of another ends the wait for it. Longer than most programs compute between two
/// calls of PVM, and short enough not to be taken for hanging.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);

/// Enrol this process.
pub fn connect() -> Result<Arc<dyn Machine>> {
    match STAND_IN.get() {
        Some(connect) => connect(),
        None => Ok(VmMachine::join()?),
    }
}

/// For tests: what the C functions of this process enrol in instead of the vm. The first one
/// stays.
pub fn stand_in(connect: Connect) {
    let _the_first_stays = STAND_IN.set(connect);
}

/// At the end of a program that has not called `pvm_exit`: what it sent arrives.
pub fn at_end() {
    let current = lock(&CURRENT).upgrade();
    if let Some(machine) = current {
        machine.deliver();
    }
}

/// This process as one task of its vm.
pub struct VmMachine {
    me: Me,
    process: Process,
    /// Meets every message of PVM's.
    standing: RecvId,
    /// Locked after the engine, never before it.
    messages: Mutex<Messages>,
    vm: Mutex<Option<Vm>>,
    board: OnceLock<Board>,
    descriptor: OnceLock<OwnedFd>,
    /// Where the next spawn begins its round of hosts.
    turn: Mutex<usize>,
    /// A thread hears the vm's events.
    hears_events: Mutex<bool>,
    /// For threads of its own, which must not keep it from ending.
    myself: Weak<VmMachine>,
}

impl VmMachine {
    fn join() -> Result<Arc<VmMachine>> {
        let process = Process::join().map_err(code)?;
        let mut messages = Messages::new();
        let standing = process.with_engine(|engine, _| messages.begin(engine)).map_err(code)?;
        let own = messages.lives.learn(process.id()).ok_or(PvmError::OutOfRes)?;
        let parent = process.parent().and_then(|parent| messages.lives.learn(parent));
        let me = me(&process, own, parent);
        let machine = Arc::new_cyclic(|myself| VmMachine {
            me,
            process,
            standing,
            messages: Mutex::new(messages),
            vm: Mutex::new(None),
            board: OnceLock::new(),
            descriptor: OnceLock::new(),
            turn: Mutex::new(0),
            hears_events: Mutex::new(false),
            myself: myself.clone(),
        });
        *lock(&CURRENT) = Arc::downgrade(&machine);
        if is_as_started(&machine.process) {
            tasker::end_with_place();
        }
        machine.forget_before();
        Ok(machine)
    }

    fn messages(&self) -> MutexGuard<'_, Messages> {
        lock(&self.messages)
    }

    /// Asks the vm something that may be asked twice: over a connection made anew where the old
    /// one is lost, as when another daemon has come to lead.
    fn ask<T>(&self, question: impl Fn(&Vm) -> Result<T, posse::Error>) -> Result<T> {
        match question(&self.vm()?) {
            Err(posse::Error::Disconnected { .. } | posse::Error::NoMoreNumbers) => {
                *lock(&self.vm) = None;
                question(&self.vm()?).map_err(code)
            }
            result => result.map_err(code),
        }
    }

    /// The same for what must be done once: only where it surely was not.
    fn act<T>(&self, action: impl Fn(&Vm) -> Result<T, posse::Error>) -> Result<T> {
        match action(&self.vm()?) {
            Err(posse::Error::Disconnected { outcome, .. }) => {
                *lock(&self.vm) = None;
                match outcome {
                    Outcome::NotDone => action(&self.vm()?).map_err(code),
                    _ => Err(PvmError::DSysErr),
                }
            }
            Err(posse::Error::NoMoreNumbers) => {
                *lock(&self.vm) = None;
                action(&self.vm()?).map_err(code)
            }
            result => result.map_err(code),
        }
    }

    fn vm(&self) -> Result<Vm> {
        let mut vm = lock(&self.vm);
        if let Some(vm) = &*vm {
            return Ok(vm.clone());
        }
        let opened = self.process.vm().map_err(code)?;
        self.messages().lives.learn_hosts(&opened.hosts());
        Ok(vm.insert(opened).clone())
    }

    /// What this process had as another task is settled before it asks anything as this one.
    fn forget_before(&self) {
        let Some(before) = lock(&BEFORE).take() else { return };
        let until = Instant::now() + LEFT_WITHIN;
        let is_there = || {
            let all = self.ask(|vm| vm.enrolled(&[before.host()], None));
            all.is_ok_and(|all| all.iter().any(|entry| entry.process == before))
        };
        while is_there() && Instant::now() < until {
            std::thread::sleep(AGAIN_AFTER);
        }
    }

    /// Leaves: threads of this task's own let go of it.
    fn leave(&self) {
        self.deliver();
        *lock(&BEFORE) = Some(self.process.id());
        self.messages().left = true;
        self.process.wake();
    }

    fn deliver(&self) {
        let until = Instant::now() + LEAVE_WITHIN;
        let _as_far_as_it_came = self.process.clone().leave(Some(until));
    }
}

/// Whether it is the one that a spawn started, under the id that it was given then.
fn is_as_started(process: &Process) -> bool {
    let given = std::env::var("POSSE_PROCESS").ok().and_then(|text| text.parse::<u64>().ok());
    given == Some(process.id().0)
}

/// Who this task is: what its parent said holds only for the process that it started.
fn me(process: &Process, own: Tid, parent: Option<Tid>) -> Me {
    let said = std::env::var(Inherited::VARIABLE).ok().filter(|_| is_as_started(process));
    let said = said.and_then(|text| Inherited::read(&text));
    let Some(Inherited { context, output, trace, no_parent }) = said else {
        return Me { tid: own.0, ..Me::default() };
    };
    let parent = match parent {
        _ if no_parent => Parent::Unnamed,
        Some(parent) => Parent::Task(parent),
        None => Parent::None,
    };
    Me { tid: own.0, parent, siblings: Vec::new(), context, output, trace }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Values are changed in one step each: sound also after a panic elsewhere.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
