//! The shell itself: what one daemon holds, and the loop that feeds its state machine. Each field
//! belongs to one file of this folder.

use super::link::Links;
use super::meet::Spinning;
use super::processes::Processes;
use super::tick::Alarm;
use crate::control::Control;
use crate::data::Data;
use crate::farm::Farm;
use crate::identity::Identity;
use crate::introduce::Expected;
use crate::keep::Keep;
use crate::launch::Launches;
use crate::process::HostContext;
use crate::sibling::Siblings;
use posse_net::identity::PublicKey;
use posse_proto::{Config, Daemon, Effect, Input, Progress, Time};
use posse_wire::CommandId;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Notify;

/// How this daemon is to end, once it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Leave,
    LeaveAndPurge,
    /// The vm goes on without this daemon: the owner's keeps what its next life needs.
    Stop,
}

/// All that one daemon holds. Shared by its tasks through `Rc`; no borrow outlives a call.
pub(crate) struct Shell {
    pub(super) daemon: RefCell<Daemon>,
    pub(super) inbox: RefCell<VecDeque<Input>>,
    pub(super) busy: Cell<bool>,
    pub(super) clock: Instant,
    pub(super) alarm: Alarm,
    pub(super) links: Links,
    pub(super) spinning: Spinning,
    pub(crate) processes: Processes,
    pub(crate) context: HostContext,
    /// Sockets, locks, the log: what is of this life, and a host's daemon has nothing else.
    pub(crate) directory: PathBuf,
    /// Table, control state, kept output: the owner's daemon has them on a disk, where the next
    /// boot of the machine finds them.
    pub(crate) state: PathBuf,
    pub(crate) identity: Identity,
    /// Pipes of logins are sealed, and this owner is at their other end.
    pub(crate) sealed_by: Option<PublicKey>,
    pub(crate) keep: Keep,
    pub(crate) launches: Launches,
    pub(crate) siblings: Siblings,
    pub(crate) expected: Expected,
    pub(crate) control: Control,
    pub(crate) farm: Farm,
    pub(crate) data: Data,
    /// The host table has changes that are not on disk.
    pub(super) unkept: Cell<bool>,
    pub(super) ending: Cell<Option<Ending>>,
    pub(super) ended: Notify,
}

/// What `run` has made ready before the shell exists.
pub(crate) struct Parts {
    pub config: Config,
    pub context: HostContext,
    pub directory: PathBuf,
    pub state: PathBuf,
    pub identity: Identity,
    pub sealed_by: Option<PublicKey>,
    pub keep: Keep,
    pub launches: Launches,
    pub data: Data,
}

impl Shell {
    pub fn new(parts: Parts) -> Rc<Shell> {
        Rc::new(Shell {
            daemon: RefCell::new(Daemon::new(parts.config, Time::default())),
            inbox: RefCell::default(),
            busy: Cell::new(false),
            clock: Instant::now(),
            alarm: Alarm::new(),
            links: Links::default(),
            spinning: Spinning::default(),
            processes: Processes::default(),
            context: parts.context,
            directory: parts.directory,
            state: parts.state,
            identity: parts.identity,
            sealed_by: parts.sealed_by,
            keep: parts.keep,
            launches: parts.launches,
            siblings: Siblings::default(),
            expected: Expected::default(),
            control: Control::default(),
            farm: Farm::default(),
            data: parts.data,
            unkept: Cell::new(false),
            ending: Cell::new(None),
            ended: Notify::new(),
        })
    }

    pub fn now(&self) -> Time {
        Time(u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Delivers one input and everything that follows from it.
    pub fn feed(self: &Rc<Self>, input: Input) {
        self.feed_all([input]);
    }

    /// Delivers inputs in order, then sends what they made us say. An input that arises while an
    /// effect is carried out waits its turn.
    pub fn feed_all(self: &Rc<Self>, inputs: impl IntoIterator<Item = Input>) {
        self.inbox.borrow_mut().extend(inputs);
        if self.busy.replace(true) {
            return;
        }
        let mut effects: Vec<Effect> = Vec::new();
        loop {
            let Some(input) = self.inbox.borrow_mut().pop_front() else { break };
            self.daemon.borrow_mut().handle(self.now(), input, &mut effects);
            for effect in effects.drain(..) {
                self.carry_out(effect);
            }
        }
        self.busy.set(false);
        self.flush_links();
        self.arm();
    }

    /// A look at the state machine.
    pub fn with_daemon<T>(&self, look: impl FnOnce(&Daemon) -> T) -> T {
        look(&self.daemon.borrow())
    }

    /// Takes a host table kept by an earlier life.
    pub fn restore(&self, table: &[u8]) -> Result<(), posse_wire::WireError> {
        self.daemon.borrow_mut().restore(table)
    }

    /// Takes up a detached command kept by an earlier life.
    pub fn restore_command(
        &self,
        command: CommandId,
        head: &[u8],
        progress: &Progress,
    ) -> Result<(), posse_wire::WireError> {
        self.daemon.borrow_mut().restore_command(command, head, progress)
    }

    pub fn leave(&self, ending: Ending) {
        self.ending.set(Some(ending));
        self.ended.notify_one();
    }

    /// How this daemon is to end, once it was said.
    pub fn ending(&self) -> Option<Ending> {
        self.ending.get()
    }

    /// Waits until this daemon is to end, and says how.
    pub async fn until_ended(&self) -> Ending {
        loop {
            if let Some(ending) = self.ending.get() {
                return ending;
            }
            self.ended.notified().await;
        }
    }
}
