//! Links to processes of other hosts: each of two is told the other's key by its daemon, one calls
//! at the port of the other's host, and both prove their keys. Called by `table`.
//!
//! Who asked calls, if the other's host takes connections, else who was asked. Where both ask at
//! once, the process with the smaller id has asked.

use super::slots::{Place, Slots, Way};
use super::token::Token;
use super::{Sides, Word};
use crate::limits::{DIRECT_SEALED_BYTES, DIRECTS_MAX, INTRODUCED_MAX};
use bytes::{Bytes, BytesMut};
use posse_message::{Engine, Packet};
use posse_net::call::{Call, Preface};
use posse_net::identity::{PublicKey, SecretKey};
use posse_wire::msg::{self, Introduced};
use posse_wire::{CommandId, Frame, HEADER_BYTES, Kind, ProcessId, decode_frame, limits};
use rustix::event::epoll::{self, EventData, EventFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::time::Duration;

pub(super) struct Directs {
    pub slots: Slots<Direct>,
    /// Made when a process of another host is first asked for.
    key: Option<SecretKey>,
    /// Whom this process has asked for, and was not told of.
    asked: BTreeSet<ProcessId>,
    /// Who is to call, and proves this key.
    introduced: BTreeMap<ProcessId, PublicKey>,
    scratch: Vec<u8>,
    /// Places with something that is not flushed.
    dirty: Vec<usize>,
}

pub(super) struct Direct {
    peer: ProcessId,
    used: Duration,
    call: Call,
    input: BytesMut,
    /// Bytes that were sealed since the last flush.
    sealed: usize,
    /// The engine knows that nothing is lost on this way.
    is_wide: bool,
    /// The descriptor is watched for room, and the engine gives nothing meanwhile.
    waits: bool,
}

/// The link is of no more use.
struct Ended;

impl Default for Directs {
    fn default() -> Self {
        Directs {
            slots: Slots::new(DIRECTS_MAX),
            key: None,
            asked: BTreeSet::new(),
            introduced: BTreeMap::new(),
            scratch: Vec::new(),
            dirty: Vec::new(),
        }
    }
}

impl Directs {
    pub fn is_open(&self, peer: ProcessId) -> bool {
        let direct = self.slots.of(peer).and_then(|at| self.slots.get(at));
        direct.is_some_and(|direct| direct.call.is_open())
    }

    /// What the daemon is to be asked for a link to this process.
    pub fn ask(&mut self, peer: ProcessId) -> Option<Word> {
        if self.asked.len() >= INTRODUCED_MAX {
            self.asked.pop_first();
        }
        self.asked.insert(peer);
        self.meet(peer, false)
    }

    fn meet(&mut self, peer: ProcessId, answers: bool) -> Option<Word> {
        if self.key.is_none() {
            self.key = SecretKey::generate().ok();
        }
        let key = Some(self.key.as_ref()?.public().0);
        Some(Word::Meet(peer, msg::Meet { key, answers }))
    }

    /// The daemon says who that process is, and where it is called.
    pub fn introduced(
        &mut self,
        peer: ProcessId,
        introduced: &Introduced,
        sides: &mut Sides<'_>,
        words: &mut Vec<Word>,
    ) {
        let has_asked = self.asked.contains(&peer);
        if !introduced.answers {
            if has_asked && sides.engine.me() < peer {
                return;
            }
            words.extend(self.meet(peer, true));
        } else if !has_asked {
            return;
        }
        self.asked.remove(&peer);
        let calls = match introduced.answers {
            true => !introduced.there.is_empty(),
            false => !introduced.here && !introduced.there.is_empty(),
        };
        let key = PublicKey(introduced.key);
        if calls {
            let address = introduced.there.parse().ok();
            let preface = Preface { to: peer, from: sides.engine.me() };
            let call = address
                .zip(self.key.as_ref())
                .and_then(|(address, own)| Call::dial(address, preface, own, key).ok());
            let _by_the_daemon_then = call.and_then(|call| self.begin(peer, call, sides));
        } else {
            if self.introduced.len() >= INTRODUCED_MAX {
                self.introduced.pop_first();
            }
            self.introduced.insert(peer, key);
        }
    }

    /// A connection of that process.
    pub fn called(&mut self, peer: ProcessId, socket: OwnedFd, sides: &mut Sides<'_>) {
        let Some(key) = self.introduced.remove(&peer) else { return };
        let call = self.key.as_ref().and_then(|own| Call::answer(socket, own, key).ok());
        let _by_the_daemon_then = call.and_then(|call| self.begin(peer, call, sides));
    }

    fn begin(&mut self, peer: ProcessId, call: Call, sides: &mut Sides<'_>) -> Option<()> {
        if let Some(at) = self.slots.of(peer) {
            self.close(at, sides.engine, sides.now);
        }
        let at = match self.slots.place(sides.now)? {
            Place::Free(at) => at,
            Place::Taken(at) => {
                self.close(at, sides.engine, sides.now);
                at
            }
        };
        let data = EventData::new_u64(Token::Direct(at).number());
        // A connection that is being made is writable when it is there.
        epoll::add(sides.epoll, call.descriptor(), data, EventFlags::IN | EventFlags::OUT).ok()?;
        let (used, input) = (sides.now, BytesMut::new());
        self.slots
            .insert(at, Direct { peer, used, call, input, sealed: 0, is_wide: false, waits: true });
        Some(())
    }

    /// Packets go by the daemon again.
    pub fn close(&mut self, at: usize, engine: &mut Engine, now: Duration) {
        let Some(direct) = self.slots.take(at) else { return };
        engine.resume(direct.peer);
        engine.path_changed(now, direct.peer);
    }

    /// The packet comes back where the link is not open yet.
    pub fn send(&mut self, at: usize, packet: Packet, sides: &mut Sides<'_>) -> Option<Packet> {
        let Some(direct) = self.slots.get_mut(at).filter(|direct| direct.call.is_open()) else {
            return Some(packet);
        };
        direct.used = sides.now;
        if !std::mem::replace(&mut direct.is_wide, true) {
            sides.engine.widen(direct.peer);
        }
        let mut head = BytesMut::with_capacity(HEADER_BYTES + 256);
        let me = sides.engine.me();
        head_of(&mut head, me, direct.peer, &packet);
        let payload = packet.body.payload().map_or(&[][..], |payload| payload);
        direct.sealed += head.len() + payload.len();
        let sent = match direct.call.push(&[&head, payload]) {
            Ok(()) if direct.sealed < DIRECT_SEALED_BYTES => {
                self.dirty.push(at);
                Ok(())
            }
            Ok(()) => direct.flush(at, sides),
            Err(_) => Err(Ended),
        };
        if sent.is_err() {
            self.close(at, sides.engine, sides.now);
        }
        None
    }

    /// Sends what was given since the last time.
    pub fn flush(&mut self, sides: &mut Sides<'_>) {
        while let Some(at) = self.dirty.pop() {
            let flushed = self.slots.get_mut(at).map(|direct| direct.flush(at, sides));
            if matches!(flushed, Some(Err(Ended))) {
                self.close(at, sides.engine, sides.now);
            }
        }
    }

    /// The descriptor is ready for something.
    pub fn turn(&mut self, at: usize, sides: &mut Sides<'_>) {
        let Directs { slots, scratch, .. } = self;
        let Some(direct) = slots.get_mut(at) else { return };
        scratch.resize(limits::CHUNK_BYTES_MAX, 0);
        if direct.turn(at, scratch, sides).is_err() {
            self.close(at, sides.engine, sides.now);
        }
    }

    /// That process is over.
    pub fn gone(&mut self, peer: ProcessId, sides: &mut Sides<'_>) {
        self.asked.remove(&peer);
        self.introduced.remove(&peer);
        if let Some(at) = self.slots.of(peer) {
            // What it said last is read before that is told.
            self.turn(at, sides);
            self.close(at, sides.engine, sides.now);
        }
    }
}

impl Direct {
    fn turn(&mut self, at: usize, scratch: &mut [u8], sides: &mut Sides<'_>) -> Result<(), Ended> {
        self.call.flush().or(Err(Ended))?;
        // Part by part, so that what was read is taken while it is in the cache.
        loop {
            let read = self.call.read(scratch, &mut self.input);
            self.take(sides)?;
            if !read.or(Err(Ended))? {
                return self.flush(at, sides);
            }
        }
    }

    /// Hands the frames that are whole to the engine.
    fn take(&mut self, sides: &mut Sides<'_>) -> Result<(), Ended> {
        while let Some(frame) =
            decode_frame(&mut self.input, limits::CONTROL_FRAME_BYTES_MAX).or(Err(Ended))?
        {
            let packet = (frame.kind == Kind::Message).then(|| msg::Packet::decode(&frame).ok());
            let Some(packet) = packet.flatten() else { return Err(Ended) };
            if packet.from != self.peer || packet.to != sides.engine.me() {
                return Err(Ended);
            }
            self.used = sides.now;
            let bytes = super::own_bytes(packet.bytes);
            sides.engine.handle(sides.now, self.peer, bytes).or(Err(Ended))?;
        }
        Ok(())
    }

    fn flush(&mut self, at: usize, sides: &mut Sides<'_>) -> Result<(), Ended> {
        self.sealed = 0;
        self.call.flush().or(Err(Ended))?;
        let waits = self.call.is_full();
        if waits == self.waits {
            return Ok(());
        }
        self.waits = waits;
        let flags = if waits { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
        let data = EventData::new_u64(Token::Direct(at).number());
        epoll::modify(sides.epoll, self.call.descriptor(), data, flags).or(Err(Ended))?;
        if waits {
            sides.engine.pause(self.peer);
        } else {
            sides.engine.resume(self.peer);
        }
        Ok(())
    }
}

impl Way for Direct {
    fn peer(&self) -> ProcessId {
        self.peer
    }

    fn used(&self) -> Duration {
        self.used
    }
}

/// The frame of a packet up to its payload.
pub(in crate::message) fn head_of(
    output: &mut BytesMut,
    me: ProcessId,
    to: ProcessId,
    packet: &Packet,
) {
    let start = output.len();
    output.extend_from_slice(&[0; HEADER_BYTES]);
    output.extend_from_slice(&me.0.to_le_bytes());
    packet.encode_head(output);
    let payload = packet.body.payload().map_or(0, Bytes::len);
    let length = (output.len() - start - HEADER_BYTES + payload) as u32;
    let frame = Frame { kind: Kind::Message, flags: 0, id: CommandId(to.0), body: Bytes::new() };
    output[start..start + HEADER_BYTES].copy_from_slice(&frame.header());
    output[start..start + 4].copy_from_slice(&length.to_le_bytes());
}
