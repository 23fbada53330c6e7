//! One voter (or follower) of the control state on this host: feeds `posse-control`'s node and
//! carries its outputs out. Called by `mod.rs`' [`Control`](super::Control) and `writer`.

use super::files::Files;
use super::generation::Held;
use super::writer::{self, Disk, Op};
use crate::shell::Shell;
use posse_control::consensus::{Config, Hard, Input, LogEntry, Node, Output, Stored, VoterId};
use posse_control::state::State;
use posse_control::{Ask, Said, Word};
use rustix::time::{ClockId, clock_gettime};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_local;

pub(super) struct Voter {
    node: RefCell<Node>,
    inbox: RefCell<VecDeque<Input>>,
    busy: Cell<bool>,
    pub(super) disk: Disk,
    pub(super) said_full: Cell<bool>,
    over: Cell<bool>,
    /// The time to wake at is another.
    moved: Notify,
}

/// Microseconds on a clock that goes on while the host sleeps.
pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1_000
}

impl Voter {
    /// Takes up what is on disk, and wakes by itself from now on.
    pub fn start(
        shell: &Rc<Shell>,
        me: VoterId,
        stored: Stored,
        files: Files,
        held: Held,
    ) -> Result<Rc<Voter>, String> {
        let (chance, snapshot_after) =
            (crate::launch::random(), posse_control::limits::LOG_ENTRIES_MAX);
        let config = Config { me, chance, snapshot_after };
        let node = Node::new(&config, stored, now()).map_err(|error| error.to_string())?;
        let voter = Rc::new(Voter {
            node: RefCell::new(node),
            inbox: RefCell::default(),
            busy: Cell::new(false),
            disk: Disk::new(files, held),
            said_full: Cell::new(false),
            over: Cell::new(false),
            moved: Notify::new(),
        });
        spawn_local(keep_time(shell.clone(), voter.clone()));
        Ok(voter)
    }

    /// Nothing of it counts any more. Its files are free when its disk is idle.
    pub fn stop(&self) {
        self.over.set(true);
        self.moved.notify_one();
    }

    pub fn is_over(&self) -> bool {
        self.over.get()
    }

    /// A look at the node.
    pub fn with<T>(&self, look: impl FnOnce(&Node) -> T) -> T {
        look(&self.node.borrow())
    }

    pub fn state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.with(|node| look(node.state()))
    }

    pub fn snapshot_chunk(&self) -> Option<Vec<u8>> {
        self.node.borrow_mut().snapshot_chunk()
    }

    pub fn log(&self) -> (Hard, Vec<LogEntry>) {
        self.with(Node::log)
    }

    pub fn pieces_of_state(&self) -> Vec<Vec<u8>> {
        let mut cursor = Default::default();
        self.state(|state| std::iter::from_fn(|| state.chunk(&mut cursor)).collect())
    }

    /// Delivers one input and all that follows from it, in order.
    pub fn feed(self: &Rc<Self>, shell: &Rc<Shell>, input: Input) {
        self.inbox.borrow_mut().push_back(input);
        if self.busy.replace(true) {
            return;
        }
        while !self.is_over() {
            let Some(input) = self.inbox.borrow_mut().pop_front() else { break };
            let outputs = self.node.borrow_mut().handle(now(), input);
            for output in outputs {
                self.carry(shell, output);
            }
        }
        self.busy.set(false);
        self.moved.notify_one();
        writer::write(shell, self);
        shell.voters_changed(self);
        if !self.is_over() && self.is_left_out() {
            shell.voter_left_out(self);
        }
    }

    /// As far as it has heard, it is no member any more.
    fn is_left_out(&self) -> bool {
        self.with(|node| {
            let state = node.state();
            let is_member = || state.members.all().any(|id| id == node.me());
            state.index > 0 && !node.is_leader() && !is_member()
        })
    }

    fn carry(self: &Rc<Self>, shell: &Rc<Shell>, output: Output) {
        match output {
            Output::Send(message) => {
                let to = message.to.host;
                shell.send_word(to, &Word::Voter(message));
            }
            Output::Persist(persist) if persist.snapshot.is_some() => {
                self.disk.push(Op::Switch(persist));
            }
            Output::Persist(persist) => self.disk.push(Op::Append(persist)),
            Output::Answer { token, result } => {
                shell.control.answered(token.0, result.map(Said::Answer));
            }
            Output::Readable { token, result } => self.readable(shell, token.0, result),
            Output::Changed(changes) => shell.control_changed(self, &changes),
            Output::Replaced => shell.control_replaced(self),
            Output::Leader { .. } => {
                shell.control.leader_news();
                shell.control.members.news.notify_one();
                shell.control.leading.news.notify_one();
            }
            Output::WriteSnapshot(meta) => self.disk.begin_snapshot(meta),
            Output::StoreChunk { chunk, bytes, .. } => {
                self.disk.push(Op::Piece { number: chunk, bytes });
            }
            Output::ReadSnapshot { to, index, chunk } => {
                let held = self.disk.held();
                if held.index != index {
                    return;
                }
                match held.piece(chunk) {
                    Ok(bytes) => {
                        self.feed(shell, Input::SnapshotRead { to, index, chunk, bytes });
                    }
                    Err(error) => crate::log::line(&format!("control state: {error}")),
                }
            }
            Output::Fenced { epoch } => shell.voter_fenced(self, epoch),
            Output::Damaged { why } => shell.voter_damaged(self, &why),
        }
    }

    fn readable(
        &self,
        shell: &Rc<Shell>,
        token: u64,
        result: Result<(), posse_control::consensus::Refused>,
    ) {
        let Some(ask) = shell.control.asked(token) else { return };
        let said = result.map(|()| match ask {
            Ask::Question(question) => Said::Found(self.state(|state| state.find(&question))),
            // Never read for; an answer all the same.
            Ask::Change(_) => Said::Answer(posse_control::state::Answer::Late),
        });
        shell.control.answered(token, said);
    }
}

/// Wakes the node when it asked for it.
async fn keep_time(shell: Rc<Shell>, voter: Rc<Voter>) {
    voter.feed(&shell, Input::Tick);
    while !voter.is_over() {
        let wait = voter.with(Node::wake_at).saturating_sub(now());
        tokio::select! {
            () = voter.moved.notified() => {}
            () = tokio::time::sleep(Duration::from_micros(wait)) => {
                voter.feed(&shell, Input::Tick);
            }
        }
    }
}
