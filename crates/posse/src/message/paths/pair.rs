//! One other process of this host, and the memory that is shared with it: a ring in each
//! direction, and ways for large payloads. Those that are offered are read by the receiver when it
//! wants them, from memory that the sender has for that, or straight from the sender's own where
//! the kernel permits it. Else they are copied through a second, larger ring.
//!
//! A record of a ring begins with a byte that says where the payload of its packet is. Called by
//! `paths`.

use super::super::buffers::buffers;
use super::loans::Loans;
use super::note::{NOTE_BYTES, Note};
use crate::limits::{BULK_RING_BYTES, INLINE_BYTES_MAX};
use bytes::{Bytes, BytesMut};
use posse_message::{Body, Engine, Fetch, Packet};
use posse_net::descriptors;
use posse_shm::attach::{self, Invitation, Peer};
use posse_shm::doorbell::{self, Ringer};
use posse_shm::ring::{self, Consumer, Popped, Producer, Pushed};
use posse_shm::segment::{self, Extent, View};
use posse_shm::{Mapping, RING_BYTES_DEFAULT};
use posse_wire::{ProcessId, limits};
use rustix::io::Errno;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// The packet follows, payload and all.
const INLINE: u8 = 0;
/// The payload's address (u64) and length (u32) in the sender's memory, and the packet without it.
const LENT: u8 = 1;
/// Nothing follows: the packet is the next record of the larger ring.
const BULK: u8 = 2;
/// Where all that is offered stands (u64), and the packet of the offer: an address of the sender's,
/// or with `IN_SEGMENT` an offset in the memory that it has for that.
const OFFERED: u8 = 3;

/// No address of a process has this bit.
const IN_SEGMENT: u64 = 1 << 63;

const LENT_BYTES: usize = 13;
const OFFERED_BYTES: usize = 9;

/// The pair is of no more use; packets go through the daemon again.
#[derive(Debug)]
pub(super) struct Broken;

/// What its process needs of this one to greet another.
pub(super) struct Own<'a> {
    pub bell: &'a doorbell::Parts,
    pub invitation: Invitation,
    /// The only core that it may run on.
    pub core: Option<u32>,
    /// Whether it reads other processes' memory.
    pub reads: bool,
}

pub(super) struct Pair {
    pub peer: ProcessId,
    /// Of the meeting: a later one is in place of an earlier one.
    pub number: u64,
    /// When something was sent or came last.
    pub used: Duration,
    socket: OwnedFd,
    note: Vec<u8>,
    came: Vec<OwnedFd>,
    inbound: Consumer<Mapping>,
    inbound_bulk: Option<Consumer<Mapping>>,
    /// The only core that this process may run on, and whether the other one may run there alone.
    core: Option<u32>,
    pub shares_core: bool,
    reads: bool,
    reader: Option<Peer>,
    view: Option<View>,
    outbound: Option<Outbound>,
    /// What was given out and found no room.
    held: Option<Packet>,
    scratch: Vec<u8>,
    head: BytesMut,
}

struct Outbound {
    ring: Producer<Mapping>,
    bulk: Option<Producer<Mapping>>,
    ringer: Ringer,
    /// The ring's bit in the receiver's doorbell.
    bit: u32,
    /// It can read our memory.
    is_read: bool,
    /// It was handed the memory where offered payloads stand.
    has_segment: bool,
}

impl Pair {
    /// Greets the other one, which hears that it is to ring `bit`.
    pub fn new(
        (peer, number): (ProcessId, u64),
        socket: OwnedFd,
        bit: u32,
        own: &Own<'_>,
    ) -> Result<Pair, Broken> {
        let ring = ring::Parts::create(RING_BYTES_DEFAULT).or(Err(Broken))?;
        let inbound = ring.consumer().or(Err(Broken))?;
        let ring_bytes = RING_BYTES_DEFAULT as u32;
        let note = Note::Here { ring_bytes, bit, invitation: own.invitation, core: own.core };
        let with = [ring.memory.as_fd(), own.bell.page.as_fd(), own.bell.event.as_fd()];
        say(&socket, note, &with)?;
        Ok(Pair {
            peer,
            number,
            used: Duration::ZERO,
            socket,
            note: Vec::new(),
            came: Vec::new(),
            inbound,
            inbound_bulk: None,
            core: own.core,
            shares_core: false,
            reads: own.reads,
            reader: None,
            view: None,
            outbound: None,
            held: None,
            scratch: Vec::new(),
            head: BytesMut::new(),
        })
    }

    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether packets can be given to it.
    pub fn is_open(&self) -> bool {
        self.outbound.is_some()
    }

