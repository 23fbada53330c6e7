//! Who reads and writes: whoever waits. Of several threads that wait, one polls and completes
//! everybody's requests; the others sleep until it has something for them. A thread of its own
//! goes on with what was sent when the program has called nothing for a moment, and lets go as soon
//! as it does.
//!
//! Called by `process`.

use super::connection::Connection;
use super::paths::{Paths, Sides, Token};
use crate::Error;
use crate::error::Failure;
use crate::limits::{FOLLOW_AGAIN, FOLLOWED_AT_ONCE, LOOK_EVERY, THREAD_RESTS, THREAD_RESTS_MOST};
use posse_message::Engine;
use posse_shm::fork::Generation;
use posse_wire::{Outcome, ProcessId};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// Descriptors that a poll tells of at a time; the others are told by the next.
const EVENTS: usize = 16;

pub(super) struct Shared {
    state: Mutex<State>,
    news: Condvar,
    /// For the thread of its own: somebody waits who does not poll.
    asked: Condvar,
    /// All that this process waits for.
    epoll: OwnedFd,
    /// Interrupts who polls: there is more to write than it knew of.
    wake: OwnedFd,
    /// Threads that wait for the lock: who spins with it lets go.
    wanted: AtomicU32,
    start: Instant,
    /// The process that made it: a forked child must not speak in its name.
    born: Generation,
}

pub(super) struct State {
    pub engine: Engine,
    pub connection: Connection,
    pub paths: Paths,
    failure: Option<Failure>,
    polling: bool,
    /// The thread of its own polls, and not one of the program.
    in_background: bool,
    /// Who polls looks again then, by itself.
    polls_until: Duration,
    /// Calls of the program, and how many of them wait now.
    calls: u64,
    waits: usize,
    /// The daemon's socket is watched for room, too.
    watches_room: bool,
    looked_at: Duration,
    waiters: usize,
    /// Tasks of executors that wait: all look again after each turn.
    wakers: Vec<Waker>,
    has_thread: bool,
    /// The program waits for a descriptor itself: between calls this process counts as asleep.
    watched: Option<Watched>,
    followed_again: Duration,
    last_followed: ProcessId,
}

/// What a program waits for by itself: all that this process does, and that the thread of its own
/// has read something, which the rest does not show any more.
struct Watched {
    epoll: OwnedFd,
    told: OwnedFd,
}

/// Who waits, a thread of the program or our own, which may be as late as it likes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Haste {
    Spins,
    Sleeps,
}

