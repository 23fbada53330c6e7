//! Frames between a process and the daemon of its host, on a socket that never blocks.
//!
//! Called by `progress`, under its lock.

use super::paths::{Paths, Sent, Word};
use crate::Error;
use crate::error::Failure;
use crate::limits::{COPIED_BYTES_MAX, GONE_MAX, OUTPUT_BYTES_MAX, READ_BYTES_MAX};
use bytes::{Bytes, BytesMut};
use posse_message::{Down, Engine};
use posse_net::descriptors;
use posse_wire::msg::{Follow, Gone, Meet, Met, Packet, Part, Refused};
use posse_wire::{CommandId, Frame, HEADER_BYTES, Kind, Message, ProcessId, decode_frame, limits};
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// What frames and packets are for and from.
pub(super) struct Sides<'a> {
    pub engine: &'a mut Engine,
    pub paths: &'a mut Paths,
    pub now: Duration,
    /// The descriptors that the process waits for.
    pub epoll: BorrowedFd<'a>,
}

pub(super) struct Connection {
    socket: UnixStream,
    input: BytesMut,
    scratch: Vec<u8>,
    output: BytesMut,
    /// What came with frames that are not read yet.
    descriptors: VecDeque<OwnedFd>,
    /// Processes that are over, for a face that wants to know of each.
    pub gone: VecDeque<ProcessId>,
}

impl Connection {
    /// `input` came behind the handshake.
    pub fn new(socket: UnixStream, input: BytesMut) -> Result<Connection, Error> {
        let nonblocking = socket.set_nonblocking(true);
        nonblocking.map_err(|error| {
            Failure::Read(error.to_string()).error(posse_wire::Outcome::NotDone)
        })?;
        let (scratch, output) = (vec![0; READ_BYTES_MAX], BytesMut::new());
        let (descriptors, gone) = (VecDeque::new(), VecDeque::new());
        Ok(Connection { socket, input, scratch, output, descriptors, gone })
    }

    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether there is something that the socket has not taken.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Hands all that has come to the engine.
    pub fn read(&mut self, to: &mut Sides<'_>) -> Result<(), Failure> {
        loop {
            while let Some(frame) = decode_frame(&mut self.input, limits::CONTROL_FRAME_BYTES_MAX)?
            {
                self.take(to, frame)?;
            }
            match descriptors::receive(&self.socket, &mut self.scratch, &mut self.descriptors) {
                Ok(0) => return Err(Failure::Closed),
                Ok(count) => self.input.extend_from_slice(&self.scratch[..count]),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(Failure::Read(errno.to_string())),
            }
        }
    }

    /// Sends what the engine has, until the socket takes no more.
    pub fn write(&mut self, from: &mut Sides<'_>) -> Result<(), Failure> {
        let Sides { engine, paths, now, .. } = from;
        let me = engine.me();
        while let Some(peer) = engine.next_interest() {
            self.follow(me, peer);
        }
        loop {
            while self.output.len() < OUTPUT_BYTES_MAX
                && let Some((to, packet)) = engine.outgoing(*now)
            {
                match paths.send(engine, *now, to, packet) {
                    Sent::Done => {}
                    Sent::ByDaemon(packet) => put(&mut self.output, me, to, &packet),
                }
            }
            for word in paths.take_words() {
                let frame = match word {
                    Word::Meet(peer) => Meet {}.frame(CommandId(peer.0)),
                    Word::Part(peer) => Part {}.frame(CommandId(peer.0)),
                };
                self.output.extend_from_slice(&frame.to_bytes());
            }
            if self.output.is_empty() {
                return Ok(());
            }
            match rustix::net::send(&self.socket, &self.output, SendFlags::NOSIGNAL) {
                Ok(count) => drop(self.output.split_to(count)),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                // What the daemon said last is still to be read.
                Err(Errno::PIPE | Errno::CONNRESET) => return Ok(()),
                Err(errno) => return Err(Failure::Read(errno.to_string())),
            }
        }
    }

    fn take(&mut self, to: &mut Sides<'_>, frame: Frame) -> Result<(), Failure> {
        let Sides { engine, paths, now, epoll } = to;
        match frame.kind {
            Kind::Message => {
                let Packet { from, mut bytes, .. } = Packet::decode(&frame)?;
                if bytes.len() <= COPIED_BYTES_MAX {
                    bytes = Bytes::copy_from_slice(&bytes);
                }
                if engine.handle(*now, from, bytes).is_err() {
                    // Nothing that is left of what it says can be trusted to be in order.
                    engine.peer_down(from, Down::Ended);
                }
            }
            Kind::Gone => {
                let process = Gone::decode(&frame)?.process;
                paths.gone(process, engine, *now);
                engine.peer_down(process, Down::Ended);
                if self.gone.len() >= GONE_MAX {
                    self.gone.pop_front();
                }
                self.gone.push_back(process);
            }
            Kind::Met => {
                let met = Met::decode(&frame)?;
                let missing = || Failure::Nonsense("a meeting without a socket".to_owned());
                let socket = self.descriptors.pop_front().ok_or_else(missing)?;
                let memory = self.descriptors.pop_front().ok_or_else(missing)?;
                let peer = ProcessId(frame.id.0);
                paths.met((peer, met), (socket, memory), (engine, *now), epoll);
            }
            Kind::Refused => return Err(Failure::Refused(Refused::decode(&frame)?.reason)),
            Kind::Heartbeat => {}
            other => return Err(Failure::Nonsense(format!("{} for a process", other.name()))),
        }
        Ok(())
    }

    /// Asks the daemon to say when that process is over.
    pub fn follow(&mut self, me: ProcessId, peer: ProcessId) {
        let frame = Follow { by: me }.frame(CommandId(peer.0));
        self.output.extend_from_slice(&frame.to_bytes());
    }
}

/// As [`Packet::frame`], without its copies.
fn put(output: &mut BytesMut, me: ProcessId, to: ProcessId, packet: &posse_message::Packet) {
    let start = output.len();
    output.extend_from_slice(&[0; HEADER_BYTES]);
    output.extend_from_slice(&me.0.to_le_bytes());
    packet.encode(output);
    let length = (output.len() - start - HEADER_BYTES) as u32;
    let frame = Frame { kind: Kind::Message, flags: 0, id: CommandId(to.0), body: Bytes::new() };
    output[start..start + HEADER_BYTES].copy_from_slice(&frame.header());
    output[start..start + 4].copy_from_slice(&length.to_le_bytes());
}
