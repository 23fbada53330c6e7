//! The processes of this host that memory is shared with. Called by `table`.

use super::loans::Loans;
use super::pair::{Broken, Own, Pair};
use super::slots::{Place, Slots, Way};
use super::token::Token;
use super::{Sides, Word};
use crate::limits::{PAIRS_MAX, SPIN_WITHIN};
use bytes::Bytes;
use posse_message::{Engine, Fetch, Packet};
use posse_shm::attach::Offer;
use posse_shm::doorbell::{self, Bell, Wait};
use posse_shm::permit::{self, Owner, Permits, Spinner, Spun};
use posse_wire::ProcessId;
use posse_wire::msg::Met;
use rustix::event::epoll::{self, EventData, EventFlags};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// `off` in the environment: no process's memory is read, and large payloads are copied twice. For
/// measuring, and for hosts where reading is allowed and slow.
const SINGLE_COPY: &str = "POSSE_SINGLE_COPY";

pub(super) struct Pairs {
    /// By bit of the doorbell.
    pub slots: Slots<Pair>,
    pub shared: Option<Shared>,
    loans: Loans,
    /// Where something came from last.
    last: usize,
}

/// What all pairs have in common, made for the first of them.
pub(super) struct Shared {
    bell: Bell,
    parts: doorbell::Parts,
    offer: Offer,
    pub reads: bool,
    core: Option<u32>,
    permits: Option<Permits>,
    spinner: Spinner,
}

impl Default for Pairs {
    fn default() -> Self {
        Pairs { slots: Slots::new(PAIRS_MAX), shared: None, loans: Loans::default(), last: 0 }
    }
}

impl Pairs {
    pub fn is_open(&self, peer: ProcessId) -> bool {
        let pair = self.slots.of(peer).and_then(|at| self.slots.get(at));
        pair.is_some_and(Pair::is_open)
    }

    /// The packet comes back where there is no way to that process yet.
    #[inline]
    pub fn send(
        &mut self,
        (engine, now): (&mut Engine, Duration),
        at: usize,
        packet: Packet,
        words: &mut Vec<Word>,
    ) -> Option<Packet> {
        let Some(pair) = self.slots.get_mut(at).filter(|pair| pair.is_open()) else {
            return Some(packet);
        };
        pair.used = now;
        match pair.send(packet, (engine, &mut self.loans)) {
            Ok(true) => {}
            Ok(false) => engine.pause(pair.peer),
            Err(Broken) => self.close(at, engine, now, words),
        }
        None
    }

    /// A payload from the memory of a process that has lent it.
    pub fn fetch(&mut self, fetch: &Fetch) -> Option<Bytes> {
        let at = self.slots.of(fetch.from)?;
        self.slots.get_mut(at)?.fetch(fetch)
    }

    /// The daemon has brought this process together with another one.
    pub fn met(
        &mut self,
        (peer, met): (ProcessId, Met),
        (socket, memory): (OwnedFd, OwnedFd),
        sides: &mut Sides<'_>,
        words: &mut Vec<Word>,
    ) {
        if let Some(at) = self.slots.of(peer) {
            let known = self.slots.get(at).map_or(0, |pair| pair.number);
            if met.number <= known {
                return;
            }
            self.close(at, sides.engine, sides.now, words);
        }
        if self.begin((peer, met), socket, memory, sides, words).is_none() {
            words.push(Word::Part(peer));
        }
    }

    fn begin(
        &mut self,
        (peer, met): (ProcessId, Met),
        socket: OwnedFd,
        memory: OwnedFd,
        sides: &mut Sides<'_>,
        words: &mut Vec<Word>,
    ) -> Option<()> {
        let watch = |token: Token| (EventData::new_u64(token.number()), EventFlags::IN);
        if self.shared.is_none() {
            let permits = permit::Parts { memory, permits: met.permits as usize }.map().ok();
            let shared = Shared::new(sides.engine.me(), permits)?;
            let (data, flags) = watch(Token::Bell);
            epoll::add(sides.epoll, &shared.bell, data, flags).ok()?;
            self.shared = Some(shared);
        }
        let at = match self.slots.place(sides.now)? {
            Place::Free(at) => at,
            Place::Taken(at) => {
                self.close(at, sides.engine, sides.now, words);
                at
            }
        };
        let shared = self.shared.as_ref()?;
        let (bell, invitation) = (&shared.parts, shared.offer.invitation());
        let own = Own { bell, invitation, core: shared.core, reads: shared.reads };
        let pair = Pair::new((peer, met.number), socket, at as u32, &own).ok()?;
        let (data, flags) = watch(Token::Pair(at));
        epoll::add(sides.epoll, pair.socket(), data, flags).ok()?;
        self.slots.insert(at, pair);
        Some(())
    }

