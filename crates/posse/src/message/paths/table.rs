//! All ways of a process: which packet goes which, when one is asked for, and what a wait looks at.
//! Called by `connection` and `progress`, under their lock.

use super::directs::Directs;
use super::pairs::Pairs;
use super::strangers::Strangers;
use super::token::Token;
use crate::limits::{MEET_AFTER, MEET_AFTER_REMOTE};
use posse_message::{Engine, Packet};
use posse_wire::ProcessId;
use posse_wire::msg::{Introduced, Meet, Met};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

/// What packets are for and from.
pub(in crate::message) struct Sides<'a> {
    pub engine: &'a mut Engine,
    pub now: Duration,
    /// The descriptors that the process waits for.
    pub epoll: BorrowedFd<'a>,
}

/// How messages go to another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Along the tree of daemons: the first ones of a pair, and where there is no other way.
    Daemons,
    /// Through memory that both share.
    Memory,
    /// Over a link of their own, sealed by TLS.
    Direct,
}

/// What the daemon is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::message) enum Word {
    Meet(ProcessId, Meet),
    Part(ProcessId),
}

#[derive(Default)]
pub(in crate::message) struct Paths {
    pub(super) pairs: Pairs,
    directs: Directs,
    strangers: Strangers,
    words: Vec<Word>,
}

impl Paths {
    pub fn is_empty(&self) -> bool {
        self.pairs.slots.is_empty() && self.directs.slots.is_empty()
    }

    /// How packets go to this process now.
    pub fn way(&self, to: ProcessId) -> Way {
        if self.pairs.is_open(to) {
            Way::Memory
        } else if self.directs.is_open(to) {
            Way::Direct
        } else {
            Way::Daemons
        }
    }

    /// Whether something may come that only a look at the descriptors tells.
    pub fn has_links(&self) -> bool {
        !self.directs.slots.is_empty()
    }

    /// What the daemon is to be told now.
    pub fn take_words(&mut self) -> std::vec::Drain<'_, Word> {
        self.words.drain(..)
    }

    /// Sends past the daemon, where there is a way; else the packet comes back.
    #[inline]
    pub fn send(&mut self, sides: &mut Sides<'_>, to: ProcessId, packet: Packet) -> Option<Packet> {
        if to.host() == sides.engine.me().host() {
            if let Some(at) = self.pairs.slots.of(to) {
                let to = (&mut *sides.engine, sides.now);
                return self.pairs.send(to, at, packet, &mut self.words);
            }
            if self.strangers.count(to, MEET_AFTER) {
                self.words.push(Word::Meet(to, Meet { key: None, answers: false }));
            }
        } else {
            if let Some(at) = self.directs.slots.of(to) {
                return self.directs.send(at, packet, sides);
            }
            if self.strangers.count(to, MEET_AFTER_REMOTE) {
                self.words.extend(self.directs.ask(to));
            }
        }
        Some(packet)
    }

    /// Reads the payloads that receives wait for and that can be read where they are.
    pub fn fetch(&mut self, engine: &mut Engine) {
        while let Some(fetch) = engine.next_fetch() {
            let payload = self.pairs.fetch(&fetch);
            engine.fetched(fetch, payload);
        }
    }

    /// Packets were sent, and no more for the moment.
    pub fn flush(&mut self, sides: &mut Sides<'_>) {
        self.directs.flush(sides);
    }

    /// The daemon has brought this process together with another one of its host.
    pub fn met(
        &mut self,
        met: (ProcessId, Met),
        descriptors: (OwnedFd, OwnedFd),
        sides: &mut Sides<'_>,
    ) {
        self.pairs.met(met, descriptors, sides, &mut self.words);
    }

    /// The daemon has told of a process of another host.
    pub fn introduced(&mut self, peer: ProcessId, said: &Introduced, sides: &mut Sides<'_>) {
        self.directs.introduced(peer, said, sides, &mut self.words);
    }

    /// A process of another host has made a connection.
    pub fn called(&mut self, peer: ProcessId, socket: OwnedFd, sides: &mut Sides<'_>) {
        self.directs.called(peer, socket, sides);
    }

    /// That process is over: what it had sent is taken before that is told.
    pub fn gone(&mut self, peer: ProcessId, sides: &mut Sides<'_>) {
        self.strangers.forget(peer);
        if let Some(at) = self.pairs.slots.of(peer) {
            self.pairs.close(at, sides.engine, sides.now, &mut self.words);
        }
        self.directs.gone(peer, sides);
    }

    /// Takes what has come through memory, and sends what found no room there.
    pub fn turn(&mut self, sides: &mut Sides<'_>) {
        self.pairs.turn(sides.engine, sides.now, &mut self.words);
    }

    /// Whether a wait for messages has ended, or may, without a sleep.
    pub fn spin(&mut self, is_wanted: impl Fn() -> bool) -> bool {
        self.pairs.spin(is_wanted)
    }

    /// Whether this process may sleep: it will be woken for news then. Otherwise the news has been
    /// taken.
    pub fn prepare_wait(&mut self, sides: &mut Sides<'_>) -> bool {
        self.pairs.prepare_wait(sides.engine, sides.now, &mut self.words)
    }

    /// After a sleep for which leave was given; `is_late` where nobody rang for long.
    pub fn woken(&mut self, is_late: bool, sides: &mut Sides<'_>) {
        self.pairs.woken(is_late, sides.engine, sides.now, &mut self.words);
    }

    /// A descriptor of a pair or a link is ready.
    pub fn ready(&mut self, token: Token, sides: &mut Sides<'_>) {
        match token {
            Token::Pair(at) => {
                self.pairs.listen(at, sides.engine, sides.now, &mut self.words);
            }
            Token::Direct(at) => self.directs.turn(at, sides),
            Token::Daemon | Token::Wake | Token::Bell => {}
        }
    }
}
