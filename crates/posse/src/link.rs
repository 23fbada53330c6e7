//! The connection to the daemon: one socket, one reader thread, one writer at a time.
//!
//! For: saying hello, giving out ids, sending frames, and handing each arriving frame to the inbox
//! of its id. Not for: what frames mean (the inboxes know). The reader thread never writes, so that
//! a daemon that waits for us to read is never waited for by us. Called by every other module.

use crate::Error;
use crate::error::Failure;
use crate::limits::{READ_BYTES_MAX, WELCOME_READ_BYTES_MAX};
use bytes::BytesMut;
use posse_wire::msg::{Hello, Hosts, Refused, Role, Welcome};
use posse_wire::{CommandId, Frame, Kind, Message, Outcome, VmId, WireError, decode_frame, limits};
use rustix::net::SendFlags;
use std::collections::HashMap;
use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Where the frames of one id go. Implemented by whatever waits for frames.
pub(crate) trait Inbox: Send + Sync {
    /// A frame arrived; an error ends the connection.
    fn deliver(&self, frame: Frame) -> Result<(), Failure>;

    /// The connection is over: end every wait.
    fn fail(&self, failure: &Failure);
}

/// The connection; it closes when the last holder lets go.
pub(crate) struct Link {
    shared: Arc<Shared>,
    /// What is to be held as long as the connection, and let go of after it.
    held: Option<Box<dyn Send + Sync>>,
}

struct Shared {
    socket: UnixStream,
    writing: Mutex<()>,
    inboxes: Mutex<Inboxes>,
}

struct Inboxes {
    by_id: HashMap<CommandId, Arc<dyn Inbox>>,
    first: u64,
    next: u64,
    end: u64,
    failure: Option<Failure>,
}

/// A poisoned lock means that a thread of the caller panicked; what it guards is still whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// Says hello and waits for the welcome: one round trip.
    pub(crate) fn open(socket: UnixStream) -> Result<(Link, Welcome), Error> {
        let within = limits::HANDSHAKE_WITHIN;
        let lost = |error: io::Error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                let outcome = Outcome::NotDone;
                Error::TimedOut { what: "welcome from the daemon", within, outcome }
            }
            _ => Failure::Read(error.to_string()).error(Outcome::NotDone),
        };
        socket.set_nonblocking(false).map_err(lost)?;
        socket.set_read_timeout(Some(within)).map_err(lost)?;
        // The socket says which vm is meant; a client does not know the vm's id.
        let hello = Hello {
            wire: posse_wire::WIRE_VERSION,
            wire_oldest: posse_wire::WIRE_VERSION_OLDEST,
            vm: VmId([0; 16]),
            role: Role::Client,
        };
        // A daemon that refuses may have closed already: what it said is still to be read.
        let sent = send_all(&socket, &hello.frame(CommandId::NONE).to_bytes());
        let mut input = BytesMut::new();
        let welcome = match read_welcome(&socket, &mut input) {
            Ok(welcome) => welcome,
            Err(Hail::Read(error)) => return Err(lost(sent.err().unwrap_or(error))),
            Err(Hail::Refused(reason)) => return Err(Error::Refused { reason }),
            Err(Hail::Nonsense(error)) => {
                return Err(Failure::from(error).error(Outcome::NotDone));
            }
        };
        socket.set_read_timeout(None).map_err(lost)?;
        let first = welcome.command_first;
        let end = first.saturating_add(u64::from(welcome.command_count));
        let by_id = HashMap::new();
        let inboxes = Mutex::new(Inboxes { by_id, first, next: first, end, failure: None });
        let shared = Arc::new(Shared { socket, writing: Mutex::new(()), inboxes });
        let reader = Arc::clone(&shared);
        thread::Builder::new()
            .name("posse-link".to_owned())
            .spawn(move || reader.read_to_end(input))
            .map_err(Error::Thread)?;
        Ok((Link { shared, held: None }, welcome))
    }

    pub(crate) fn hold(&mut self, held: impl Send + Sync + 'static) {
        self.held = Some(Box::new(held));
    }

    /// An id of our own with an inbox for what comes back on it.
    pub(crate) fn register(&self, inbox: Arc<dyn Inbox>) -> Result<CommandId, Error> {
        let mut inboxes = lock(&self.shared.inboxes);
        inboxes.check()?;
        if inboxes.next >= inboxes.end {
            return Err(Error::NoMoreNumbers);
        }
        let id = CommandId(inboxes.next);
        inboxes.next += 1;
        inboxes.by_id.insert(id, inbox);
        Ok(id)
    }

    /// Takes frames of an id that somebody else gave out (a command to be followed).
    pub(crate) fn register_as(&self, id: CommandId, inbox: Arc<dyn Inbox>) -> Result<(), Error> {
        let mut inboxes = lock(&self.shared.inboxes);
        inboxes.check()?;
        if inboxes.by_id.contains_key(&id) {
            return Err(Error::Command("this command is followed already".to_owned()));
        }
        inboxes.by_id.insert(id, inbox);
        Ok(())
    }

    /// Nobody waits for this id any more; what still comes is dropped.
    pub(crate) fn forget(&self, id: CommandId) {
        lock(&self.shared.inboxes).by_id.remove(&id);
    }

    /// Sends frames in one go. An error means that the daemon did not get all of the last one.
    pub(crate) fn send(&self, frames: &[Frame]) -> Result<(), Error> {
        let mut bytes = Vec::with_capacity(frames.iter().map(|one| one.body.len() + 16).sum());
        for frame in frames {
            bytes.extend_from_slice(&frame.header());
            bytes.extend_from_slice(&frame.body);
        }
        let writing = lock(&self.shared.writing);
        let sent = send_all(&self.shared.socket, &bytes);
        drop(writing);
        sent.map_err(|error| {
            let inboxes = lock(&self.shared.inboxes);
            let read = Failure::Read(error.to_string());
            inboxes.failure.as_ref().unwrap_or(&read).error(Outcome::NotDone)
        })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Ends the reader thread as well. It fails only where the connection is over already.
        let _ = self.shared.socket.shutdown(Shutdown::Both);
        drop(self.held.take());
    }
}