    #[inline]
    pub fn has_news(&self) -> bool {
        self.inbound.has_news()
    }

    /// Reads what the other one says on the socket. Broken at its end.
    pub fn listen(&mut self) -> Result<(), Broken> {
        let mut bytes = [0; NOTE_BYTES];
        loop {
            let room = NOTE_BYTES - self.note.len();
            match descriptors::receive(&self.socket, &mut bytes[..room], &mut self.came) {
                Ok(0) => return Err(Broken),
                Ok(count) => self.note.extend_from_slice(&bytes[..count]),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => continue,
                Err(_) => return Err(Broken),
            }
            if let Some(whole) = self.note.first_chunk() {
                let note = Note::decode(whole).ok_or(Broken)?;
                self.note.clear();
                self.take_note(note)?;
            }
        }
    }

    fn take_note(&mut self, note: Note) -> Result<(), Broken> {
        let mut came = std::mem::take(&mut self.came).into_iter();
        match note {
            Note::Here { ring_bytes, bit, invitation, core } if self.outbound.is_none() => {
                let (memory, page) = (came.next().ok_or(Broken)?, came.next().ok_or(Broken)?);
                let event = came.next().ok_or(Broken)?;
                let ring = producer(memory, ring_bytes)?;
                let ringer = doorbell::Parts { page, event }.ringer().or(Err(Broken))?;
                let (bulk, is_read, has_segment) = (None, false, false);
                let outbound = Outbound { ring, bulk, ringer, bit, is_read, has_segment };
                // It may wait for room since before it could be told of any.
                outbound.ring()?;
                self.outbound = Some(outbound);
                self.shares_core = core.is_some() && core == self.core;
                if self.reads
                    && let Ok(reader) = Peer::probe(invitation)
                {
                    self.reader = Some(reader);
                    say(&self.socket, Note::Reads, &[])?;
                }
            }
            Note::Reads => self.outbound.as_mut().ok_or(Broken)?.is_read = true,
            Note::Bulk { ring_bytes } if self.inbound_bulk.is_none() => {
                let memory = came.next().ok_or(Broken)?;
                let parts = ring::Parts { memory, data_bytes: ring_bytes as usize };
                self.inbound_bulk = Some(parts.consumer().or(Err(Broken))?);
            }
            Note::Segment { bytes } if self.view.is_none() => {
                let memory = came.next().ok_or(Broken)?;
                self.view = Some(segment::Parts { memory, bytes }.view().or(Err(Broken))?);
            }
            Note::Here { .. } | Note::Bulk { .. } | Note::Segment { .. } => return Err(Broken),
        }
        Ok(())
    }

    /// Puts a packet into the ring. `false` where it is held until there is room: nothing more is
    /// to be given then.
    pub fn send(
        &mut self,
        packet: Packet,
        (engine, loans): (&mut Engine, &mut Loans),
    ) -> Result<bool, Broken> {
        let offered = match &packet.body {
            Body::Offer { envelope } => self.lend(envelope.number, engine, loans)?,
            _ => None,
        };
        let done = self.try_send(&packet, offered)?;
        if !done {
            self.held = Some(packet);
        }
        Ok(done)
    }

    /// Tries again with what found no room; `true` where nothing is held any more, and was.
    pub fn send_held(&mut self, sides: (&mut Engine, &mut Loans)) -> Result<bool, Broken> {
        let Some(packet) = self.held.take() else { return Ok(false) };
        self.send(packet, sides)
    }

