//! The daemon's unix socket: how a front end finds the daemon of its own user, and nobody else's.
//!
//! For: connecting to a vm's socket and serving it, with the kernel's word for who is at the other
//! end. Not for: what is said there (`wire`), nor where the socket lies (`place`). Blocking types
//! of std; the daemon makes its own of them. Called by `posse` and by the daemon.

use crate::limits::{BACKLOG_MAX, RESTART_LOOK_EVERY, RESTART_WITHIN};
use crate::place::{self, PlaceError, VmDirectory};
use crate::state;
use posse_wire::limits;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::fs::File;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Instant;
use thiserror::Error;

/// In the environment of each process of a command: its daemon's socket.
pub const SOCKET_VARIABLE: &str = "POSSE_SOCKET";

/// And how the vm is called.
pub const VM_VARIABLE: &str = "POSSE_VM";

/// Why there is no connection between a front end and a daemon.
#[derive(Debug, Error)]
pub enum LocalError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("no vm `{vm}` is up; type `posse up`")]
    NotUp { vm: String },
    #[error("the vm `{vm}` already has a daemon")]
    AlreadyUp { vm: String },
    #[error("the daemon of vm `{vm}` does not take connections; look into {log:?}")]
    Deaf { vm: String, log: PathBuf },
    #[error(
        "{path:?} belongs to user {owner}, not to you (user {uid}); somebody put it there: \
         remove it and type `posse up`"
    )]
    ForeignSocket { path: PathBuf, owner: u32, uid: u32 },
    #[error("{path:?} is not a socket; remove it and type `posse up`")]
    NotSocket { path: PathBuf },
    #[error("the other end of the socket belongs to user {peer}, not to you (user {uid})")]
    ForeignPeer { peer: u32, uid: u32 },
    #[error("cannot use {path:?}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// Connects to the daemon of the vm `name`. One that has crashed and is being started again is
/// waited for.
pub fn connect(name: &str) -> Result<UnixStream, LocalError> {
    let directory = match place::find_vm_directory(name)? {
        Some(own) => Some(own),
        // A host of the vm may be here, which leads it or passes front ends on. Where the vm is
        // kept here, its owner's daemon is started again instead.
        None => {
            let is_kept = || state::find_state_directory(name).is_ok_and(|kept| kept.is_some());
            place::find_host(name)?.filter(|host| host.leads() || !is_kept())
        }
    };
    let Some(directory) = directory else {
        return Err(LocalError::NotUp { vm: name.to_owned() });
    };
    let deadline = Instant::now() + RESTART_WITHIN;
    loop {
        match connect_in(&directory) {
            Err(LocalError::NotUp { .. })
                if is_restarting(&directory) && Instant::now() < deadline =>
            {
                sleep(RESTART_LOOK_EVERY);
            }
            result => return result,
        }
    }
}

/// Where the daemon is that started this process: what it put into the environment. `None` where
/// no daemon did.
pub fn of_process() -> Result<Option<VmDirectory>, LocalError> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some((socket, vm)) = variable(SOCKET_VARIABLE).zip(variable(VM_VARIABLE)) else {
        return Ok(None);
    };
    Ok(Some(VmDirectory::of_socket(&vm, Path::new(&socket))?))
}

