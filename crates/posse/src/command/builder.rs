//! The description of a command. Data only: nothing is checked or sent before `Vm::run`.

use crate::{Directory, HostId, ResourceLimit, StagedProgram, WindowSize};
use posse_wire::ProcessId;
use posse_wire::limits;
use posse_wire::msg::{Pipe, Program};
use std::time::Duration;

/// Which hosts a command runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// All hosts that take part in the vm's work and are up, or were lost: these fail.
    All,
    /// These, in this order; one that stands here twice gets twice the processes.
    Numbers(Vec<HostId>),
    /// Those that a hostset expression selects, in natural order of their names.
    Expression(String),
}

impl From<&str> for Hosts {
    fn from(text: &str) -> Hosts {
        Hosts::Expression(text.to_owned())
    }
}

impl From<String> for Hosts {
    fn from(text: String) -> Hosts {
        Hosts::Expression(text)
    }
}

impl From<Vec<HostId>> for Hosts {
    fn from(numbers: Vec<HostId>) -> Hosts {
        Hosts::Numbers(numbers)
    }
}

impl From<HostId> for Hosts {
    fn from(number: HostId) -> Hosts {
        Hosts::Numbers(vec![number])
    }
}

/// A command to be run on hosts, as [`std::process::Command`] is one for this computer.
///
/// ```
/// use posse::Command;
/// let sort = Command::argv(["sort", "-n"]).hosts("lab[1-4]").stdin().nice(5);
/// let look = Command::shell("ls | wc -l").per_host(2).env("LC_ALL", "C");
/// ```
#[derive(Debug, Clone)]
pub struct Command {
    pub(crate) program: Program,
    pub(crate) hosts: Hosts,
    pub(crate) exclude: Vec<String>,
    pub(crate) per_host: u32,
    pub(crate) directory: Directory,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) loads: Vec<(Hosts, String)>,
    pub(crate) umask: Option<u32>,
    pub(crate) nice: i32,
    pub(crate) resource_limits: Vec<ResourceLimit>,
    pub(crate) terminal: Option<WindowSize>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) timeout_all: Option<Duration>,
    pub(crate) end_grace: Duration,
    pub(crate) session_grace: Duration,
    pub(crate) title: Option<String>,
    pub(crate) parent: Option<ProcessId>,
}

impl Command {
    fn new(program: Program) -> Command {
        Command {
            program,
            hosts: Hosts::All,
            exclude: Vec::new(),
            per_host: 1,
            directory: Directory::Home,
            environment: Vec::new(),
            loads: Vec::new(),
            umask: None,
            nice: 0,
            resource_limits: Vec::new(),
            terminal: None,
            pipes: vec![Pipe { fd: 1, input: false }, Pipe { fd: 2, input: false }],
            timeout: None,
            timeout_all: None,
            end_grace: limits::END_GRACE,
            session_grace: limits::SESSION_GRACE,
            title: None,
            parent: None,
        }
    }

    /// Its processes are children of this one in lists, and know it as their parent
    /// ([`Process::parent`](crate::message::Process::parent)).
    pub fn parent(mut self, parent: ProcessId) -> Command {
        self.parent = Some(parent);
        self
    }