impl Shared {
    pub fn new(engine: Engine, connection: Connection) -> Result<Shared, Error> {
        let failed = |errno: Errno| Error::Thread(errno.into());
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = eventfd(0, flags).map_err(failed)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(failed)?;
        let data = |token: Token| EventData::new_u64(token.number());
        epoll::add(&epoll, &wake, data(Token::Wake), EventFlags::IN).map_err(failed)?;
        let socket = connection.descriptor();
        epoll::add(&epoll, socket, data(Token::Daemon), EventFlags::IN).map_err(failed)?;
        let state = State {
            engine,
            connection,
            paths: Paths::default(),
            failure: None,
            polling: false,
            in_background: false,
            polls_until: Duration::ZERO,
            calls: 0,
            waits: 0,
            watches_room: false,
            looked_at: Duration::ZERO,
            waiters: 0,
            wakers: Vec::new(),
            has_thread: false,
            watched: None,
            followed_again: Duration::ZERO,
            last_followed: ProcessId(0),
        };
        let (state, news, asked) = (Mutex::new(state), Condvar::new(), Condvar::new());
        let start = Instant::now();
        let born = Generation::begin().map_err(|error| Error::Thread(io::Error::other(error)))?;
        Ok(Shared { state, news, asked, epoll, wake, wanted: AtomicU32::new(0), start, born })
    }

    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// The state, for a request; an error where the connection is over.
    pub fn lock(&self) -> Result<MutexGuard<'_, State>, Error> {
        if !self.born.is_current() {
            let why = "this process was forked from the one that joined; join again".to_owned();
            return Err(Error::Disconnected { why, outcome: Outcome::NotDone });
        }
        Ok(self.take())
    }

    fn take(&self) -> MutexGuard<'_, State> {
        match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.wanted.fetch_add(1, Relaxed);
                let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                self.wanted.fetch_sub(1, Relaxed);
                state
            }
        }
    }

    /// Does what can be done without waiting. Errors are kept, and told to who waits.
    pub fn turn(&self, state: &mut State) {
        self.turn_with(state, None);
    }

    /// `looked` where the descriptors were looked at: whether the daemon's has something. Else they
    /// are left for later if rings have what is waited for and they were looked at a moment ago.
    fn turn_with(&self, state: &mut State, looked: Option<bool>) {
        if state.failure.is_some() {
            state.tell(&self.news);
            return;
        }
        let now = self.now();
        let is_due = now >= state.looked_at + LOOK_EVERY;
        let (connection, paths, mut sides) = state.sides(self, now);
        paths.turn(&mut sides);
        let reads = match looked {
            Some(reads) => reads,
            None if paths.is_empty() => true,
            None if is_due || paths.has_links() => self.look(paths, &mut sides),
            None => false,
        };
        let mut result = if reads { connection.read(paths, &mut sides) } else { Ok(()) };
        if result.is_ok() {
            sides.engine.tick(now);
            result = connection.write(paths, &mut sides);
        }
        if is_due {
            state.looked_at = now;
        }
        if let Err(failure) = result {
            state.failure = Some(failure);
        }
        state.tell(&self.news);
    }

    /// Looks at the descriptors without waiting; says whether the daemon's has something.
    fn look(&self, paths: &mut Paths, sides: &mut Sides<'_>) -> bool {
        let mut space = [MaybeUninit::uninit(); EVENTS];
        let events = self.poll(&mut space, Duration::ZERO);
        self.take_events(events, paths, sides)
    }

    /// The same for descriptors that were polled.
    fn take_events(
        &self,
        events: &[epoll::Event],
        paths: &mut Paths,
        sides: &mut Sides<'_>,
    ) -> bool {
        let mut reads = false;
        for event in events {
            match Token::of(event.data.u64()) {
                Token::Daemon => reads = true,
                Token::Wake => drain(&self.wake),
                token => paths.ready(token, sides),
            }
        }
        reads
    }

    fn write(&self, state: &mut State) {
        if state.failure.is_some() {
            return;
        }
        let (connection, paths, mut sides) = state.sides(self, self.now());
        if let Err(failure) = connection.write(paths, &mut sides) {
            state.failure = Some(failure);
        }
    }

    /// After a request: sends what it made, and sees to it that somebody goes on with the rest.
    pub fn push(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        self.write(state);
        if let Some(failure) = &state.failure {
            return Err(failure.error(Outcome::Unknown));
        }
        if state.has_left() && !state.has_thread {
            self.begin_thread(state)?;
        } else {
            self.hasten(state);
        }
        state.calls += 1;
        self.rest(state);
        Ok(())
    }

    fn begin_thread(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        let shared = Arc::clone(self);
        let named = thread::Builder::new().name("posse-progress".to_owned());
        named.spawn(move || shared.go_on()).map_err(Error::Thread)?;
        state.has_thread = true;
        Ok(())
    }

    /// For a task of an executor: whether `done` has something; if not, the task is woken when it
    /// may have. Others do the reading, the thread of its own where nobody else does: a task that
    /// read would have to wake all others.
    pub fn poll_for<T>(
        self: &Arc<Self>,
        waker: &Waker,
        done: impl FnOnce(&mut State) -> Option<T>,
    ) -> Poll<Result<T, Error>> {
        let mut state = self.lock()?;
        let found = done(&mut state);
        self.send_asked(&mut state);
        if let Some(value) = found {
            return Poll::Ready(Ok(value));
        }
        if let Some(failure) = &state.failure {
            return Poll::Ready(Err(failure.error(Outcome::Unknown)));
        }
        if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        if state.has_thread {
            self.asked.notify_all();
        } else {
            self.begin_thread(&mut state)?;
        }
        Poll::Pending
    }

    /// Who polls looks again where there is more to do, or sooner, than it knew of.
    fn hasten(&self, state: &State) {
        let sooner = || state.engine.next_tick().is_some_and(|tick| tick < state.polls_until);
        let more = state.connection.has_output() && !state.watches_room;
        if state.polling && (more || sooner()) {
            self.interrupt();
        }
    }

    /// The program gets a descriptor that becomes readable when something has come.
    pub fn watch(&self, state: &mut State) -> io::Result<OwnedFd> {
        if state.watched.is_none() {
            let told = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
            for one in [&told, &self.epoll] {
                epoll::add(&epoll, one, EventData::new_u64(0), EventFlags::IN)?;
            }
            state.watched = Some(Watched { epoll, told });
        }
        self.rest(state);
        state.watched.as_ref().map_or_else(|| self.epoll.try_clone(), |it| it.epoll.try_clone())
    }

    /// The program goes on by itself, and may wait for the descriptor.
    fn rest(&self, state: &mut State) {
        let Some(watched) = &state.watched else { return };
        drain(&watched.told);
        let (_, paths, mut sides) = state.sides(self, self.now());
        if !paths.prepare_wait(&mut sides) {
            self.interrupt();
        }
    }

    pub fn wake(&self) {
        self.news.notify_all();
        self.interrupt();
    }

    /// Who polls looks again.
    fn interrupt(&self) {
        ring(&self.wake);
    }

    /// Waits until `done` has something, or for the deadline: `None` then. What the program can
    /// not see without its daemon ends with the connection.
    pub fn wait<T>(
        &self,
        deadline: Option<Instant>,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let mut state = self.lock()?;
        state.calls += 1;
        state.waits += 1;
        let (result, mut state) = self.wait_in(state, deadline, &mut done);
        state.waits -= 1;
        self.rest(&mut state);
        result
    }

    fn wait_in<'a, T>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
        done: &mut impl FnMut(&mut State) -> Option<T>,
    ) -> (Result<Option<T>, Error>, MutexGuard<'a, State>) {
        // Whoever polls may not have seen it yet, and this one may not be willing to wait.
        self.turn(&mut state);
        loop {
            if let Some(value) = done(&mut state) {
                // What was taken may have made room that the other side waits for.
                let _it_has_what_it_wants = self.send_asked(&mut state);
                return (Ok(Some(value)), state);
            }
            if self.send_asked(&mut state) {
                continue;
            }
            if let Some(failure) = &state.failure {
                return (Err(failure.error(Outcome::Unknown)), state);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return (Ok(None), state);
            }
            state = self.wait_once(state, deadline, Haste::Spins);
        }
    }

    /// Sends what a look at the engine has made (leave for a large message to come), before
    /// anybody sleeps. Whether a payload was read meanwhile, so that another look is due.
    fn send_asked(&self, state: &mut State) -> bool {
        if state.failure.is_some() || !state.engine.has_outgoing() {
            return false;
        }
        let fetches = state.engine.has_fetches();
        self.write(state);
        self.hasten(state);
        fetches
    }

    /// Polls, or sleeps while another thread does.
    fn wait_once<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
        haste: Haste,
    ) -> MutexGuard<'a, State> {
        let left = || deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if state.polling {
            if state.in_background {
                self.interrupt();
            }
            state.waiters += 1;
            let left = left().unwrap_or(FOLLOW_AGAIN);
            let woken = self.news.wait_timeout(state, left);
            let (mut state, _) = woken.unwrap_or_else(PoisonError::into_inner);
            state.waiters -= 1;
            return state;
        }
        let is_wanted = || self.wanted.load(Relaxed) > 0;
        if haste == Haste::Spins && state.paths.spin(is_wanted) {
            if is_wanted() {
                drop(state);
                thread::yield_now();
                state = self.take();
            }
            self.turn(&mut state);
            return state;
        }
        let now = self.now();
        state.follow_again(now);
        let (_, paths, mut sides) = state.sides(self, now);
        if !paths.prepare_wait(&mut sides) {
            self.turn(&mut state);
            return state;
        }
        let tick = state.engine.next_tick().map(|tick| tick.saturating_sub(now));
        let timeout = [left(), tick, Some(FOLLOW_AGAIN)].into_iter().flatten().min();
        // Rounded up, so that what is due then is due.
        let timeout = timeout.unwrap_or(FOLLOW_AGAIN) + Duration::from_micros(50);
        self.watch_room(&mut state);
        state.polling = true;
        state.in_background = haste == Haste::Sleeps;
        state.polls_until = now + timeout;
        drop(state);
        let mut space = [MaybeUninit::uninit(); EVENTS];
        let events = self.poll(&mut space, timeout);
        let mut state = self.take();
        state.polling = false;
        let (_, paths, mut sides) = state.sides(self, self.now());
        let is_late = events.is_empty();
        paths.woken(is_late, &mut sides);
        let reads = self.take_events(events, paths, &mut sides);
        self.turn_with(&mut state, Some(reads || is_late));
        if let (Haste::Sleeps, Some(watched)) = (haste, &state.watched) {
            ring(&watched.told);
        }
        state
    }

    /// Who polls is told of room in the daemon's socket where something waits for it.
    fn watch_room(&self, state: &mut State) {
        let wants = state.connection.has_output();
        if wants != state.watches_room {
            let flags = if wants { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            let data = EventData::new_u64(Token::Daemon.number());
            let socket = state.connection.descriptor();
            let _it_is_there = epoll::modify(&self.epoll, socket, data, flags);
            state.watches_room = wants;
        }
    }

    fn poll<'a>(
        &self,
        space: &'a mut [MaybeUninit<epoll::Event>],
        timeout: Duration,
    ) -> &'a [epoll::Event] {
        let timeout = Timespec::try_from(timeout).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        match epoll::wait(&self.epoll, space, Some(&timeout)) {
            Ok((events, _)) => events,
            Err(Errno::INTR) => &[],
            // Not enough memory in the kernel: as if the time were over.
            Err(_) => {
                thread::yield_now();
                &[]
            }
        }
    }

    /// The thread of its own: polls while something that was sent is not all delivered, and the
    /// program does not call.
    fn go_on(&self) {
        let Ok(mut state) = self.lock() else { return };
        let (mut seen, mut rested) = (0, Duration::ZERO);
        while state.failure.is_none() {
            let is_called = std::mem::replace(&mut seen, state.calls) != seen;
            let is_left = state.has_left() && !is_called;
            let is_asked = is_left || !state.wakers.is_empty();
            if is_asked && state.waits == 0 && !state.polling {
                rested = Duration::ZERO;
                state = self.wait_once(state, None, Haste::Sleeps);
                continue;
            }
            if rested >= THREAD_RESTS_MOST {
                break;
            }
            rested = if state.has_left() { Duration::ZERO } else { rested + THREAD_RESTS };
            let rest = self.asked.wait_timeout(state, THREAD_RESTS);
            state = rest.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.has_thread = false;
    }
}

/// An eventfd(2) becomes readable.
fn ring(bell: &OwnedFd) {
    let _it_is_readable_already = rustix::io::write(bell, &1u64.to_ne_bytes());
}

fn drain(bell: &OwnedFd) {
    let mut count = [0; 8];
    let _it_may_be_empty = rustix::io::read(bell, &mut count);
}

impl State {
    fn sides<'a>(
        &'a mut self,
        shared: &'a Shared,
        now: Duration,
    ) -> (&'a mut Connection, &'a mut Paths, Sides<'a>) {
        let State { engine, paths, connection, .. } = self;
        (connection, paths, Sides { engine, now, epoll: shared.epoll.as_fd() })
    }

    /// Those who wait, that something may have come.
    fn tell(&mut self, news: &Condvar) {
        if self.waiters > 0 {
            news.notify_all();
        }
        self.wakers.drain(..).for_each(Waker::wake);
    }

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