/// A daemon that ends removes its socket; one that crashes leaves it, and its keeper, which holds
/// the log locked, starts the next.
fn is_restarting(directory: &VmDirectory) -> bool {
    let Ok(log) = File::open(directory.log()) else { return false };
    directory.socket().symlink_metadata().is_ok()
        && flock(&log, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

/// As [`connect`], where the directory is known.
pub fn connect_in(directory: &VmDirectory) -> Result<UnixStream, LocalError> {
    let vm = || directory.name().to_owned();
    let path = directory.socket();
    let failed = |errno: Errno| LocalError::Io { path: path.clone(), source: errno.into() };
    let stat = match rustix::fs::statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Err(LocalError::NotUp { vm: vm() }),
        stat => stat.map_err(failed)?,
    };
    let uid = rustix::process::geteuid().as_raw();
    if stat.st_uid != uid {
        return Err(LocalError::ForeignSocket { path, owner: stat.st_uid, uid });
    }
    if !FileType::from_raw_mode(stat.st_mode).is_socket() {
        return Err(LocalError::NotSocket { path });
    }
    let socket = new_socket().map_err(failed)?;
    // connect(2) on a full backlog waits as long as a send would.
    set_socket_timeout(&socket, Timeout::Send, Some(limits::HANDSHAKE_WITHIN)).map_err(failed)?;
    let address = SocketAddrUnix::new(&path).map_err(failed)?;
    match rustix::net::connect(&socket, &address) {
        // Nobody listens: the daemon that made the socket is dead.
        Err(Errno::CONNREFUSED | Errno::NOENT) => return Err(LocalError::NotUp { vm: vm() }),
        Err(Errno::AGAIN) => {
            return Err(LocalError::Deaf { vm: vm(), log: directory.log() });
        }
        result => result.map_err(failed)?,
    }
    set_socket_timeout(&socket, Timeout::Send, None).map_err(failed)?;
    check_peer(&socket)?;
    Ok(UnixStream::from(socket))
}

/// Whether the other end of a unix socket is a process of this user; else nothing is said to it.
pub fn check_peer(socket: impl AsFd) -> Result<(), LocalError> {
    let failed = |errno: Errno| LocalError::Io { path: "socket".into(), source: errno.into() };
    let peer = socket_peercred(socket).map_err(failed)?.uid.as_raw();
    let uid = rustix::process::geteuid().as_raw();
    if peer == uid { Ok(()) } else { Err(LocalError::ForeignPeer { peer, uid }) }
}

/// The socket of a vm, served by this process and by no other while this value lives.
#[derive(Debug)]
pub struct Bound {
    listener: UnixListener,
    path: PathBuf,
    /// Its flock(2) is what makes this process the vm's daemon.
    _lock: OwnedFd,
}

impl Bound {
    pub fn listener(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        // Still under the lock, so this is our own socket. A leftover is harmless: see `bind`.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Serves the vm's socket. Of several daemons that start at once one succeeds, the others get
/// [`LocalError::AlreadyUp`]; a dead daemon's socket is replaced.
pub fn bind(directory: &VmDirectory) -> Result<Bound, LocalError> {
    let lock = lock(directory)?;
    let path = directory.socket();
    let failed = |errno: Errno| LocalError::Io { path: path.clone(), source: errno.into() };
    let listener = listen(&path).map_err(failed)?;
    Ok(Bound { listener, path, _lock: lock })
}

/// Listens at `path`, for this user alone. What a dead daemon left there is replaced at once: there
/// is no moment without a socket.
pub(crate) fn listen(path: &Path) -> Result<UnixListener, Errno> {
    let fresh = path.with_file_name(place::FRESH_SOCKET);
    match rustix::fs::unlink(&fresh) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    let socket = new_socket()?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(&fresh)?)?;
    // Nobody came in before this: there is no connection before listen(2).
    rustix::fs::chmod(&fresh, Mode::RUSR | Mode::WUSR)?;
    rustix::net::listen(&socket, BACKLOG_MAX)?;
    rustix::fs::rename(&fresh, path)?;
    Ok(UnixListener::from(socket))
}

fn new_socket() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

fn lock(directory: &VmDirectory) -> Result<OwnedFd, LocalError> {
    let path = directory.lock();
    let failed = |errno: Errno| LocalError::Io { path: path.clone(), source: errno.into() };
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    loop {
        let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => {
                return Err(LocalError::AlreadyUp { vm: directory.name().to_owned() });
            }
            result => result.map_err(failed)?,
        }
        // An ending daemon may have removed the file between open and flock: then it locks nobody
        // out, and the next turn makes a new one.
        let held = rustix::fs::fstat(&file).map_err(failed)?;
        let named = rustix::fs::statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW);
        if named.is_ok_and(|named| (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)) {
            return Ok(file);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;

    /// A vm in a run-time directory of its own, removed at the end.
    struct Scratch {
        runtime: PathBuf,
        vm: VmDirectory,
    }

    impl Scratch {
        fn new(test: &str) -> Scratch {
            let runtime = PathBuf::from(format!("/tmp/posse-{test}-{}", std::process::id()));
            let vm = place::vm_directory_in(&runtime, "vm").unwrap();
            Scratch { runtime, vm }
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.runtime);
        }
    }

    #[test]
    fn a_front_end_reaches_the_daemon_of_its_vm() {
        let scratch = Scratch::new("reach");
        assert!(matches!(connect_in(&scratch.vm), Err(LocalError::NotUp { .. })));
        let bound = bind(&scratch.vm).unwrap();
        let mode = std::fs::metadata(scratch.vm.socket()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut front = connect_in(&scratch.vm).unwrap();
        let (mut back, _) = bound.listener().accept().unwrap();
        check_peer(&back).unwrap();
        front.write_all(b"x").unwrap();
        back.read_exact(&mut [0]).unwrap();
        drop(bound);
        assert!(matches!(connect_in(&scratch.vm), Err(LocalError::NotUp { .. })));
    }

    #[test]
    fn one_daemon_a_vm_and_a_dead_ones_socket_is_replaced() {
        let scratch = Scratch::new("one");
        let bound = bind(&scratch.vm).unwrap();
        assert!(matches!(bind(&scratch.vm), Err(LocalError::AlreadyUp { .. })));
        drop(bound);
        drop(UnixListener::bind(scratch.vm.socket()).unwrap());
        assert!(matches!(connect_in(&scratch.vm), Err(LocalError::NotUp { .. })));
        let bound = bind(&scratch.vm).unwrap();
        connect_in(&scratch.vm).unwrap();
        drop(bound);
    }

    #[test]
    fn many_that_start_at_once_agree_on_one() {
        let scratch = Scratch::new("race");
        let start = || {
            std::thread::scope(|scope| {
                let each = || scope.spawn(|| bind(&scratch.vm));
                let started: Vec<_> = (0..8).map(|_| each()).collect();
                started.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
            })
        };
        let results = start();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        connect_in(&scratch.vm).unwrap();
    }

    #[test]
    fn a_file_in_the_sockets_place_is_named() {
        let scratch = Scratch::new("file");
        std::fs::write(scratch.vm.socket(), "").unwrap();
        assert!(matches!(connect_in(&scratch.vm), Err(LocalError::NotSocket { .. })));
    }
}
