//! Who reads and writes: whoever waits. Of several threads that wait, one polls and completes
//! everybody's requests; the others sleep until it has something for them. A thread of its own
//! goes on with what was sent while no thread of the program waits.
//!
//! Called by `process`.

use super::connection::Connection;
use crate::Error;
use crate::error::Failure;
use posse_message::Engine;
use posse_wire::{Outcome, ProcessId};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A wait asks after its peers again so often: the question, or its answer, may have been on a
/// link that was lost. Far longer than such links take to be remade.
const FOLLOW_AGAIN: Duration = Duration::from_secs(5);

/// Peers that are asked after at a time; the others have their turn with the next.
const FOLLOWED_AT_ONCE: usize = 256;

pub(super) struct Shared {
    state: Mutex<State>,
    news: Condvar,
    /// The connection's, so that it can be polled without the lock.
    socket: OwnedFd,
    /// Interrupts who polls: there is more to write than it knew of.
    wake: OwnedFd,
    start: Instant,
    /// The process that made it: a forked child must not speak in its name.
    pid: u32,
}

pub(super) struct State {
    pub engine: Engine,
    pub connection: Connection,
    failure: Option<Failure>,
    polling: bool,
    waiters: usize,
    has_thread: bool,
    followed_again: Duration,
    last_followed: ProcessId,
}

impl Shared {
    pub fn new(engine: Engine, connection: Connection) -> Result<Shared, Error> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = eventfd(0, flags).map_err(|errno| Error::Thread(errno.into()))?;
        let socket = connection.descriptor().try_clone_to_owned().map_err(Error::Thread)?;
        let state = State {
            engine,
            connection,
            failure: None,
            polling: false,
            waiters: 0,
            has_thread: false,
            followed_again: Duration::ZERO,
            last_followed: ProcessId(0),
        };
        let (state, news) = (Mutex::new(state), Condvar::new());
        let (start, pid) = (Instant::now(), std::process::id());
        Ok(Shared { state, news, socket, wake, start, pid })
    }

    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// The state, for a request; an error where the connection is over.
    pub fn lock(&self) -> Result<MutexGuard<'_, State>, Error> {
        if std::process::id() != self.pid {
            let why = "this process was forked from the one that joined; join again".to_owned();
            return Err(Error::Disconnected { why, outcome: Outcome::NotDone });
        }
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does what can be done without waiting. Errors are kept, and told to who waits.
    pub fn turn(&self, state: &mut State) {
        if state.failure.is_some() {
            self.news.notify_all();
            return;
        }
        let now = self.now();
        let result = state.connection.read(&mut state.engine, now).and_then(|()| {
            state.engine.tick(now);
            state.connection.write(&mut state.engine, now)
        });
        if let Err(failure) = result {
            state.failure = Some(failure);
        }
        if state.waiters > 0 {
            self.news.notify_all();
        }
    }

    fn write(&self, state: &mut State) {
        let now = self.now();
        if state.failure.is_none()
            && let Err(failure) = state.connection.write(&mut state.engine, now)
        {
            state.failure = Some(failure);
        }
    }

    /// After a request: sends what it made, and sees to it that somebody goes on with the rest.
    pub fn push(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        self.write(state);
        if let Some(failure) = &state.failure {
            return Err(failure.error(Outcome::Unknown));
        }
        let left = state.has_left();
        if left && !state.has_thread {
            let shared = Arc::clone(self);
            let name = "posse-progress".to_owned();
            thread::Builder::new()
                .name(name)
                .spawn(move || shared.go_on())
                .map_err(Error::Thread)?;
            state.has_thread = true;
        } else if left && state.polling {
            self.interrupt();
        } else if left {
            self.news.notify_all();
        }
        Ok(())
    }

    pub fn wake(&self) {
        self.news.notify_all();
        self.interrupt();
    }

    /// Who polls looks again.
    fn interrupt(&self) {
        let _it_will_wake = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// Waits until `done` has something, or for the deadline: `None` then. What the program can
    /// not see without its daemon ends with the connection.
    pub fn wait<T>(
        &self,
        deadline: Option<Instant>,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let mut state = self.lock()?;
        loop {
            if !state.polling {
                self.turn(&mut state);
            }
            if let Some(value) = done(&mut state) {
                // What was taken may have made room that the other side waits for.
                self.send_asked(&mut state);
                return Ok(Some(value));
            }
            self.send_asked(&mut state);
            if let Some(failure) = &state.failure {
                return Err(failure.error(Outcome::Unknown));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(None);
            }
            state = self.wait_once(state, deadline);
        }
    }

    /// Sends what a look at the engine has made (leave for a large message to come), before
    /// anybody sleeps.
    fn send_asked(&self, state: &mut State) {
        if state.failure.is_some() || !state.engine.has_outgoing() {
            return;
        }
        self.write(state);
        if state.polling && state.connection.has_output() {
            self.interrupt();
        }
    }

    /// Polls, or sleeps while another thread does.
    fn wait_once<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if state.polling {
            state.waiters += 1;
            let left = left.unwrap_or(FOLLOW_AGAIN);
            let woken = self.news.wait_timeout(state, left);
            let (mut state, _) = woken.unwrap_or_else(PoisonError::into_inner);
            state.waiters -= 1;
            return state;
        }
        state.follow_again(self.now());
        let tick = state.engine.next_tick().map(|tick| tick.saturating_sub(self.now()));
        let timeout = [left, tick, Some(FOLLOW_AGAIN)].into_iter().flatten().min();
        state.polling = true;
        let writes = state.connection.has_output();
        drop(state);
        self.poll(writes, timeout.unwrap_or(FOLLOW_AGAIN));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.polling = false;
        self.turn(&mut state);
        state
    }

    fn poll(&self, writes: bool, timeout: Duration) {
        let wanted = if writes { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut descriptors =
            [PollFd::new(&self.socket, wanted), PollFd::new(&self.wake, PollFlags::IN)];
        // Rounded up, so that what is due then is due.
        let timeout = timeout + Duration::from_micros(50);
        let timeout = Timespec::try_from(timeout).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            // Not enough memory in the kernel: as if the time were over.
            Err(_) => thread::yield_now(),
        }
        let mut count = [0; 8];
        let _drained = rustix::io::read(&self.wake, &mut count);
    }

    /// The thread of its own: polls while something that was sent is not all delivered and nobody
    /// else polls.
    fn go_on(&self) {
        let Ok(mut state) = self.lock() else { return };
        while state.failure.is_none() {
            if !state.has_left() {
                state.has_thread = false;
                return;
            }
            state = self.wait_once(state, None);
        }
        state.has_thread = false;
    }
}

impl State {
    /// Whether something that was sent is not all at its receiver's process.
    pub fn has_left(&self) -> bool {
        self.engine.has_undelivered() || self.connection.has_output()
    }

    fn follow_again(&mut self, now: Duration) {
        if now.saturating_sub(self.followed_again) < FOLLOW_AGAIN {
            return;
        }
        self.followed_again = now;
        let last = self.last_followed;
        let me = self.engine.me();
        let after = |peer: &ProcessId| *peer > last;
        let next: Vec<ProcessId> =
            self.engine.interests().filter(after).take(FOLLOWED_AT_ONCE).collect();
        self.last_followed = match next.len() {
            FOLLOWED_AT_ONCE => next[FOLLOWED_AT_ONCE - 1],
            _ => ProcessId(0),
        };
        next.into_iter().for_each(|peer| self.connection.follow(me, peer));
    }
}
