//! From the environment, or a vm's name, to a process with an id: one connection, two round trips.

use super::connection::Connection;
use crate::Error;
use crate::error::Failure;
use crate::limits::WELCOME_READ_BYTES_MAX;
use bytes::BytesMut;
use posse_net::{descriptors, local};
use posse_wire::msg::{Enrol, Enrolled, Hello, Refused, Role, Welcome};
use posse_wire::{
    CommandId, Frame, Kind, Message, Outcome, ProcessId, VmId, WireError, decode_frame, limits,
};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

/// The id that a process was started with, where it was started to take part.
const PROCESS: &str = "POSSE_PROCESS";

/// The process that had this one started.
const PARENT: &str = "POSSE_PARENT";

/// Who this process is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joined {
    pub id: ProcessId,
    pub parent: Option<ProcessId>,
}

/// Through the daemon that started this process; where none did, through that of this computer
/// that is of the vm `name`.
pub(super) fn join(name: &str) -> Result<(Joined, Connection), Error> {
    let process = |name: &str| std::env::var(name).ok()?.parse().ok().map(ProcessId);
    let started = local::of_process()?.filter(|vm| name.is_empty() || vm.name() == name);
    let stream = match &started {
        Some(directory) => local::connect_in(directory)?,
        None if name.is_empty() => local::connect(&posse_net::place::default_vm_name()?)?,
        None => local::connect(name)?,
    };
    let (claims, parent) = match started {
        Some(_) => (process(PROCESS), process(PARENT)),
        None => (None, None),
    };
    let (input, descriptors) = (BytesMut::new(), VecDeque::new());
    let mut connection = Opening { stream, input, descriptors };
    connection.hello()?;
    let id = connection.enrol(claims)?;
    let parent = parent.filter(|_| Some(id) == claims);
    let Opening { stream, input, descriptors } = connection;
    Ok((Joined { id, parent }, Connection::new(stream, input, descriptors)?))
}

struct Opening {
    stream: UnixStream,
    input: BytesMut,
    /// What came with frames behind the handshake.
    descriptors: VecDeque<OwnedFd>,
}

impl Opening {
    fn hello(&mut self) -> Result<(), Error> {
        self.stream.set_nonblocking(false).map_err(lost)?;
        self.stream.set_read_timeout(Some(limits::HANDSHAKE_WITHIN)).map_err(lost)?;
        let (wire, wire_oldest) = (posse_wire::WIRE_VERSION, posse_wire::WIRE_VERSION_OLDEST);
        // The socket says which vm is meant.
        let (vm, role) = (VmId([0; 16]), Role::Process);
        self.say(&Hello { wire, wire_oldest, vm, role }.frame(CommandId::NONE))?;
        let frame = self.answer(Kind::Welcome)?;
        Welcome::decode(&frame).map_err(nonsense)?;
        Ok(())
    }

    fn enrol(&mut self, claims: Option<ProcessId>) -> Result<ProcessId, Error> {
        self.say(&Enrol { claims }.frame(CommandId::NONE))?;
        let frame = self.answer(Kind::Enrolled)?;
        Ok(Enrolled::decode(&frame).map_err(nonsense)?.process)
    }

    fn say(&mut self, frame: &Frame) -> Result<(), Error> {
        self.stream.write_all(&frame.to_bytes()).map_err(lost)
    }

    fn answer(&mut self, wanted: Kind) -> Result<Frame, Error> {
        let mut scratch = vec![0; WELCOME_READ_BYTES_MAX];
        loop {
            while let Some(frame) =
                decode_frame(&mut self.input, limits::CONTROL_FRAME_BYTES_MAX).map_err(nonsense)?
            {
                match frame.kind {
                    kind if kind == wanted => return Ok(frame),
                    Kind::Refused => {
                        let reason = Refused::decode(&frame).map_err(nonsense)?.reason;
                        return Err(Error::Refused { reason });
                    }
                    _ => {}
                }
            }
            match descriptors::receive(&self.stream, &mut scratch, &mut self.descriptors) {
                Ok(0) => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.input.extend_from_slice(&scratch[..count]),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(lost(errno.into())),
            }
        }
    }
}

fn lost(error: io::Error) -> Error {
    Failure::Read(error.to_string()).error(Outcome::NotDone)
}

fn nonsense(error: WireError) -> Error {
    Failure::from(error).error(Outcome::NotDone)
}
