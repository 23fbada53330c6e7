//! The one error type of this crate. Every variant says what happened and what to do next;
//! [`Error::outcome`] says whether remote work may have run. Not for how a process ended: that is
//! a [`Status`](crate::Status), which is data.

use crate::{NameHolder, Outcome, Rank};
use posse_hostset::{HostName, HostSet};
use posse_net::local::LocalError;
use posse_net::place::PlaceError;
use posse_wire::ProcessId;
use posse_wire::msg::{GroupError, MailError};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// Why something could not be done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    #[error("no vm `{name}` is up; type `posse up`")]
    NoVm { name: String },
    /// The private run-time directory is not usable.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The daemon's socket is not usable, or not ours.
    #[error(transparent)]
    Local(LocalError),
    /// With the owner's key, from another machine.
    #[error(transparent)]
    Elsewhere(#[from] posse_net::elsewhere::ElsewhereError),
    /// A file with the owner's key is not there, or not usable.
    #[error(transparent)]
    Key(#[from] posse_net::elsewhere::KeyFileError),
    #[error("cannot start a daemon with `{binary:?} {arguments}`: {why}")]
    NotStarted { binary: PathBuf, arguments: String, why: String },
    #[error("the daemon refuses: {reason}")]
    Refused { reason: String },
    /// A request arrived and was not carried out.
    #[error("{reason}")]
    NotDone { reason: String },
    #[error("the connection to the daemon is lost ({why}); {outcome}; see `posse events`")]
    Disconnected { why: String, outcome: Outcome },
    /// The daemon said something that makes no sense; the connection is closed.
    #[error(
        "the daemon sent what it must not ({why}); {outcome}; \
         front end and daemon are of different builds: `posse down`, then `posse up`"
    )]
    Protocol { why: String, outcome: Outcome },
    #[error("no {what} within {within:?}; {outcome}")]
    TimedOut { what: &'static str, within: Duration, outcome: Outcome },
    /// A deadline that the caller gave has passed; nothing is wrong.
    #[error("the deadline has passed")]
    Deadline,
    #[error("cannot select hosts by `{text}`: {why}")]
    Selection { text: String, why: String },
    #[error("not in this vm: {0}; type `posse up '{0}'`", folded(names))]
    NotMembers { names: Vec<String> },
    #[error("there is no host number {number} in this vm; see `posse hosts`")]
    NoSuchNumber { number: u32 },
    #[error("no host is selected; see `posse hosts`")]
    NoHosts,
    /// The command cannot be sent as it is.
    #[error("{0}")]
    Command(String),
    #[error("this connection has numbered its last command; connect to the vm again")]
    NoMoreNumbers,
    #[error("cannot keep what slow processes have not read yet: {0}")]
    Spill(io::Error),
    #[error("every process has closed its input")]
    InputClosed,
    #[error("a thread of this front end cannot be started: {0}")]
    Thread(io::Error),
    /// Somebody else has it, or it is in another version than was said.
    #[error("the name `{name}` is taken{}; `posse names lookup` shows by whom", whose(holder))]
    NameTaken { name: String, holder: NameHolder, version: u64 },
    #[error("there is no name `{name}`; `posse names list` shows those there are")]
    NoSuchName { name: String },
    /// The registry of names could not do it: no majority of the voters, a full disk.
    #[error("{why}")]
    Registry { why: String, outcome: Outcome },
    /// Of a group of processes.
    #[error("{}: {why}", of_group(name))]
    Group { name: String, why: GroupError },
    #[error("nobody has this context")]
    NoSuchContext,
    /// Of the mailbox.
    #[error("the mailbox, `{name}`: {why}")]
    Mail { name: String, why: MailError },
    #[error("process {} is not part of this command", .0.0)]
    NoSuchRank(Rank),
    /// A collective can not end well: a member is down, or takes part in something else.
    #[error("{why} (process {member}); {outcome}")]
    Broken { why: String, member: ProcessId, outcome: Outcome },
    /// The process that a message was for, or had to come from, is over or its host is down.
    #[error("process {peer} is down; {outcome}")]
    PeerDown { peer: ProcessId, outcome: Outcome },
    /// What came is received, and is not what it was read as.
    #[error("what process {from} sent can not be read: {why}")]
    Payload { from: ProcessId, why: String },
}

impl Error {
    /// What is known of the remote work that this error is about.
    pub fn outcome(&self) -> Outcome {
        match self {
            Error::Disconnected { outcome, .. }
            | Error::Protocol { outcome, .. }
            | Error::TimedOut { outcome, .. }
            | Error::PeerDown { outcome, .. }
            | Error::Broken { outcome, .. }
            | Error::Registry { outcome, .. } => *outcome,
            Error::Payload { .. } => Outcome::Done,
            Error::Deadline | Error::Spill(_) | Error::InputClosed => Outcome::Unknown,
            _ => Outcome::NotDone,
        }
    }

    /// Whether it surely did not run, so that repeating is safe.
    pub fn is_retryable(&self) -> bool {
        self.outcome().is_retryable()
    }

    /// Whether only the caller's own deadline has passed.
    pub fn is_deadline(&self) -> bool {
        matches!(self, Error::Deadline)
    }
}

impl From<LocalError> for Error {
    fn from(error: LocalError) -> Error {
        match error {
            LocalError::NotUp { vm } => Error::NoVm { name: vm },
            LocalError::Place(error) => Error::Place(error),
            other => Error::Local(other),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match &error {
            Error::Disconnected { .. } => io::ErrorKind::ConnectionAborted,
            Error::Protocol { .. } => io::ErrorKind::InvalidData,
            Error::TimedOut { .. } | Error::Deadline => io::ErrorKind::TimedOut,
            Error::InputClosed => io::ErrorKind::BrokenPipe,
            Error::Spill(source) => source.kind(),
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

/// Why a connection is over: kept once, told to everybody who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Closed,
    Refused(String),
    Read(String),
    Nonsense(String),
}

impl Failure {
    pub(crate) fn error(&self, outcome: Outcome) -> Error {
        let why = match self {
            Failure::Closed => "the daemon closed it".to_owned(),
            Failure::Refused(reason) => reason.clone(),
            Failure::Read(why) => why.clone(),
            Failure::Nonsense(why) => return Error::Protocol { why: why.clone(), outcome },
        };
        Error::Disconnected { why, outcome }
    }
}

impl From<posse_wire::WireError> for Failure {
    fn from(error: posse_wire::WireError) -> Failure {
        Failure::Nonsense(error.to_string())
    }
}

fn of_group(name: &str) -> String {
    if name.is_empty() { "groups and contexts".to_owned() } else { format!("the group `{name}`") }
}

/// By a process of which host.
fn whose(holder: &NameHolder) -> String {
    match holder.rank {
        Rank::ALL => " by a front end".to_owned(),
        rank => format!(" by a process (rank {}) of host number {}", rank.0, holder.host),
    }
}

/// Sixty thousand names are one hostset of a dozen characters.
fn folded(names: &[String]) -> String {
    let set: Result<HostSet, _> = names.iter().map(|name| HostName::new(name)).collect();
    set.map_or_else(|_| names.join(","), |set| set.to_string())
}