impl Inboxes {
    fn check(&self) -> Result<(), Error> {
        match &self.failure {
            Some(failure) => Err(failure.error(Outcome::NotDone)),
            None => Ok(()),
        }
    }
}

impl Shared {
    fn read_to_end(&self, mut input: BytesMut) {
        let mut scratch = vec![0; READ_BYTES_MAX];
        let failure = loop {
            if let Err(failure) = self.dispatch_all(&mut input) {
                break failure;
            }
            match (&self.socket).read(&mut scratch) {
                Ok(0) if input.is_empty() => break Failure::Closed,
                Ok(0) => break Failure::Nonsense("the last frame is cut short".to_owned()),
                Ok(count) => input.extend_from_slice(&scratch[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Failure::Read(error.to_string()),
            }
        };
        // Also tells the daemon, which would otherwise go on sending.
        let _ = self.socket.shutdown(Shutdown::Both);
        let mut inboxes = lock(&self.inboxes);
        let waiting = std::mem::take(&mut inboxes.by_id);
        inboxes.failure = Some(failure.clone());
        drop(inboxes);
        for inbox in waiting.values() {
            inbox.fail(&failure);
        }
    }

    fn dispatch_all(&self, input: &mut BytesMut) -> Result<(), Failure> {
        while let Some(frame) = decode_frame(input, limits::CONTROL_FRAME_BYTES_MAX)? {
            match frame.kind {
                Kind::Heartbeat => {}
                Kind::Refused => return Err(Failure::Refused(Refused::decode(&frame)?.reason)),
                _ => self.dispatch(frame)?,
            }
        }
        Ok(())
    }

    fn dispatch(&self, frame: Frame) -> Result<(), Failure> {
        let inboxes = lock(&self.inboxes);
        let inbox = inboxes.by_id.get(&frame.id).map(Arc::clone);
        let was_ours = (inboxes.first..inboxes.next).contains(&frame.id.0);
        drop(inboxes);
        match inbox {
            Some(inbox) => inbox.deliver(frame),
            // The late frames of a command or request that was dropped.
            None if was_ours => Ok(()),
            None if frame.kind == Kind::Output || frame.kind == Kind::Exit => Ok(()),
            None => Err(Failure::Nonsense(format!("{} for nobody", frame.kind.name()))),
        }
    }
}

enum Hail {
    Read(io::Error),
    Refused(String),
    Nonsense(WireError),
}

impl From<WireError> for Hail {
    fn from(error: WireError) -> Hail {
        Hail::Nonsense(error)
    }
}

/// With the whole list of hosts, whose later parts come behind it.
fn read_welcome(mut socket: &UnixStream, input: &mut BytesMut) -> Result<Welcome, Hail> {
    let mut welcome: Option<Welcome> = None;
    let mut scratch = vec![0; WELCOME_READ_BYTES_MAX];
    loop {
        while let Some(frame) = decode_frame(input, limits::CONTROL_FRAME_BYTES_MAX)? {
            match frame.kind {
                Kind::Heartbeat => {}
                Kind::Refused => return Err(Hail::Refused(Refused::decode(&frame)?.reason)),
                _ => match take_part(welcome.take(), &frame)? {
                    whole if !whole.hosts.more => return Ok(whole),
                    part => welcome = Some(part),
                },
            }
        }
        match socket.read(&mut scratch) {
            Ok(0) => return Err(Hail::Read(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => input.extend_from_slice(&scratch[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Hail::Read(error)),
        }
    }
}

/// The welcome, or what goes on with its list.
fn take_part(before: Option<Welcome>, frame: &Frame) -> Result<Welcome, WireError> {
    let Some(mut welcome) = before else { return Welcome::decode(frame) };
    welcome.hosts.more = Hosts::decode(frame)?.join(&mut welcome.hosts.hosts)?;
    Ok(welcome)
}

/// As `write_all`, without SIGPIPE: a front end may have given that signal its default back.
fn send_all(socket: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::net::send(socket, bytes, SendFlags::NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
