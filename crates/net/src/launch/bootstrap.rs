//! The sender's side of the first stage: from a started launcher to a link's first byte.
//!
//! For: judging what the launcher's stdout, stderr and end mean, and saying what to do. Not for:
//! pipes, processes, timers: the caller has those and feeds this. Called by the daemon, once per
//! launch.
//!
//! ```text
//! Login -> Shell -> Searching -> Sending -> Installing -> Link
//!            any of these -> Failed            (Sending may come again, for another place)
//! ```

use std::fmt;

use bytes::Bytes;

use super::excerpt::{Tail, visible};
use super::scan::{Found, Scan};
use super::{Binaries, Cause, Gzip, LaunchError, classify, first_stage};
use crate::limits::{ASKS_MAX, HOST_KIND_BYTES_MAX};

/// What one launch wants.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Memory only, unlinked at exec.
    pub ram: bool,
    /// Send the binary even where it is cached (the cached one did not run).
    pub refresh: bool,
    /// A random number: tells this launch's lines from anything else a host prints.
    pub nonce: u64,
    /// What follows `posse link`. Visible to all on the host: no secrets.
    pub args: Vec<String>,
}

/// How far a launch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing has come from the host's shell.
    Login,
    /// The login shell prints, the first stage has not begun.
    Shell,
    /// The first stage looks for a place.
    Searching,
    /// The binary is on its way.
    Sending,
    /// The host checks and installs it.
    Installing,
    /// The binary runs: the pipe is a link.
    Link,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Login => "while logging in",
            Stage::Shell => "in the login shell's start-up files",
            Stage::Searching => "while looking for a place for the binary",
            Stage::Sending => "while sending the binary",
            Stage::Installing => "while installing the binary",
            Stage::Link => "while starting the binary",
        })
    }
}

/// How the launcher ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit status {code}"),
            Exit::Signal(signal) => write!(f, "killed by signal {signal}"),
        }
    }
}

/// What the caller must do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The host let us in: the login no longer counts against its server's limit.
    LoggedIn,
    /// Make gzip of this binary (an index of `Binaries`) and give it to `on_packed`.
    Pack(usize),
    /// Write both to the launcher's stdin, and nothing else; report with `on_written`.
    Write { line: Bytes, image: Bytes },
    /// For a progress bar.
    Progress { sent: u64, total: u64 },
    /// The binary runs there. From now on stdin and stdout are the link, which has already said
    /// `leftover`. `place` and `how` tell people where the binary is and how it came there.
    Ready { leftover: Bytes, place: String, how: String },
    /// Over. End the launcher if it still runs.
    Failed(LaunchError),
}

/// One launch.
pub struct Bootstrap {
    binaries: Binaries,
    command: String,
    scan: Scan,
    stage: Stage,
    over: bool,
    cached: bool,
    stdout: Tail,
    stderr: Tail,
    asks: usize,
    refusals: Vec<(Cause, String)>,
    /// Bytes before those of the current image, of the current image, and reported as written.
    before: u64,
    total: u64,
    written: u64,
}

impl Bootstrap {
    pub fn new(binaries: Binaries, options: &Options) -> Result<Bootstrap, LaunchError> {
        let Options { ram, refresh, nonce, args } = options;
        let command = first_stage::command(&binaries, *nonce, *ram, *refresh, args)?;
        Ok(Bootstrap {
            binaries,
            command,
            scan: Scan::new(first_stage::line_prefix(*nonce)),
            stage: Stage::Login,
            over: false,
            cached: false,
            stdout: Tail::default(),
            stderr: Tail::default(),
            asks: 0,
            refusals: Vec::new(),
            before: 0,
            total: 0,
            written: 0,
        })
    }

    /// What the host's login shell must be asked to run.
    pub fn command(&self) -> &str {
        &self.command
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The end of what the launcher wrote to stderr, safe to show.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Bytes from the launcher's stdout. After `Ready` they belong to the link and not in here.
    pub fn on_stdout(&mut self, bytes: &[u8]) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.over || bytes.is_empty() {
            return actions;
        }
        if self.stage == Stage::Login {
            self.stage = Stage::Shell;
            actions.push(Action::LoggedIn);
        }
        if self.stage == Stage::Shell {
            self.stdout.push(bytes);
        }
        let mut input = Bytes::copy_from_slice(bytes);
        while !self.over {
            match self.scan.next(&mut input) {
                Found::Nothing => break,
                Found::Line(line) => actions.push(match self.on_line(&line, &mut input) {
                    Some(action) => action,
                    None => continue,
                }),
                Found::TooMuchNoise => {
                    actions.push(self.fail(LaunchError::new(Cause::Noise, &self.stdout.text())));
                }
                Found::TooLong => actions.push(self.unexpected("a line without end")),
            }
        }
        actions
    }

    /// Bytes from the launcher's stderr.
    pub fn on_stderr(&mut self, bytes: &[u8]) {
        self.stderr.push(bytes);
    }

    /// `count` more bytes of a `Write` went into the launcher's stdin.
    pub fn on_written(&mut self, count: usize) -> Vec<Action> {
        self.written = self.written.saturating_add(count as u64);
        if self.over || self.total == 0 {
            return Vec::new();
        }
        let sent = self.written.saturating_sub(self.before).min(self.total);
        if sent == self.total && self.stage == Stage::Sending {
            self.stage = Stage::Installing;
        }
        vec![Action::Progress { sent, total: self.total }]
    }

