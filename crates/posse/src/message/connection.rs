//! Frames between a process and the daemon of its host, on a socket that never blocks.
//!
//! Called by `progress`, under its lock.

use super::paths::{Paths, Sides, Word, head_of, own_bytes};
use crate::Error;
use crate::error::Failure;
use crate::limits::{GONE_MAX, OUTPUT_BYTES_MAX, READ_BYTES_MAX};
use bytes::BytesMut;
use posse_message::Down;
use posse_net::descriptors;
use posse_wire::msg::{Called, Follow, Gone, Introduced, Met, Packet, Part, Refused};
use posse_wire::{CommandId, Frame, Kind, Message, ProcessId, decode_frame, limits};
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

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
    /// `input` and the descriptors came behind the handshake.
    pub fn new(
        socket: UnixStream,
        input: BytesMut,
        descriptors: VecDeque<OwnedFd>,
    ) -> Result<Connection, Error> {
        let nonblocking = socket.set_nonblocking(true);
        nonblocking.map_err(|error| {
            Failure::Read(error.to_string()).error(posse_wire::Outcome::NotDone)
        })?;
        let (scratch, output) = (vec![0; READ_BYTES_MAX], BytesMut::new());
        let gone = VecDeque::new();
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
    pub fn read(&mut self, paths: &mut Paths, to: &mut Sides<'_>) -> Result<(), Failure> {
        loop {
            while let Some(frame) = decode_frame(&mut self.input, limits::CONTROL_FRAME_BYTES_MAX)?
            {
                self.take(paths, to, frame)?;
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
    pub fn write(&mut self, paths: &mut Paths, from: &mut Sides<'_>) -> Result<(), Failure> {
        let me = from.engine.me();
        paths.fetch(from.engine);
        while let Some(peer) = from.engine.next_interest() {
            self.follow(me, peer);
        }
        loop {
            while self.output.len() < OUTPUT_BYTES_MAX
                && let Some((to, packet)) = from.engine.outgoing(from.now)
            {
                if let Some(packet) = paths.send(from, to, packet) {
                    put(&mut self.output, me, to, &packet);
                }
            }
            paths.flush(from);
            for word in paths.take_words() {
                let frame = match word {
                    Word::Meet(peer, meet) => meet.frame(CommandId(peer.0)),
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

    fn take(&mut self, paths: &mut Paths, to: &mut Sides<'_>, frame: Frame) -> Result<(), Failure> {
        match frame.kind {
            Kind::Message => {
                let Packet { from, bytes, .. } = Packet::decode(&frame)?;
                if to.engine.handle(to.now, from, own_bytes(bytes)).is_err() {
                    // Nothing that is left of what it says can be trusted to be in order.
                    to.engine.peer_down(from, Down::Ended);
                }
            }
            Kind::Gone => {
                let process = Gone::decode(&frame)?.process;
                paths.gone(process, to);
                to.engine.peer_down(process, Down::Ended);
                if self.gone.len() >= GONE_MAX {
                    self.gone.pop_front();
                }
                self.gone.push_back(process);
            }
            Kind::Met => {
                let met = Met::decode(&frame)?;
                let (socket, memory) = (self.descriptor_came()?, self.descriptor_came()?);
                paths.met((ProcessId(frame.id.0), met), (socket, memory), to);
            }
            Kind::Introduced => {
                paths.introduced(ProcessId(frame.id.0), &Introduced::decode(&frame)?, to);
            }
            Kind::Called => {
                Called::decode(&frame)?;
                let socket = self.descriptor_came()?;
                paths.called(ProcessId(frame.id.0), socket, to);
            }
            Kind::Refused => return Err(Failure::Refused(Refused::decode(&frame)?.reason)),
            Kind::Heartbeat => {}
            other => return Err(Failure::Nonsense(format!("{} for a process", other.name()))),
        }
        Ok(())
    }

    /// It came with the frame, or before.
    fn descriptor_came(&mut self) -> Result<OwnedFd, Failure> {
        let missing = || Failure::Nonsense("a frame without its descriptor".to_owned());
        self.descriptors.pop_front().ok_or_else(missing)
    }

    /// Asks the daemon to say when that process is over.
    pub fn follow(&mut self, me: ProcessId, peer: ProcessId) {
        let frame = Follow { by: me }.frame(CommandId(peer.0));
        self.output.extend_from_slice(&frame.to_bytes());
    }
}

/// As [`Packet::frame`], without its copies.
fn put(output: &mut BytesMut, me: ProcessId, to: ProcessId, packet: &posse_message::Packet) {
    head_of(output, me, to, packet);
    if let Some(payload) = packet.body.payload() {
        output.extend_from_slice(payload);
    }
}
