//! Why a launch failed: one cause from a closed list, and the host's own words.
//!
//! For: what happened. Not for: finding it out (`classify`) or what to type next (`hint`).
//! Called by all of `launch`; shown by front ends.

use std::fmt;

use super::Stage;

/// What kept a daemon from a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The name means nothing to the resolver.
    Unresolvable,
    /// Nothing listens there.
    Refused,
    /// No way to that network or machine.
    Unreachable,
    /// The network gave no answer (the launcher's own time limit).
    TimedOut,
    /// The host key is not the recorded one.
    HostKeyMismatch,
    /// The host key is not recorded and was not accepted.
    HostKeyUnknown,
    /// The host does not let this user in.
    PermissionDenied,
    /// The server drops logins because too many are under way.
    TooManyLogins,
    /// The launcher's own settings are wrong.
    Config,
    /// The connection broke during a stage.
    Lost(Stage),
    /// The login shell ended without running the first stage.
    ShellFailed,
    /// The account may not run commands.
    RestrictedShell,
    /// Start-up files print without end.
    Noise,
    /// No place has room for the binary.
    NoSpace,
    /// No place may execute it.
    NoExec,
    /// No place may be written.
    ReadOnly,
    /// The only places belong to somebody else or are open to others.
    UnsafeDirectory,
    /// `--ram` was asked for, and there is no file system in memory.
    NoRam,
    /// The binary arrived changed.
    Corrupt,
    /// There is no binary for this kind of host (`uname -s -m`).
    NoBinary(String),
    /// A stage took longer than the caller waits.
    Timeout(Stage),
    /// The server had not said a word when the caller's time for that was over.
    Silent { seconds: u64 },
    /// A name or argument that cannot be used in a command line.
    BadName,
    /// None of these: the excerpt says it.
    Other,
}

/// A failed launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchError {
    pub cause: Cause,
    /// Whether the same launch may work in a moment.
    pub retryable: bool,
    /// The host's or launcher's own words, bounded and safe to show.
    pub excerpt: String,
}

impl LaunchError {
    /// Something on the launching machine stood in the way.
    pub fn local(excerpt: &str) -> LaunchError {
        LaunchError::new(Cause::Other, excerpt)
    }

    pub(super) fn new(cause: Cause, excerpt: &str) -> LaunchError {
        let retryable = matches!(cause, Cause::TooManyLogins | Cause::Lost(_) | Cause::Corrupt);
        LaunchError { cause, retryable, excerpt: excerpt.trim().to_owned() }
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Unresolvable => write!(f, "the name cannot be resolved"),
            Cause::Refused => write!(f, "connection refused"),
            Cause::Unreachable => write!(f, "the network cannot reach it"),
            Cause::TimedOut => write!(f, "no answer from the network"),
            Cause::HostKeyMismatch => write!(f, "its host key is not the one recorded"),
            Cause::HostKeyUnknown => write!(f, "its host key is not known"),
            Cause::PermissionDenied => write!(f, "login denied"),
            Cause::TooManyLogins => write!(f, "its ssh server dropped the login, being too busy"),
            Cause::Config => write!(f, "ssh does not accept its own settings"),
            Cause::Lost(stage) => write!(f, "connection lost {stage}"),
            Cause::ShellFailed => write!(f, "the login shell ended before running our command"),
            Cause::RestrictedShell => write!(f, "the account may not run commands there"),
            Cause::Noise => write!(f, "the login shell prints without end"),
            Cause::NoSpace => write!(f, "no place with room for the posse binary"),
            Cause::NoExec => write!(f, "no place where the posse binary may be executed"),
            Cause::ReadOnly => write!(f, "no place where the posse binary may be written"),
            Cause::UnsafeDirectory => write!(f, "no private place for the posse binary"),
            Cause::NoRam => write!(f, "no file system in memory for --ram"),
            Cause::Corrupt => write!(f, "the posse binary arrived changed"),
            Cause::NoBinary(kind) => write!(f, "no posse binary for {kind}"),
            Cause::Timeout(stage) => write!(f, "too slow {stage}"),
            Cause::Silent { seconds } => write!(f, "not a word from its ssh server in {seconds} s"),
            Cause::BadName => write!(f, "the name cannot be used"),
            Cause::Other => match self.excerpt.lines().last() {
                Some(line) => write!(f, "{line}"),
                None => write!(f, "the launcher ended without a word"),
            },
        }
    }
}

impl std::error::Error for LaunchError {}