    /// The launcher ended. Its end counts, not that of its pipes: a background master of ssh may
    /// hold those open. Feed what is left in them first. After `Ready` this says why the binary
    /// never spoke, if it did not: where it [was cached](Bootstrap::was_cached), launch again with
    /// `refresh`.
    pub fn on_exit(&mut self, exit: Exit) -> Vec<Action> {
        if self.over && self.stage != Stage::Link {
            return Vec::new();
        }
        let stderr = self.stderr.text();
        let error = match self.stage {
            Stage::Login | Stage::Shell => {
                classify::before_first_line(self.stage, exit, &stderr, &self.stdout.text())
            }
            stage => classify::after_first_line(stage, exit, &stderr),
        };
        vec![self.fail(error)]
    }

    /// What runs there was found there, and may be broken.
    pub fn was_cached(&self) -> bool {
        self.cached
    }

    /// The caller waits no longer for this stage, or for the first byte of the link.
    pub fn on_timeout(&mut self) -> Vec<Action> {
        if self.over && self.stage != Stage::Link {
            return Vec::new();
        }
        let error = LaunchError::new(Cause::Timeout(self.stage), &self.stderr.text());
        vec![self.fail(error)]
    }

    /// The server has not said a word for so long that the caller takes it for dead.
    pub fn on_silence(&mut self, seconds: u64) -> Vec<Action> {
        if self.over {
            return Vec::new();
        }
        let error = LaunchError::new(Cause::Silent { seconds }, &self.stderr.text());
        vec![self.fail(error)]
    }

    fn on_line(&mut self, line: &str, input: &mut Bytes) -> Option<Action> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if matches!(self.stage, Stage::Shell) {
            self.stage = Stage::Searching;
        }
        match word {
            "need" => Some(self.on_need(rest)),
            "bad" => {
                self.on_bad(rest);
                None
            }
            "none" => Some(self.on_none(rest)),
            "fail" => Some(self.on_fail()),
            "go" => {
                let (place, how) = rest.split_once(' ').unwrap_or((rest, ""));
                self.stage = Stage::Link;
                self.over = true;
                self.cached = how == "cached";
                let leftover = std::mem::take(input);
                let (place, how) = (visible(place.as_bytes()), visible(how.as_bytes()));
                Some(Action::Ready { leftover, place, how })
            }
            _ => Some(self.unexpected(line)),
        }
    }

    /// `need PLACE gzip|plain HASH`: the host waits for an image.
    fn on_need(&mut self, rest: &str) -> Action {
        let mut words = rest.split(' ').skip(1);
        let (packing, hash) = (words.next(), words.next());
        self.asks += 1;
        let binaries = self.binaries.clone();
        let mut binaries = binaries.iter().enumerate();
        let named = binaries.find(|(_, binary)| Some(binary.hash().as_str()) == hash);
        let named = named.filter(|_| self.asks <= ASKS_MAX);
        let image = match (named, packing) {
            (Some((_, binary)), Some("plain")) => Some(binary.plain.clone()),
            (Some((index, binary)), Some("gzip")) => match binary.gzip.clone() {
                Gzip::Ready(image) => Some(image),
                Gzip::OnDemand => return Action::Pack(index),
                Gzip::No => None,
            },
            _ => None,
        };
        match image {
            Some(image) => self.write(image),
            None => self.unexpected(&format!("need {rest}")),
        }
    }

    /// What `Action::Pack` asked for; `None` where it could not be made.
    pub fn on_packed(&mut self, image: Option<Bytes>) -> Vec<Action> {
        if self.over {
            return Vec::new();
        }
        vec![match image {
            Some(image) => self.write(image),
            None => self.fail(LaunchError::local("the binary could not be packed")),
        }]
    }

    /// The host reads the length first.
    fn write(&mut self, image: Bytes) -> Action {
        let line = Bytes::from(format!("{}\n", image.len()));
        self.before += self.total + line.len() as u64;
        self.total = image.len() as u64;
        self.stage = Stage::Sending;
        Action::Write { line, image }
    }

    /// `bad PLACE STEP words`: one place will not do.
    fn on_bad(&mut self, rest: &str) {
        let mut words = rest.splitn(3, ' ');
        let place = words.next().unwrap_or_default();
        let step = words.next().unwrap_or_default();
        let said = words.next().unwrap_or_default();
        if matches!(self.stage, Stage::Sending | Stage::Installing) {
            self.stage = Stage::Searching;
        }
        if self.refusals.len() < ASKS_MAX {
            let text =
                visible(format!("{place}: {step}: {said}").trim_end_matches([':', ' ']).as_bytes());
            self.refusals.push((classify::of_place(step, said), text));
        }
    }

    /// `none UNAME`: no binary for this kind of host.
    fn on_none(&mut self, kind: &str) -> Action {
        let kind: String = visible(kind.as_bytes()).chars().take(HOST_KIND_BYTES_MAX).collect();
        let have: Vec<_> = self.binaries.iter().map(|binary| binary.kind.as_str()).collect();
        let text = format!("at hand: {}", have.join(", "));
        self.fail(LaunchError::new(Cause::NoBinary(kind), &text))
    }

    /// `fail`: no place will do. The first place is the one that the user would mend.
    fn on_fail(&mut self) -> Action {
        let cause = self.refusals.first().map_or(Cause::Other, |(cause, _)| cause.clone());
        let texts: Vec<_> = self.refusals.iter().map(|(_, text)| text.as_str()).collect();
        let error = LaunchError::new(cause, &texts.join("\n"));
        self.fail(error)
    }

    fn unexpected(&mut self, line: &str) -> Action {
        let line: String = visible(line.as_bytes()).chars().take(200).collect();
        let text = format!("unexpected words from the first stage: {line}");
        self.fail(LaunchError::new(Cause::Other, &text))
    }

    fn fail(&mut self, error: LaunchError) -> Action {
        self.over = true;
        Action::Failed(error)
    }
}