    /// Where the other one can read what it is offered, if it can.
    fn lend(
        &mut self,
        number: u64,
        engine: &mut Engine,
        loans: &mut Loans,
    ) -> Result<Option<u64>, Broken> {
        let outbound = self.outbound.as_mut().ok_or(Broken)?;
        let place = if let Some(extent) = loans.lend(engine, self.peer, number) {
            if let Some(parts) = loans.parts().filter(|_| !outbound.has_segment) {
                say(&self.socket, Note::Segment { bytes: parts.bytes }, &[parts.memory.as_fd()])?;
                outbound.has_segment = true;
            }
            Some(IN_SEGMENT | extent.at)
        } else if outbound.is_read {
            engine.offered(self.peer, number).map(|payload| attach::address(payload))
        } else {
            None
        };
        if place.is_some() {
            engine.lend(self.peer, number);
        }
        Ok(place)
    }

    fn try_send(&mut self, packet: &Packet, offered: Option<u64>) -> Result<bool, Broken> {
        let outbound = self.outbound.as_mut().ok_or(Broken)?;
        self.head.clear();
        packet.encode_head(&mut self.head);
        let payload = packet.body.payload().map_or(&[][..], |payload| payload);
        let sent = if let Some(offered) = offered {
            let mut record = [OFFERED; OFFERED_BYTES];
            record[1..].copy_from_slice(&offered.to_le_bytes());
            outbound.push(&[&record, &self.head])?
        } else if payload.len() <= INLINE_BYTES_MAX {
            outbound.push(&[&[INLINE], &self.head, payload])?
        } else if outbound.is_read {
            let mut lent = [LENT; LENT_BYTES];
            lent[1..9].copy_from_slice(&attach::address(payload).to_le_bytes());
            lent[9..].copy_from_slice(&(payload.len() as u32).to_le_bytes());
            outbound.push(&[&lent, &self.head])?
        } else {
            if outbound.bulk.is_none() {
                let parts = ring::Parts::create(BULK_RING_BYTES).or(Err(Broken))?;
                outbound.bulk = Some(parts.producer().or(Err(Broken))?);
                let note = Note::Bulk { ring_bytes: BULK_RING_BYTES as u32 };
                say(&self.socket, note, &[parts.memory.as_fd()])?;
            }
            outbound.push_bulk(&[&self.head, payload])?
        };
        if sent {
            outbound.ring()?;
        }
        Ok(sent)
    }

    /// Hands all that has come to the engine.
    pub fn drain(&mut self, engine: &mut Engine, now: Duration) -> Result<(), Broken> {
        let mut any = false;
        loop {
            match self.inbound.try_pop(&mut self.scratch).or(Err(Broken))? {
                Popped::Record => {}
                Popped::Empty => break,
                Popped::Closed => return Err(Broken),
            }
            any = true;
            let (packet, offered) = self.packet()?;
            let handled = match offered {
                Some(address) => engine.handle_lent(now, self.peer, packet, address),
                None => engine.handle(now, self.peer, packet),
            };
            handled.or(Err(Broken))?;
        }
        if any {
            self.used = now;
            let mut waits = self.inbound.is_awaited().or(Err(Broken))?;
            if let Some(bulk) = &self.inbound_bulk {
                waits |= bulk.is_awaited().or(Err(Broken))?;
            }
            if let Some(outbound) = self.outbound.as_ref().filter(|_| waits) {
                outbound.ring()?;
            }
        }
        Ok(())
    }

    /// A payload that the other one has offered, by one copy. `None` where that fails.
    pub fn fetch(&mut self, fetch: &Fetch) -> Option<Bytes> {
        let length = usize::try_from(fetch.length).ok()?;
        let mut payload = buffers().take(length)?;
        if fetch.address & IN_SEGMENT == 0 {
            self.reader.as_ref()?.append(fetch.address, length, &mut payload).ok()?;
        } else {
            if self.view.is_none() {
                self.listen().ok()?;
            }
            let extent = Extent { at: fetch.address & !IN_SEGMENT, bytes: fetch.length };
            self.view.as_ref()?.read(extent, &mut payload).ok()?;
        }
        Some(buffers().share(payload))
    }

