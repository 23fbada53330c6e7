//! What is to be run, independent of how it was typed: `e`, `mw`, the console and the faces of
//! other tools all make one of these.

use posse::{HostId, ResourceLimit, StagedProgram, Vm};
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::run::mw::Join;
use crate::run::sudo::Sudo;
use crate::run::{directory, environment, mask};

/// Where the stdin of all comes from.
#[derive(Debug, Clone, Default)]
pub enum Source {
    /// /dev/null.
    #[default]
    Nothing,
    /// Our own stdin.
    Own,
    /// The stdout of a local stage.
    Local(String),
    /// The merged stdout of all (`mw`), through a local stage where one is given.
    All { through: Option<String>, join: Join },
}

impl Source {
    pub fn is_nothing(&self) -> bool {
        matches!(self, Source::Nothing)
    }
}

/// What becomes of the output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// Whole lines as they come.
    #[default]
    Merge,
    Group,
    Fold,
    Diff,
    Files(String),
    Raw,
    Json,
}

/// Whether lines begin with the name of their host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Labels {
    /// On a terminal with several hosts.
    #[default]
    Suited,
    Always,
    Never,
}

/// What runs on the hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Argv(Vec<String>),
    Shell(String),
    LoginShell,
    Own(Vec<String>),
}

/// A command as the person wants it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub what: What,
    /// A hostset; without one the mask in force, else all.
    pub hosts: Option<String>,
    pub exclude: Option<String>,
    pub mask: Option<String>,
    pub per_host: u32,
    /// Instead of all that: these, one process for each mention.
    pub on: Vec<HostId>,
    pub source: Source,
    /// A local stage that reads the merged stdout.
    pub after: Option<String>,
    pub mode: Mode,
    pub labels: Labels,
    pub timeout: Option<Duration>,
    pub timeout_all: Option<Duration>,
    pub session_grace: Option<Duration>,
    pub terminal: bool,
    pub directory: Option<PathBuf>,
    pub environment: Vec<(String, String)>,
    /// With what the vm and the user's configuration load.
    pub loads: bool,
    pub nice: i32,
    pub limits: Vec<ResourceLimit>,
    pub detach: bool,
    /// Root's command; how is found out when it is run.
    pub root: bool,
    pub sudo: Sudo,
    /// Say on stderr which hosts failed.
    pub report: bool,
    /// Where a host has no such program: what was sent there (`super::stage`).
    pub staged: Option<StagedProgram>,
}

impl Plan {
    pub fn new(what: What) -> Plan {
        Plan {
            what,
            hosts: None,
            exclude: None,
            mask: None,
            per_host: 1,
            on: Vec::new(),
            source: Source::Nothing,
            after: None,
            mode: Mode::Merge,
            labels: Labels::Suited,
            timeout: None,
            timeout_all: None,
            session_grace: None,
            terminal: false,
            directory: None,
            environment: Vec::new(),
            loads: true,
            nice: 0,
            limits: Vec::new(),
            detach: false,
            root: false,
            sudo: Sudo::No,
            report: true,
            staged: None,
        }
    }

    /// As people see it in `posse ps`.
    pub fn title(&self) -> String {
        let typed = self.typed();
        if self.root { format!("sudo {typed}") } else { typed }
    }

    fn typed(&self) -> String {
        match &self.what {
            What::Argv(words) => {
                words.iter().map(|word| super::pipeline::quote(word)).collect::<Vec<_>>().join(" ")
            }
            What::Shell(line) => line.clone(),
            What::LoginShell => "(login shell)".to_owned(),
            What::Own(words) => format!("posse {}", words.join(" ")),
        }
    }

    /// The command in terms of the library, with the settings of the vm applied.
    pub fn command(&self, vm: &Vm) -> Result<posse::Command, Error> {
        let mut command = match self.sudo.words(&self.what) {
            What::Argv(words) => posse::Command::argv(words),
            What::Shell(line) => posse::Command::shell(line),
            What::LoginShell => posse::Command::login_shell(),
            What::Own(words) => posse::Command::own(words),
        };
        if !self.on.is_empty() {
            command = command.hosts(self.on.clone());
        } else if let Some(hosts) = mask::hosts(vm, self)? {
            command = command.hosts(hosts);
        }
        if let Some(exclude) = &self.exclude {
            command = command.exclude(exclude.clone());
        }
        let settings = crate::settings::Settings::of(vm);
        command = command
            .title(self.title())
            .per_host(self.per_host)
            .nice(self.nice)
            .directory(directory::of(self.directory.as_deref(), &settings)?)
            .envs(settings.exports())
            .envs(self.environment.iter().cloned());
        if let Some(program) = &self.staged {
            command = command.staged(program);
        }
        if self.loads {
            command = environment::apply(command, &environment::loads(vm)?);
        }
        if let Some(umask) = settings.umask() {
            command = command.umask(umask);
        }
        for limit in &self.limits {
            command = command.limit(limit.clone());
        }
        if let Some(timeout) = self.timeout {
            command = command.timeout(timeout);
        }
        if let Some(timeout) = self.timeout_all {
            command = command.timeout_all(timeout);
        }
        if let Some(grace) = self.session_grace {
            command = command.session_grace(grace);
        }
        Ok(self.streams(command))
    }

    fn streams(&self, mut command: posse::Command) -> posse::Command {
        if self.terminal {
            command = command.terminal(super::local::window_size());
        }
        match &self.source {
            Source::Nothing if self.sudo == Sudo::Password => command.stdin(),
            Source::Nothing => command,
            Source::Own | Source::Local(_) => command.stdin(),
            Source::All { join, .. } => {
                if join.out.0 > 2 {
                    command = command.pipe(join.out.0, false);
                }
                if join.into.0 == 0 { command.stdin() } else { command.pipe(join.into.0, true) }
            }
        }
    }
}
