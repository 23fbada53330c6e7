//! Another daemon on this computer (`local[1-4]`): started directly, its link is a socket pair.
//! Also the arguments of any daemon, which `posse link` passes on.

use super::{Wanted, report};
use crate::data::data_directories;
use crate::keeper;
use crate::port::{At, Port};
use crate::shell::Shell;
use posse_net::identity::PublicKey;
use posse_net::link::Link;
use posse_net::place::{FRESH_SOCKET, LEADS, SOCKET, VM_NAME};
use posse_net::state::StateDirectory;
use posse_proto::{Daemon, Peer};
use posse_wire::msg::{Cause, Stage, Up};
use posse_wire::{HostId, VmId, limits};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// What a daemon is told when it starts: the words behind `posse daemon` and `posse link`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DaemonArgs {
    pub vm_name: String,
    /// `None` for the owner's daemon, which makes it.
    pub vm: Option<VmId>,
    pub host: HostId,
    pub name: String,
    /// Where to take direct links.
    pub port: Option<Port>,
    /// Without an owner and without work it ends itself after this.
    pub linger: Duration,
    /// Silence that is taken for death.
    pub down_after: Duration,
    /// Only a daemon that runs already is wanted.
    pub rejoin: bool,
    /// The launcher's pipes are sealed: only this owner is spoken to through them.
    pub owner: Option<PublicKey>,
}

impl DaemonArgs {
    pub fn to_words(&self) -> Vec<String> {
        let mut words = vec![
            "--vm".to_owned(),
            self.vm_name.clone(),
            "--host".to_owned(),
            self.host.to_string(),
            "--name".to_owned(),
            self.name.clone(),
        ];
        if let Some(vm) = self.vm {
            words.extend(["--vm-id".to_owned(), vm.to_string()]);
        }
        if let Some(owner) = self.owner {
            words.extend(["--owner".to_owned(), owner.to_string()]);
        }
        words.extend(["--linger".to_owned(), self.linger.as_millis().to_string()]);
        words.extend(["--down-after".to_owned(), self.down_after.as_millis().to_string()]);
        if let Some(port) = self.port {
            words.extend(["--port".to_owned(), port.to_string()]);
        }
        words.extend(self.rejoin.then(|| "--rejoin".to_owned()));
        words
    }

    /// `None` where the words are not a daemon's.
    pub fn from_words(words: impl Iterator<Item = OsString>) -> Option<DaemonArgs> {
        let mut args = nameless();
        let mut words = words.map(|word| word.into_string().unwrap_or_default());
        while let Some(word) = words.next() {
            if word == "--rejoin" {
                args.rejoin = true;
                continue;
            }
            let value = words.next()?;
            match word.as_str() {
                "--vm" => args.vm_name = value,
                "--host" => args.host = HostId(value.parse().ok()?),
                "--name" => args.name = value,
                "--port" => args.port = Some(value.parse().ok()?),
                "--linger" => args.linger = Duration::from_millis(value.parse().ok()?),
                "--down-after" => args.down_after = down_after(&value)?,
                "--owner" => args.owner = Some(value.parse().ok()?),
                "--vm-id" => args.vm = Some(vm_id(&value)?),
                _ => return None,
            }
        }
        (!args.vm_name.is_empty()).then_some(args)
    }

    /// The private directory of this daemon: the vm's for the owner's, else a hidden one beside.
    pub fn path(&self) -> io::Result<PathBuf> {
        let error = |error: posse_net::place::PlaceError| io::Error::other(error.to_string());
        let Some(vm) = self.vm else {
            let directory = posse_net::place::vm_directory(&self.vm_name).map_err(error)?;
            return Ok(directory.path().to_owned());
        };
        let parent = posse_net::place::runtime_directory().map_err(error)?;
        Ok(parent.join(format!(".{}-{}", &vm.to_string()[..12], self.host)))
    }

    /// What the owner's daemon keeps on disk; `None` for others, whose files go with them.
    pub fn kept(&self) -> io::Result<Option<StateDirectory>> {
        let error = |error: posse_net::place::PlaceError| io::Error::other(error.to_string());
        let kept = || posse_net::state::state_directory(&self.vm_name).map_err(error);
        self.vm.is_none().then(kept).transpose()
    }

    /// The same, made if it is not there.
    pub fn directory(&self) -> io::Result<PathBuf> {
        let path = self.path()?;
        match std::fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(path),
        }
    }
}

fn nameless() -> DaemonArgs {
    DaemonArgs {
        vm_name: String::new(),
        vm: None,
        host: HostId::OWNER,
        name: String::new(),
        port: None,
        rejoin: false,
        linger: limits::LINGER,
        down_after: limits::DOWN_AFTER,
        owner: None,
    }
}

