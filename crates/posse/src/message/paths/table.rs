//! All pairs of a process: which packet goes to which, when one is made and when it is closed, and
//! what a wait looks at. Called by `connection` and `progress`, under their lock.

use super::pair::{Own, Pair};
use super::token::Token;
use crate::limits::{
    MEET_AFTER, MEET_AFTER_MAX, PAIR_IDLE_LEAST, PAIRS_MAX, SPIN_WITHIN, STRANGERS_MAX,
};
use posse_message::{Engine, Packet};
use posse_shm::attach::Offer;
use posse_shm::doorbell::{self, Bell, Wait};
use posse_shm::permit::{self, Owner, Permits, Spinner, Spun, usable_cores};
use posse_wire::ProcessId;
use posse_wire::msg::Met;
use rustix::event::epoll::{self, EventData, EventFlags};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// `off` in the environment: no process's memory is read, and large payloads are copied twice. For
/// measuring, and for hosts where reading is allowed and slow.
const SINGLE_COPY: &str = "POSSE_SINGLE_COPY";

/// What became of a packet.
pub(in crate::message) enum Sent {
    Done,
    /// There is no such way to that process: it goes by the daemon.
    ByDaemon(Packet),
}

/// What the daemon is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::message) enum Word {
    Meet(ProcessId),
    Part(ProcessId),
}

#[derive(Default)]
pub(in crate::message) struct Paths {
    /// By bit of the doorbell.
    pub(super) pairs: Vec<Option<Pair>>,
    by_peer: BTreeMap<ProcessId, usize>,
    /// Processes of this host that are spoken to by the daemon.
    strangers: BTreeMap<ProcessId, Stranger>,
    pub(super) shared: Option<Shared>,
    /// Where something came from last.
    last: usize,
    words: Vec<Word>,
}

/// How much was said, and when it is enough to ask for a meeting.
struct Stranger {
    packets: u32,
    enough: u32,
}

/// What all pairs have in common, made for the first of them.
pub(super) struct Shared {
    bell: Bell,
    parts: doorbell::Parts,
    offer: Offer,
    pub(super) reads: bool,
    permits: Option<Permits>,
    spinner: Spinner,
}

impl Paths {
    pub fn is_empty(&self) -> bool {
        self.by_peer.is_empty()
    }

