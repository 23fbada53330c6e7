//! `posse link` and `posse daemon start`: short programs that make sure that a daemon runs and
//! connect it. Called by the binary's `main`.

use crate::launch::{DaemonArgs, start_keeper};
use crate::process::limits::PREDECESSOR_WITHIN;
use posse_wire::msg::Refused;
use posse_wire::{CommandId, HostId, Message};
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

/// Locked in the vm's directory while its daemon is being started; the keeper removes it.
pub(crate) const STARTING: &str = "starting";

/// The exit status that tells the launching side that this host's daemon has ended: not a broken
/// connection, for which ssh says 255.
pub(crate) const DAEMON_ENDED: u8 = 66;

/// On a host, at the end of the first stage: stdin and stdout become the daemon's link to its
/// parent. Stays until that link is closed, since the login ends with this process.
pub fn link(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args = DaemonArgs::from_words(args).ok_or_else(by_hand);
    let lives = args.and_then(|args| try_link(&args).inspect_err(|error| tell(&args, error)));
    match lives {
        Ok(false) => ExitCode::from(DAEMON_ENDED),
        lives => ended(lives.map(drop)),
    }
}

/// What stands in the way here reaches the caller of `up` as the link's only frame.
fn tell(args: &DaemonArgs, error: &io::Error) {
    if args.owner.is_none() {
        let frame = Refused { reason: error.to_string() }.frame(CommandId::NONE);
        let _nobody_may_be_left = rustix::io::write(rustix::stdio::stdout(), &frame.to_bytes());
    }
}

/// On the owner's machine: returns when the vm's socket can be connected to.
pub fn start(args: impl Iterator<Item = OsString>) -> ExitCode {
    ended(DaemonArgs::from_words(args).ok_or_else(by_hand).and_then(|args| try_start(&args)))
}

fn by_hand() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "started by posse itself, not by hand")
}

fn ended(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::log::line(&format!("posse: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether the daemon lives on after its link.
fn try_link(args: &DaemonArgs) -> io::Result<bool> {
    // The first stage leaves us in the cache's directory, which must not be kept busy.
    rustix::process::chdir("/")?;
    // Who only looks for a daemon makes nothing: the one that is gone may just be cleaning up.
    let directory = if args.rejoin { args.path()? } else { args.directory()? };
    // Two logins at once must not start two daemons.
    let lock = (!args.rejoin).then(|| lock(&directory.join("lock"))).transpose()?;
    let (read, write) = (rustix::stdio::stdin(), rustix::stdio::stdout());
    let handover = directory.join("handover");
    let mut life = match posse_net::handover::offer(&handover, read, write) {
        Ok(life) => life,
        Err(error) if args.rejoin => {
            let text = format!("no daemon of this vm runs on this host any more ({error})");
            return Err(io::Error::new(error.kind(), text));
        }
        Err(_) => begin(args, read.try_clone_to_owned()?, write.try_clone_to_owned()?)?,
    };
    drop(lock);
    // From here on they are the daemon's alone: its closing them must reach the other side.
    let null = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    let _end_of_the_link = life.read(&mut [0; 1]);
    Ok(posse_net::handover::is_served(&handover))
}

fn begin(args: &DaemonArgs, read: OwnedFd, write: OwnedFd) -> io::Result<UnixStream> {
    let (life, theirs) = UnixStream::pair()?;
    start_keeper(args, false, &[read, write, theirs.into()])?;
    Ok(life)
}

fn lock(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = rustix::fs::open(path, flags, mode)?;
    rustix::fs::flock(file.as_fd(), FlockOperation::LockExclusive)?;
    Ok(file)
}

fn try_start(args: &DaemonArgs) -> io::Result<()> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let args = DaemonArgs { host: HostId::OWNER, vm: None, name, ..args.clone() };
    let other = |error: posse_net::place::PlaceError| io::Error::other(error.to_string());
    let place = posse_net::place::vm_directory(&args.vm_name).map_err(other)?;
    // Of several starts at once the first starts the daemon, the others find it.
    let lock = lock(&place.path().join(STARTING))?;
    if posse_net::local::connect_in(&place).is_ok() {
        return Ok(());
    }
    // A daemon that finds the disk full can not even write into its log that it did.
    rustix::io::pwrite(&lock, b"\n", 0).map_err(|error| {
        let error = io::Error::from(error);
        io::Error::other(format!("nothing can be written in {}: {error}", place.path().display()))
    })?;
    // Said here, where somebody reads it: what is kept has room, and nobody else has it.
    posse_net::state::check_room().map_err(other)?;
    if let Some(kept) = posse_net::state::find_state_directory(&args.vm_name).map_err(other)? {
        drop(kept.hold(PREDECESSOR_WITHIN).map_err(other)?);
    }
    let (mut ready, theirs) = UnixStream::pair()?;
    start_keeper(&args, true, &[theirs.into()])?;
    let _closed_when_it_serves_or_failed = ready.read(&mut [0; 1]);
    posse_net::local::connect_in(&place).map(drop).map_err(|error| {
        let log = place.log();
        io::Error::other(format!("the daemon did not start: {error}; see {}", log.display()))
    })
}
