//! Bringing hosts up and taking them out: between a client and the owner's daemon.

use crate::message::at_most;
use crate::{HostId, Kind, Message, WireError, limits};
use serde::{Deserialize, Serialize};

/// Bring these hosts up. Answered by a [`Launch`] for every step of every host, and `Done`.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Up {
    pub hosts: Vec<HostRequest>,
    /// The caller's environment as far as launchers need it (PATH, HOME, SSH_AUTH_SOCK, …).
    pub environment: Vec<(String, String)>,
    /// A person is there to answer questions.
    pub interactive: bool,
    /// Keep the binary in memory only on the hosts.
    pub ram: bool,
    /// After the login, go on over a direct link (TCP with TLS) where one can be made.
    pub direct: bool,
    /// Where daemons take direct links.
    pub ports: Ports,
    /// Launch from this host of the vm instead of the owner's machine; with its own keys, agent
    /// and configuration.
    pub via: Option<HostId>,
    /// A host that has lost its owner ends itself after this time without work.
    pub linger_ms: u64,
    /// Give up on a host after this time.
    pub timeout_ms: u64,
    /// Give up on a host whose ssh server has not said a word after this time. None: after the
    /// launching daemon's own limit, or after the ConnectTimeout of ssh's settings if that is more.
    pub connect_ms: Option<u64>,
    /// Logins at a time in all.
    pub window: u32,
}

/// Where a host's daemon takes direct links, at the address that its login came to.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ports {
    /// At a port that the system chooses.
    #[default]
    Any,
    /// At the first free one of these, both ends included.
    Range { first: u16, last: u16 },
    /// Nowhere.
    None,
}

/// One host that is wanted.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct HostRequest {
    pub name: String,
    pub user: Option<String>,
    pub port: Option<u16>,
    pub slots: Option<u32>,
    pub launcher: Launcher,
}

/// How a daemon is started there.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Launcher {
    Ssh,
    /// Another daemon on the launching computer.
    Local,
    /// Any command line with `{host}` and `{cmd}`.
    Exec {
        template: String,
    },
    /// It joined by a code, and dials by itself.
    Invited,
}

impl Launcher {
    pub fn name(&self) -> &'static str {
        match self {
            Launcher::Ssh => "ssh",
            Launcher::Local => "local",
            Launcher::Exec { .. } => "exec",
            Launcher::Invited => "join",
        }
    }
}

/// How the launch of one host goes.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    pub name: String,
    pub number: HostId,
    pub stage: Stage,
}

/// Where a launch stands. `Up` and `Failed` are final.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    LoggingIn,
    Sending {
        sent: u64,
        total: u64,
    },
    Starting,
    Up {
        already: bool,
    },
    Failed {
        cause: Cause,
        why: String,
        hint: String,
    },
    /// The link is a TCP connection of its own; the login is not needed any more.
    Direct,
}

/// The class of a failed launch; scripts branch on it, people read the `why`.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    BadName,
    Unresolvable,
    Refused,
    Unreachable,
    HostKey,
    PermissionDenied,
    TooManyLogins,
    Shell,
    NoSpace,
    NoExec,
    ReadOnly,
    NoBinary,
    Timeout,
    Interrupted,
    Other,
}

/// A launcher's question (password, host key) for the person at the terminal.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub question: u32,
    pub host: String,
    pub prompt: String,
    /// The answer must not be shown as it is typed.
    pub secret: bool,
}

/// The person's answer; `None` where there is nobody to ask or ^C was typed.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
pub struct Answer {
    pub question: u32,
    pub text: Option<String>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer {{ question: {}, text: … }}", self.question)
    }
}

/// Launch one host from the host `at`; its stages come back as [`Launch`].
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    pub at: HostId,
    pub number: HostId,
    pub request: HostRequest,
    /// Without hosts and without the caller's environment.
    pub options: Up,
}

/// Take these hosts out of the vm: their processes end, their daemons exit.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Remove {
    pub hosts: Vec<HostId>,
    pub purge: bool,
}

impl Message for Up {
    const KIND: Kind = Kind::Up;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Up, self.hosts.len(), limits::TARGETS_MAX)
    }
}
impl Message for Deploy {
    const KIND: Kind = Kind::Deploy;
}
impl Message for Launch {
    const KIND: Kind = Kind::Launch;
}
impl Message for Ask {
    const KIND: Kind = Kind::Ask;
}
impl Message for Answer {
    const KIND: Kind = Kind::Answer;
}
impl Message for Remove {
    const KIND: Kind = Kind::Remove;

    fn check(&self) -> Result<(), WireError> {
        at_most(Kind::Remove, self.hosts.len(), limits::TARGETS_MAX)
    }
}