    /// A program and its arguments; no shell is involved.
    pub fn argv<I>(words: I) -> Command
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Command::new(Program::Argv(words.into_iter().map(Into::into).collect()))
    }

    /// One line for `/bin/sh -c`.
    pub fn shell(line: impl Into<String>) -> Command {
        Command::new(Program::Shell(line.into()))
    }

    /// The posse binary of each host, with these arguments.
    pub fn own<I>(arguments: I) -> Command
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Command::new(Program::Own(arguments.into_iter().map(Into::into).collect()))
    }

    /// The user's login shell on each host, as `ssh host` starts it.
    pub fn login_shell() -> Command {
        Command::new(Program::LoginShell)
    }

    /// Where it runs: a hostset, a host's number or a list of them; [`Hosts::All`] by default.
    pub fn hosts(mut self, hosts: impl Into<Hosts>) -> Command {
        self.hosts = hosts.into();
        self
    }

    /// Except on the hosts of this hostset.
    pub fn exclude(mut self, hostset: impl Into<String>) -> Command {
        self.exclude.push(hostset.into());
        self
    }

    /// How many processes on each host.
    pub fn per_host(mut self, count: u32) -> Command {
        self.per_host = count;
        self
    }

    /// Where the processes start; the home directory by default.
    pub fn directory(mut self, directory: Directory) -> Command {
        self.directory = directory;
        self
    }

    /// Adds to the environment of the host's daemon; a later one wins.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Command {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// As [`Command::env`], many at once.
    pub fn envs(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Command {
        self.environment.extend(variables);
        self
    }

    /// Shell lines that are run once per host in a login shell; what they change in the
    /// environment is added (`module load gcc`). Several are run in order, in one shell.
    pub fn load(self, lines: impl Into<String>) -> Command {
        self.load_on(Hosts::All, lines)
    }

    /// As [`Command::load`], where the command runs on one of these hosts. A hostset is evaluated
    /// when the command is run, and may name hosts that are no members.
    pub fn load_on(mut self, hosts: impl Into<Hosts>, lines: impl Into<String>) -> Command {
        self.loads.push((hosts.into(), lines.into()));
        self
    }

    pub fn umask(mut self, umask: u32) -> Command {
        self.umask = Some(umask);
        self
    }

    pub fn nice(mut self, nice: i32) -> Command {
        self.nice = nice;
        self
    }

    pub fn limit(mut self, limit: ResourceLimit) -> Command {
        self.resource_limits.push(limit);
        self
    }

    /// Gives each process a terminal of its own; its stdin can be written to, and stdout and
    /// stderr arrive as one.
    pub fn terminal(mut self, size: WindowSize) -> Command {
        self.terminal = Some(size);
        self.pipes.retain(|pipe| pipe.fd > 2);
        self.pipes.extend([Pipe { fd: 0, input: true }, Pipe { fd: 1, input: false }]);
        self
    }

    /// Its stdin can be written to; without this it is `/dev/null`.
    pub fn stdin(self) -> Command {
        self.pipe(0, true)
    }

    /// Its stdout goes to `/dev/null`.
    pub fn no_stdout(mut self) -> Command {
        self.pipes.retain(|pipe| pipe.fd != 1);
        self
    }

    /// Its stderr goes to `/dev/null`.
    pub fn no_stderr(mut self) -> Command {
        self.pipes.retain(|pipe| pipe.fd != 2);
        self
    }

    /// A further descriptor that is carried; `input` where the process reads from it.
    pub fn pipe(mut self, fd: u16, input: bool) -> Command {
        self.pipes.retain(|pipe| pipe.fd != fd);
        self.pipes.push(Pipe { fd, input });
        self
    }

    /// Each process is ended after this time, counted on its host from its start.
    pub fn timeout(mut self, timeout: Duration) -> Command {
        self.timeout = Some(timeout);
        self
    }

    /// The whole command is ended after this time, counted here from [`Vm::run`](crate::Vm::run)
    /// on: what has not even started by then counts too. Not for detached commands.
    pub fn timeout_all(mut self, timeout: Duration) -> Command {
        self.timeout_all = Some(timeout);
        self
    }

    /// From the polite signal to SIGKILL when it is ended.
    pub fn end_grace(mut self, grace: Duration) -> Command {
        self.end_grace = grace;
        self
    }

    /// How long it outlives the loss of contact with this computer.
    pub fn session_grace(mut self, grace: Duration) -> Command {
        self.session_grace = grace;
        self
    }

    /// Where a host has no program of that name, it runs the one that
    /// [`Vm::stage`](crate::Vm::stage) has sent there. For [`Command::argv`]; another one stays as
    /// it is.
    pub fn staged(mut self, program: &StagedProgram) -> Command {
        if let Program::Argv(words) = &self.program {
            self.title.get_or_insert_with(|| words.join(" "));
            let own = ["staged".to_owned(), program.hash.clone(), program.name.clone()];
            self.program = Program::Own(own.into_iter().chain(words.iter().cloned()).collect());
        }
        self
    }

    /// What the person typed, as `posse ps` shows it.
    pub fn title(mut self, title: impl Into<String>) -> Command {
        self.title = Some(title.into());
        self
    }
}
