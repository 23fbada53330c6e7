//! Bringing hosts up: how each launch goes, and the questions that launchers ask a person.

use super::Vm;
use crate::Error;
use crate::answers::{Pending, WhenFull, decode};
use posse_wire::msg::{Answer, Ask, Done, HostRequest, Launch, Ports, Stage, Up};
use posse_wire::{Frame, HostId, Kind, Message, limits};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How hosts are to be brought up.
#[derive(Debug, Clone)]
pub struct UpOptions {
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
    /// Launch from this host of the vm instead of this computer, with that host's own keys.
    pub via: Option<HostId>,
    /// A host that has lost its owner ends itself after this time without work.
    pub linger: Duration,
    /// Give up on a host after this time.
    pub timeout: Duration,
    /// Give up on a host whose ssh server has not said a word after this time; none: after 8 s, or
    /// after the ConnectTimeout of ssh's settings if that is more.
    pub connect_timeout: Option<Duration>,
    /// Logins at a time in all.
    pub window: u32,
}

impl Default for UpOptions {
    /// Nobody to ask, the binary cached, and the time that sshd gives a person to log in.
    fn default() -> UpOptions {
        UpOptions {
            environment: Vec::new(),
            interactive: false,
            ram: false,
            direct: false,
            ports: Ports::Any,
            linger: limits::LINGER,
            via: None,
            timeout: Duration::from_secs(120),
            connect_timeout: None,
            window: 32,
        }
    }
}

/// What an `up` tells.
#[derive(Debug)]
pub enum LaunchEvent {
    /// A host has come to another stage.
    Launch(Launch),
    /// A launcher asks a person.
    Ask(Asked),
    /// Every host is up or has failed; nothing follows.
    Done,
}

/// A question of a launcher: a password, a host key. Answer it; dropped, it counts as not
/// answered, and the launcher goes on without.
pub struct Asked {
    pub host: String,
    pub prompt: String,
    /// The answer must not be shown as it is typed.
    pub secret: bool,
    question: u32,
    pending: Arc<Pending>,
    answered: bool,
}

/// The progress of an `up`: events until [`LaunchEvent::Done`] or an error. Dropping it does not
/// stop the launches.
pub struct Launches {
    pending: Arc<Pending>,
    over: bool,
}

impl Vm {
    /// Brings hosts up and adds them to the vm. A host that fails or hangs holds up nobody.
    pub fn up(&self, options: UpOptions, hosts: Vec<HostRequest>) -> Result<Launches, Error> {
        let up = Up {
            hosts,
            environment: options.environment,
            interactive: options.interactive,
            ram: options.ram,
            direct: options.direct,
            ports: options.ports,
            via: options.via,
            linger_ms: milliseconds(options.linger),
            timeout_ms: milliseconds(options.timeout),
            connect_ms: options.connect_timeout.map(milliseconds),
            window: options.window,
        };
        up.check().map_err(|error| Error::Command(error.to_string()))?;
        // Final stages, questions and the end; what only shows progress makes room for them.
        let bound = 2 * up.hosts.len() + limits::SETTINGS_MAX;
        let kinds = &[Kind::Launch, Kind::Ask, Kind::Done];
        let thin = WhenFull::Thin(is_progress);
        let pending = Pending::send(&self.inner.link, kinds, bound, thin, |id| up.frame(id))?;
        Ok(Launches { pending: Arc::new(pending), over: false })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn is_progress(frame: &Frame) -> bool {
    let launch = Launch::decode(frame);
    launch.is_ok_and(|launch| !matches!(launch.stage, Stage::Up { .. } | Stage::Failed { .. }))
}

impl Launches {
    /// The next event; [`Error::Deadline`] where none comes before the deadline.
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Result<LaunchEvent, Error> {
        let frame = self.pending.next(deadline)?;
        match frame.kind {
            Kind::Launch => Ok(LaunchEvent::Launch(decode(&frame)?)),
            Kind::Ask => {
                let Ask { question, host, prompt, secret } = decode(&frame)?;
                let pending = Arc::clone(&self.pending);
                let asked = Asked { host, prompt, secret, question, pending, answered: false };
                Ok(LaunchEvent::Ask(asked))
            }
            _ => {
                self.over = true;
                let done: Done = decode(&frame)?;
                match done.error {
                    None => Ok(LaunchEvent::Done),
                    Some(reason) => Err(Error::NotDone { reason }),
                }
            }
        }
    }
}

impl Iterator for Launches {
    type Item = Result<LaunchEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let event = self.next_event(None);
        self.over |= event.is_err();
        Some(event)
    }
}

impl Asked {
    /// The person's answer; `None` where there is nobody, or ^C was typed.
    pub fn answer(mut self, text: Option<String>) -> Result<(), Error> {
        self.answered = true;
        self.pending.send_more(&Answer { question: self.question, text })
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.answered {
            // Where the connection is lost the daemon asks nobody any more.
            let _ = self.pending.send_more(&Answer { question: self.question, text: None });
        }
    }
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("host", &self.host).field("prompt", &self.prompt).finish()
    }
}