fn down_after(milliseconds: &str) -> Option<Duration> {
    let time = Duration::from_millis(milliseconds.parse().ok()?);
    (limits::DOWN_AFTER_MIN..=limits::DOWN_AFTER_MAX).contains(&time).then_some(time)
}

fn vm_id(hex: &str) -> Option<VmId> {
    let mut id = [0; 16];
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(VmId(id))
}

/// What a keeper removes when its daemon is over, the directory last.
pub(crate) fn run_time_files(directory: &Path) -> Vec<PathBuf> {
    let file = |name: &str| directory.join(name);
    let names = [
        SOCKET,
        VM_NAME,
        LEADS,
        "handover",
        FRESH_SOCKET,
        "lock",
        "askpass",
        crate::stub::STARTING,
        "log",
    ];
    let mut files = names.map(file).to_vec();
    files.extend(crate::control::FILES.map(file));
    files.push(directory.to_owned());
    files
}

/// Starts a keeper with a daemon below it; `descriptors` reach the daemon.
pub(crate) fn start_keeper(
    args: &DaemonArgs,
    restart: bool,
    descriptors: &[OwnedFd],
) -> io::Result<rustix::process::Pid> {
    let directory = args.directory()?;
    let mut files = run_time_files(&directory);
    let mut words: Vec<OsString> = vec!["daemon".into()];
    words.extend(args.to_words().into_iter().map(OsString::from));
    // What a host's daemon kept of commands is of no use to another life; the owner's is.
    let mut trees = Vec::new();
    if !restart {
        trees.push(directory.join("out"));
        let data = data_directories(&directory);
        files.extend(data.iter().filter_map(|path| path.parent()).map(Path::to_owned));
        trees.extend(data);
    }
    let options = keeper::Options { restart, files, trees, daemon: words };
    let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    keeper::launch(&options, &directory.join("log"), &descriptors)
}

pub(super) fn start(shell: &Rc<Shell>, wanted: &Wanted, options: &Up) {
    report::stage(shell, wanted.number, Stage::Starting);
    if let Err(error) = try_start(shell, wanted, options) {
        let why = format!("a local daemon could not be started: {error}");
        let hint = "look at `ulimit -a` and at the disk of the run-time directory".to_owned();
        let stage = Stage::Failed { cause: Cause::Other, why, hint };
        report::stage(shell, wanted.number, stage);
    }
}

fn try_start(shell: &Rc<Shell>, wanted: &Wanted, options: &Up) -> io::Result<()> {
    let flags = SocketFlags::CLOEXEC;
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let args = DaemonArgs {
        vm_name: shell.with_daemon(|daemon| daemon.vm_name().to_owned()),
        vm: Some(shell.identity.vm),
        host: wanted.number,
        name: wanted.request.name.clone(),
        port: Port::of(options.ports, At::Loopback),
        rejoin: false,
        linger: Duration::from_millis(options.linger_ms),
        down_after: shell.with_daemon(Daemon::down_after),
        owner: None,
    };
    // One that was silent for too long and goes on is found again, as by a login.
    let handover = args.directory()?.join("handover");
    if posse_net::handover::offer(&handover, theirs.as_fd(), theirs.as_fd()).is_err() {
        let write = theirs.try_clone()?;
        let pid = start_keeper(&args, false, &[theirs, write])?;
        shell.spare(pid);
    }
    shell.open_link(Link::from_socket(ours)?, Peer::Child(wanted.number), None);
    Ok(())
}

/// Hands a new link to a daemon of this computer that lost its own, as when the owner's daemon
/// died and is back.
pub(super) fn rejoin(shell: &Rc<Shell>, number: HostId) -> io::Result<()> {
    let vm_name = shell.with_daemon(|daemon| daemon.vm_name().to_owned());
    let args = DaemonArgs { vm_name, vm: Some(shell.identity.vm), host: number, ..nameless() };
    let flags = SocketFlags::CLOEXEC;
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let directory = args.directory()?;
    let handover = directory.join("handover");
    let life = posse_net::handover::offer(&handover, theirs.as_fd(), theirs.as_fd());
    let life = life.inspect_err(|_| {
        // Of one that is no more nothing is to stay, not even an empty place.
        let _others_use_it = std::fs::remove_dir(&directory);
    })?;
    let id = shell.open_link(Link::from_socket(ours)?, Peer::Child(number), None);
    shell.hold_with_link(id, vec![life.into()]);
    Ok(())
}

/// A random number from the kernel, for jitter and names.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    // Short only before the machine's entropy is ready, which `posse` is never early enough for.
    let _always_whole =
        rustix::rand::getrandom(&mut bytes[..], rustix::rand::GetRandomFlags::empty());
    u64::from_le_bytes(bytes)
}