    /// What the daemon is to be told now.
    pub fn take_words(&mut self) -> std::vec::Drain<'_, Word> {
        self.words.drain(..)
    }

    /// Sends by shared memory, where there is some.
    #[inline]
    pub fn send(
        &mut self,
        engine: &mut Engine,
        now: Duration,
        to: ProcessId,
        packet: Packet,
    ) -> Sent {
        if to.host() != engine.me().host() {
            return Sent::ByDaemon(packet);
        }
        let bit = self.by_peer.get(&to).copied();
        let pair = bit.and_then(|bit| self.pairs[bit].as_mut()).filter(|pair| pair.is_open());
        let Some(pair) = pair else {
            if bit.is_none() {
                self.count(to);
            }
            return Sent::ByDaemon(packet);
        };
        pair.used = now;
        match pair.send(packet) {
            Ok(true) => {}
            Ok(false) => engine.pause(to),
            Err(_) => self.close(bit.unwrap_or(0), engine, now),
        }
        Sent::Done
    }

    fn count(&mut self, to: ProcessId) {
        if self.strangers.len() >= STRANGERS_MAX {
            self.strangers.pop_first();
        }
        let new = Stranger { packets: 0, enough: MEET_AFTER };
        let stranger = self.strangers.entry(to).or_insert(new);
        stranger.packets += 1;
        if stranger.packets >= stranger.enough {
            // Nothing may come of it: then it is asked for again, ever less often.
            let enough = stranger.enough.saturating_mul(4).min(MEET_AFTER_MAX);
            *stranger = Stranger { packets: 0, enough };
            self.words.push(Word::Meet(to));
        }
    }

    /// The daemon has brought this process together with another one.
    pub fn met(
        &mut self,
        (peer, met): (ProcessId, Met),
        (socket, memory): (OwnedFd, OwnedFd),
        (engine, now): (&mut Engine, Duration),
        epoll: impl AsFd,
    ) {
        if let Some(bit) = self.by_peer.get(&peer).copied() {
            let known = self.pairs[bit].as_ref().map_or(0, |pair| pair.number);
            if met.number <= known {
                return;
            }
            self.close(bit, engine, now);
        }
        let begun = self.begin((peer, met), socket, memory, (engine, now), epoll);
        if begun.is_none() {
            self.words.push(Word::Part(peer));
        }
    }

    fn begin(
        &mut self,
        (peer, met): (ProcessId, Met),
        socket: OwnedFd,
        memory: OwnedFd,
        (engine, now): (&mut Engine, Duration),
        epoll: impl AsFd,
    ) -> Option<()> {
        if self.shared.is_none() {
            let permits = permit::Parts { memory, permits: met.permits as usize }.map().ok();
            let shared = Shared::new(engine.me(), permits)?;
            epoll::add(
                &epoll,
                &shared.bell,
                EventData::new_u64(Token::Bell.number()),
                EventFlags::IN,
            )
            .ok()?;
            self.shared = Some(shared);
        }
        let bit = self.free_bit(engine, now)?;
        let shared = self.shared.as_ref()?;
        let (bell, invitation) = (&shared.parts, shared.offer.invitation());
        let own = Own { bell, invitation, reads: shared.reads };
        let pair = Pair::new((peer, met.number), socket, bit as u32, &own).ok()?;
        let data = EventData::new_u64(Token::Pair(bit).number());
        epoll::add(&epoll, pair.socket(), data, EventFlags::IN).ok()?;
        self.pairs[bit] = Some(pair);
        self.by_peer.insert(peer, bit);
        Some(())
    }

    /// A bit for one more pair: that of the pair that was used least lately, if it has rested.
    fn free_bit(&mut self, engine: &mut Engine, now: Duration) -> Option<usize> {
        if let Some(bit) = self.pairs.iter().position(Option::is_none) {
            return Some(bit);
        }
        if self.pairs.len() < PAIRS_MAX {
            self.pairs.push(None);
            return Some(self.pairs.len() - 1);
        }
        let used = |bit: &usize| self.pairs[*bit].as_ref().map_or(Duration::ZERO, |pair| pair.used);
        let oldest = (0..PAIRS_MAX).min_by_key(used)?;
        if now.saturating_sub(used(&oldest)) < PAIR_IDLE_LEAST {
            return None;
        }
        self.close(oldest, engine, now);
        Some(oldest)
    }

    /// Packets go by the daemon again. What was in the ring is taken out before.
    fn close(&mut self, bit: usize, engine: &mut Engine, now: Duration) {
        let Some(mut pair) = self.pairs.get_mut(bit).and_then(Option::take) else { return };
        let _it_ends_anyway = pair.drain(engine, now);
        self.by_peer.remove(&pair.peer);
        self.words.push(Word::Part(pair.peer));
        engine.resume(pair.peer);
        engine.path_changed(now, pair.peer);
    }

    /// That process is over: what it had sent is taken before that is told.
    pub fn gone(&mut self, peer: ProcessId, engine: &mut Engine, now: Duration) {
        self.strangers.remove(&peer);
        if let Some(bit) = self.by_peer.get(&peer).copied() {
            self.close(bit, engine, now);
        }
    }

    /// Takes what has come, and sends what found no room.
    pub fn turn(&mut self, engine: &mut Engine, now: Duration) {
        let Some(shared) = &self.shared else { return };
        // A bit may be set long before its ring is looked into, and no look is lost by that.
        let bits = shared.bell.take().unwrap_or(u64::MAX);
        self.look(bits, engine, now);
        let last = self.pairs.get(self.last).and_then(Option::as_ref);
        if last.is_some_and(Pair::has_news) {
            self.look(1 << self.last, engine, now);
        }
    }

    fn look(&mut self, mut bits: u64, engine: &mut Engine, now: Duration) {
        while bits != 0 {
            let bit = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let Some(pair) = self.pairs.get_mut(bit).and_then(Option::as_mut) else { continue };
            let peer = pair.peer;
            self.last = bit;
            let taken = pair.drain(engine, now).and_then(|()| pair.send_held());
            match taken {
                Ok(true) => engine.resume(peer),
                Ok(false) => {}
                Err(_) => self.close(bit, engine, now),
            }
        }
    }

    /// Whether a wait for messages may end soon by itself.
    pub fn spin(&mut self, is_wanted: impl Fn() -> bool) -> bool {
        let Some(shared) = &mut self.shared else { return false };
        let (pairs, last, bell) = (&self.pairs, self.last, &shared.bell);
        let hot = pairs.get(last).and_then(Option::as_ref);
        let ready = || hot.is_some_and(Pair::has_news) || bell.has_news() || is_wanted();
        let spun = match &shared.permits {
            Some(permits) => shared.spinner.spin(permits, ready),
            None => shared.spinner.yielding(ready),
        };
        spun == Spun::Ready
    }

    /// Whether this process may sleep: it will be woken for news then. Otherwise the news has been
    /// taken.
    pub fn prepare_wait(&mut self, engine: &mut Engine, now: Duration) -> bool {
        let Some(shared) = &self.shared else { return true };
        match shared.bell.prepare_wait() {
            Ok(Wait::Sleep) => true,
            Ok(Wait::News(bits)) => {
                self.look(bits, engine, now);
                false
            }
            Err(_) => true,
        }
    }

    /// After a sleep for which leave was given; `is_late` where nobody rang for long.
    pub fn woken(&mut self, is_late: bool, engine: &mut Engine, now: Duration) {
        let Some(shared) = &self.shared else { return };
        let bits = shared.bell.woken().unwrap_or(u64::MAX);
        self.look(if is_late { u64::MAX } else { bits }, engine, now);
    }

    /// The socket of this pair has something to say.
    pub fn listen(&mut self, bit: usize, engine: &mut Engine, now: Duration) {
        let Some(pair) = self.pairs.get_mut(bit).and_then(Option::as_mut) else { return };
        if pair.listen().is_err() {
            self.close(bit, engine, now);
        }
    }
}

impl Shared {
    fn new(me: ProcessId, permits: Option<Permits>) -> Option<Shared> {
        let parts = doorbell::Parts::create().ok()?;
        let bell = parts.try_clone().ok()?.bell().ok()?;
        // With one core for this process alone, who spins only keeps the other one from it.
        let permits = permits.filter(|_| usable_cores() > 1);
        let spinner = Spinner::new(Owner::new(me.0)?, SPIN_WITHIN);
        let reads = std::env::var_os(SINGLE_COPY).is_none_or(|set| set != "off");
        Some(Shared { bell, parts, offer: Offer::new().ok()?, reads, permits, spinner })
    }
}