    /// The packet of the record that was popped, and where that stands which it offers.
    fn packet(&mut self) -> Result<(Bytes, Option<u64>), Broken> {
        let (kind, rest) = self.scratch.split_first().ok_or(Broken)?;
        match *kind {
            INLINE => Ok((Bytes::copy_from_slice(rest), None)),
            OFFERED => {
                let (address, packet) = rest.split_first_chunk().ok_or(Broken)?;
                let address = u64::from_le_bytes(*address);
                Ok((Bytes::copy_from_slice(packet), Some(address)))
            }
            LENT => {
                let address = u64::from_le_bytes(*rest.first_chunk().ok_or(Broken)?);
                let length = rest.get(8..).and_then(|rest| rest.first_chunk()).ok_or(Broken)?;
                let length = u32::from_le_bytes(*length) as usize;
                let head = rest.get(LENT_BYTES - 1..).ok_or(Broken)?;
                let reader = self.reader.as_ref().ok_or(Broken)?;
                if length > limits::CHUNK_BYTES_MAX {
                    return Err(Broken);
                }
                let mut packet = Vec::with_capacity(head.len() + length);
                packet.extend_from_slice(head);
                reader.append(address, length, &mut packet).or(Err(Broken))?;
                Ok((packet.into(), None))
            }
            BULK => {
                if self.inbound_bulk.is_none() {
                    self.listen()?;
                }
                let bulk = self.inbound_bulk.as_mut().ok_or(Broken)?;
                let mut packet = Vec::new();
                match bulk.try_pop(&mut packet).or(Err(Broken))? {
                    Popped::Record => Ok((packet.into(), None)),
                    Popped::Empty | Popped::Closed => Err(Broken),
                }
            }
            _ => Err(Broken),
        }
    }
}

impl Outbound {
    fn push(&mut self, parts: &[&[u8]]) -> Result<bool, Broken> {
        push(&mut self.ring, parts)
    }

    /// The packet into the larger ring, and word of it into the other.
    fn push_bulk(&mut self, parts: &[&[u8]]) -> Result<bool, Broken> {
        // That there will be room for the word is made sure first.
        while self.ring.room().or(Err(Broken))? == 0 {
            if self.ring.wait_for_room().or(Err(Broken))? {
                return Ok(false);
            }
        }
        let bulk = self.bulk.as_mut().ok_or(Broken)?;
        if !push(bulk, parts)? {
            return Ok(false);
        }
        push(&mut self.ring, &[&[BULK]])
    }

    fn ring(&self) -> Result<(), Broken> {
        self.ringer.ring(self.bit).map(drop).or(Err(Broken))
    }
}

/// `false` where there is no room, and the receiver will tell of some.
fn push(ring: &mut Producer<Mapping>, parts: &[&[u8]]) -> Result<bool, Broken> {
    loop {
        match ring.try_push(parts).or(Err(Broken))? {
            Pushed::Done => return Ok(true),
            Pushed::Closed => return Err(Broken),
            Pushed::Full if ring.wait_for_room().or(Err(Broken))? => return Ok(false),
            Pushed::Full => {}
        }
    }
}

fn producer(memory: OwnedFd, ring_bytes: u32) -> Result<Producer<Mapping>, Broken> {
    ring::Parts { memory, data_bytes: ring_bytes as usize }.producer().or(Err(Broken))
}

/// A note always fits: few are ever on their way.
fn say(socket: &OwnedFd, note: Note, with: &[BorrowedFd<'_>]) -> Result<(), Broken> {
    match descriptors::send(socket, &[IoSlice::new(&note.encode())], with) {
        Ok(NOTE_BYTES) => Ok(()),
        Ok(_) | Err(_) => Err(Broken),
    }
}