    /// Packets go by the daemon again. What was in the ring is taken out before.
    pub fn close(&mut self, at: usize, engine: &mut Engine, now: Duration, words: &mut Vec<Word>) {
        let Some(mut pair) = self.slots.take(at) else { return };
        let _it_ends_anyway = pair.drain(engine, now);
        words.push(Word::Part(pair.peer));
        engine.resume(pair.peer);
        engine.path_changed(now, pair.peer);
    }

    /// Takes what has come, and sends what found no room.
    pub fn turn(&mut self, engine: &mut Engine, now: Duration, words: &mut Vec<Word>) {
        let Some(shared) = &self.shared else { return };
        // A bit may be set long before its ring is looked into, and no look is lost by that.
        let bits = shared.bell.take().unwrap_or(u64::MAX);
        self.look(bits, engine, now, words);
        if self.slots.get(self.last).is_some_and(Pair::has_news) {
            self.look(1 << self.last, engine, now, words);
        }
    }

    fn look(&mut self, mut bits: u64, engine: &mut Engine, now: Duration, words: &mut Vec<Word>) {
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let Some(pair) = self.slots.get_mut(at) else { continue };
            let peer = pair.peer;
            self.last = at;
            let taken = pair.drain(engine, now);
            let taken = taken.and_then(|()| pair.send_held((&mut *engine, &mut self.loans)));
            match taken {
                Ok(true) => engine.resume(peer),
                Ok(false) => {}
                Err(Broken) => self.close(at, engine, now, words),
            }
        }
    }

    /// Whether a wait for messages has ended, or may, without a sleep.
    pub fn spin(&mut self, is_wanted: impl Fn() -> bool) -> bool {
        let Some(shared) = &mut self.shared else { return false };
        let (hot, bell) = (self.slots.get(self.last), &shared.bell);
        let ready = || hot.is_some_and(Pair::has_news) || bell.has_news() || is_wanted();
        // Who spins on the only core of both keeps the other one from it.
        let alone = hot.is_some_and(|pair| !pair.shares_core);
        let spun = match &shared.permits {
            Some(permits) if alone => shared.spinner.spin(permits, ready),
            _ => shared.spinner.yielding(ready),
        };
        spun == Spun::Ready
    }

    /// Whether this process may sleep: it will be woken for news then. Otherwise the news has been
    /// taken.
    pub fn prepare_wait(
        &mut self,
        engine: &mut Engine,
        now: Duration,
        words: &mut Vec<Word>,
    ) -> bool {
        let Some(shared) = &self.shared else { return true };
        match shared.bell.prepare_wait() {
            Ok(Wait::News(bits)) => {
                self.look(bits, engine, now, words);
                false
            }
            Ok(Wait::Sleep) | Err(_) => true,
        }
    }

    /// After a sleep for which leave was given; `is_late` where nobody rang for long.
    pub fn woken(
        &mut self,
        is_late: bool,
        engine: &mut Engine,
        now: Duration,
        words: &mut Vec<Word>,
    ) {
        let Some(shared) = &self.shared else { return };
        let bits = shared.bell.woken().unwrap_or(u64::MAX);
        self.look(if is_late { u64::MAX } else { bits }, engine, now, words);
    }

    /// The socket of this pair has something to say.
    pub fn listen(&mut self, at: usize, engine: &mut Engine, now: Duration, words: &mut Vec<Word>) {
        if self.slots.get_mut(at).is_some_and(|pair| pair.listen().is_err()) {
            self.close(at, engine, now, words);
        }
    }
}

impl Way for Pair {
    fn peer(&self) -> ProcessId {
        self.peer
    }

    fn used(&self) -> Duration {
        self.used
    }
}

impl Shared {
    fn new(me: ProcessId, permits: Option<Permits>) -> Option<Shared> {
        let parts = doorbell::Parts::create().ok()?;
        let bell = parts.try_clone().ok()?.bell().ok()?;
        let spinner = Spinner::new(Owner::new(me.0)?, SPIN_WITHIN);
        let reads = std::env::var_os(SINGLE_COPY).is_none_or(|set| set != "off");
        let (offer, core) = (Offer::new().ok()?, only_core());
        Some(Shared { bell, parts, offer, reads, core, permits, spinner })
    }
}

/// By the affinity of the thread that meets its first other process (sched_getaffinity(2)).
fn only_core() -> Option<u32> {
    let cores = rustix::thread::sched_getaffinity(None).ok()?;
    let mut set = (0..rustix::thread::CpuSet::MAX_CPU).filter(|core| cores.is_set(*core));
    let only = set.next().filter(|_| set.next().is_none())?;
    u32::try_from(only).ok()
}
