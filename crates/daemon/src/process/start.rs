//! Starts one process of a command. The plain case (pipes on 0 to 2, directory, umask,
//! environment) goes through `std::process::Command` in a form that it turns into posix_spawn(3),
//! so that the daemon's size does not matter; directory and umask are the daemon's own for that
//! moment, which is safe since it has one thread. Everything else goes through `request.rs`.
//! Called by the daemon for each rank; a failure is NotDone.

use super::context::HostContext;
use super::ends::{self, ChildEnd};
use super::environment::{self, Environment};
use super::error::StartError;
use super::program::{self, Resolved};
use super::request::{self, Request};
use super::spawn::{ThreeEnds, spawn};
use super::{resource, terminal};
use posse_wire::msg::{Directory, Spec};
use posse_wire::{CommandId, ProcessId, Rank};
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{Pid, chdir, umask};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which process of its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub command: CommandId,
    pub rank: Rank,
    /// Processes of the whole command.
    pub size: u32,
    /// Among those on this host, from 0.
    pub index: u32,
    /// The id under which it may enrol.
    pub process: Option<ProcessId>,
}

/// The daemon's end of one pipe; never blocks.
#[derive(Debug)]
pub struct End {
    pub fd: u16,
    /// True where the process reads and the daemon writes.
    pub input: bool,
    pub pipe: OwnedFd,
}

/// A process that runs.
#[derive(Debug)]
pub struct Started {
    /// It leads a process group of its own, and a session if it has a terminal.
    pub pid: Pid,
    pub ends: Vec<End>,
    /// Its 0, 1 and 2 where the command asks for a terminal; then [`Started::ends`] has none of
    /// these. Reading fails with EIO when all have closed it.
    pub terminal: Option<OwnedFd>,
}

/// Starts the process at `place`.
pub fn start(context: &HostContext, spec: &Spec, place: &Place) -> Result<Started, StartError> {
    start_with(context, spec, place, Vec::new())
}

/// With descriptors that are there already, beside the pipes of `spec`.
pub fn start_with(
    context: &HostContext,
    spec: &Spec,
    place: &Place,
    given: Vec<ChildEnd>,
) -> Result<Started, StartError> {
    for limit in &spec.resource_limits {
        if resource::by_name(&limit.name).is_none() {
            let (name, known) = (&limit.name, resource::all_names());
            return Err(StartError::new(format!("no resource limit {name}; there are {known}")));
        }
    }
    let directory = directory(context, &spec.directory);
    let environment = environment::build(context, spec, place, &directory)?;
    let _elsewhere = Elsewhere::go(context, &directory, spec.umask)?;
    let program = program::resolve(&spec.program, context, &environment)?;
    let attempt = |program: &Resolved| launch(context, spec, program, &environment, &given);
    match attempt(&program) {
        Err(Failure::Exec(error)) if Errno::from_io_error(&error) == Some(Errno::NOEXEC) => {
            attempt(&program::through_shell(&program))
        }
        result => result,
    }
    .map_err(|failure| match failure {
        Failure::Exec(error) => StartError::exec(&program.name, &error),
        Failure::Other(error) => error,
    })
}

enum Failure {
    Exec(io::Error),
    Other(StartError),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure::Other(error)
    }
}

/// In the directory and with the umask that the daemon has just now.
fn launch(
    context: &HostContext,
    spec: &Spec,
    program: &Resolved,
    environment: &Environment,
    given: &[ChildEnd],
) -> Result<Started, Failure> {
    let (master, slave) = match spec.terminal {
        Some(size) => terminal::open(size).map(|(master, slave)| (Some(master), Some(slave)))?,
        None => (None, None),
    };
    let (ours, mut theirs) = ends::open(&spec.pipes, |fd| slave.is_some() && fd <= 2)?;
    for ChildEnd { fd, end } in given {
        let end = end.try_clone().map_err(|error| StartError::system("cannot start", error))?;
        theirs.push(ChildEnd { fd: *fd, end });
    }
    let is_plain = spec.resource_limits.is_empty()
        && spec.nice == 0
        && slave.is_none()
        && theirs.iter().all(|end| end.fd <= 2);
    let pid = if is_plain {
        plainly(context, program, environment, theirs).map_err(Failure::Exec)?
    } else {
        let request = Request {
            limits: spec.resource_limits.clone(),
            nice: spec.nice,
            terminal: slave.is_some(),
            numbers: theirs.iter().map(|end| end.fd).collect(),
        };
        request::start(context, program, environment, &request, (slave, theirs))?
    };
    Ok(Started { pid, ends: ours, terminal: master })
}

/// Nothing here may be set that keeps `Command` from using posix_spawn(3).
fn plainly(
    context: &HostContext,
    program: &Resolved,
    environment: &Environment,
    pipes: Vec<ChildEnd>,
) -> io::Result<Pid> {
    let mut command = Command::new(&program.path);
    command.arg0(&program.arg0).args(&program.args).env_clear().envs(environment);
    command.process_group(0);
    let mut ends = ThreeEnds::default();
    for ChildEnd { fd, end } in pipes {
        ends[usize::from(fd)] = Some(end);
    }
    spawn(context, command, ends)
}

fn directory(context: &HostContext, directory: &Directory) -> PathBuf {
    match directory {
        Directory::Home => context.home.clone(),
        Directory::BelowHome(path) => context.home.join(path.trim_start_matches('/')),
        Directory::Path(path) => Path::new("/").join(path),
    }
}

/// The daemon, standing in a child's directory with its umask until this is dropped.
struct Elsewhere {
    umask: Option<Mode>,
}

impl Elsewhere {
    fn go(
        context: &HostContext,
        directory: &Path,
        mask: Option<u32>,
    ) -> Result<Elsewhere, StartError> {
        chdir(directory).map_err(|e| StartError::directory(directory, &context.name, e))?;
        let umask = mask.map(|mask| umask(Mode::from_raw_mode(mask & 0o777)));
        Ok(Elsewhere { umask })
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // The root directory is always there; the daemon must keep no other one busy.
        let _ = chdir("/");
        if let Some(before) = self.umask {
            umask(before);
        }
    }
}
