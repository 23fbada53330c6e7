//! What a vm keeps on a disk of its owner's machine, so that it is there after a reboot: the
//! owner's key, the table of hosts, the log of the control state, kept output.
//!
//! For: finding and making `STATE/MACHINE/VM/`, private as the run-time directory, and holding it
//! against a second daemon. Not for: what the files hold; sockets, pid files and locks of a life,
//! which lie in the run-time directory (`place`). Called by the owner's daemon, by whoever starts
//! it, and by `posse` for the key.
//!
//! `STATE` is `$POSSE_STATE_DIR` where that is set, else `$XDG_STATE_HOME/posse`, else
//! `~/.local/state/posse` (XDG Base Directory Specification). A home may be shared by many
//! machines: each has a directory of its own there, by a hash of its machine-id(5), which is not
//! to be shown to others, or of its name where it has no id.

use crate::limits::{HOLD_LOOK_EVERY, MAKE_TRIES, PROBE_BYTES};
use crate::place::{PlaceError, check_vm_name};
use crate::private::{Wanted, open_private_at, open_way};
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The variable that names another directory.
const STATE: &str = "POSSE_STATE_DIR";

/// Keeps a machine's directory apart from every other use of its id.
const MACHINE_CONTEXT: &str = "posse state directory v1: machine";

/// Locked by the daemon that the vm's state belongs to; says who that is.
const LOCK: &str = "lock";

const OWNER_KEY: &str = "owner.key";

/// What one vm keeps on this machine, checked: it is ours, private, and so is the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDirectory {
    path: PathBuf,
}

/// The state is this process's while this value lives.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

impl StateDirectory {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn owner_key(&self) -> PathBuf {
        self.path.join(OWNER_KEY)
    }

    /// Makes the state this process's, once whoever has it is gone; [`PlaceError::InUse`] where
    /// that takes longer than `within`.
    pub fn hold(&self, within: Duration) -> Result<Held, PlaceError> {
        let deadline = Instant::now() + within;
        let path = self.path.join(LOCK);
        let failed = |source| PlaceError::NoRoom { path: path.clone(), source, set: STATE };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        let mut lock = options.open(&path).map_err(failed)?;
        loop {
            match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(Errno::WOULDBLOCK) if Instant::now() < deadline => sleep(HOLD_LOOK_EVERY),
                Err(Errno::WOULDBLOCK) => {
                    let mut by = String::new();
                    let _it_may_not_have_said = lock.read_to_string(&mut by);
                    let (path, by) = (self.path.clone(), by.trim().escape_default().to_string());
                    return Err(PlaceError::InUse { path, by, set: STATE });
                }
                // A network file system without locks: each machine has its own directory there.
                Err(Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS) => break,
                Err(errno) => return Err(failed(errno.into())),
            }
        }
        let own = format!("process {} on {}\n", std::process::id(), host_name());
        let said = lock.set_len(0).and_then(|()| lock.write_all(own.as_bytes()));
        said.map_err(failed)?;
        Ok(Held { _lock: lock })
    }
}

/// The directory of the vm `name` on this machine; made where it is absent.
pub fn state_directory(name: &str) -> Result<StateDirectory, PlaceError> {
    States::of_caller()?.make(name)
}

/// The same, if a vm of that name is kept there.
pub fn find_state_directory(name: &str) -> Result<Option<StateDirectory>, PlaceError> {
    match States::of_caller() {
        Err(PlaceError::NoHome { .. }) => Ok(None),
        states => states?.find(name),
    }
}

/// Whether a vm can be kept on this machine: the directory is private and its disk has room.
pub fn check_room() -> Result<(), PlaceError> {
    States::of_caller()?.check_room()
}

/// Names of the vms that are kept on this machine, sorted.
pub fn kept_vms() -> Vec<String> {
    States::of_caller().map(|states| states.names()).unwrap_or_default()
}

/// Forgets a vm: removes its directory, and those above it that posse made and that are empty now.
pub fn remove(directory: &Path) {
    let _nothing_may_be_left = fs::remove_dir_all(directory);
    let above = directory.ancestors().skip(1);
    let made = if env::var_os(STATE).is_some_and(|set| !set.is_empty()) { 1 } else { 2 };
    for path in above.take(made) {
        if fs::remove_dir(path).is_err() {
            return;
        }
    }
}

/// Where the caller's vms are kept.
struct States {
    wanted: Wanted,
    root: PathBuf,
    /// What must be there already, so that nothing is made in a place that is no home.
    home: Option<PathBuf>,
    machine: String,
}

impl States {
    fn of_caller() -> Result<States, PlaceError> {
        let uid = rustix::process::geteuid().as_raw();
        States::from_environment(|name| env::var_os(name), uid, &machine())
    }

    fn from_environment(
        variable: impl Fn(&str) -> Option<OsString>,
        uid: u32,
        machine: &str,
    ) -> Result<States, PlaceError> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || set("HOME").filter(|home| home.is_absolute());
        let (root, home) = match (set(STATE), set("XDG_STATE_HOME")) {
            (Some(path), _) if !path.is_absolute() => {
                return Err(PlaceError::NotAbsolute { path, set: STATE });
            }
            (Some(path), _) => (path, None),
            // A relative one is to be ignored, as the specification has it.
            (None, Some(path)) if path.is_absolute() => (path.join("posse"), None),
            (None, _) => {
                let home = home().ok_or(PlaceError::NoHome { set: STATE })?;
                (home.join(".local/state/posse"), Some(home))
            }
        };
        let hash = blake3::derive_key(MACHINE_CONTEXT, machine.as_bytes());
        let machine = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(States { wanted: Wanted { uid, set: STATE, groups: true }, root, home, machine })
    }

    /// The directory of this machine, made where it is absent.
    fn make_own(&self) -> Result<(OwnedFd, PathBuf), PlaceError> {
        if self.home.as_ref().is_some_and(|home| !home.is_dir()) {
            return Err(PlaceError::NoHome { set: STATE });
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.root);
        made.map_err(|source| self.no_room(&self.root, source))?;
        let (root, path) = open_way(&self.root, self.wanted)?;
        let path = path.join(&self.machine);
        match open_private_at(root, OsStr::new(&self.machine), &path, self.wanted, true) {
            Ok(Some(fd)) => Ok((fd, path)),
            Ok(None) => Err(PlaceError::NoParent { missing: path }),
            Err(PlaceError::Io { path, source, .. }) => Err(self.no_room(&path, source)),
            Err(error) => Err(error),
        }
    }

    fn make(&self, name: &str) -> Result<StateDirectory, PlaceError> {
        check_vm_name(name)?;
        let mut made = self.try_make(name);
        // Another vm's end may have removed the empty directory above in this moment.
        for _ in 1..MAKE_TRIES {
            match made {
                Err(PlaceError::Io { source, .. } | PlaceError::NoRoom { source, .. })
                    if source.kind() == io::ErrorKind::NotFound => {}
                made => return made,
            }
            made = self.try_make(name);
        }
        made
    }

    fn try_make(&self, name: &str) -> Result<StateDirectory, PlaceError> {
        let (own, path) = self.make_own()?;
        let path = path.join(name);
        match open_private_at(own, OsStr::new(name), &path, self.wanted, true)? {
            Some(_) => Ok(StateDirectory { path }),
            None => Err(PlaceError::NoParent { missing: path }),
        }
    }

    fn find(&self, name: &str) -> Result<Option<StateDirectory>, PlaceError> {
        check_vm_name(name)?;
        let Some((own, path)) = self.own()? else { return Ok(None) };
        let directory = StateDirectory { path: path.join(name) };
        let opened = open_private_at(own, OsStr::new(name), &directory.path, self.wanted, false)?;
        let is_kept = opened.is_some() && directory.owner_key().symlink_metadata().is_ok();
        Ok(is_kept.then_some(directory))
    }

    /// The directory of this machine, if it is there.
    fn own(&self) -> Result<Option<(OwnedFd, PathBuf)>, PlaceError> {
        let (root, path) = match open_way(&self.root, self.wanted) {
            Err(PlaceError::NoParent { .. }) => return Ok(None),
            opened => opened?,
        };
        let path = path.join(&self.machine);
        let opened = open_private_at(root, OsStr::new(&self.machine), &path, self.wanted, false)?;
        Ok(opened.map(|fd| (fd, path)))
    }

    fn names(&self) -> Vec<String> {
        let Ok(Some((_, path))) = self.own() else { return Vec::new() };
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let is_kept = |name: &String| self.find(name).is_ok_and(|found| found.is_some());
        let mut names: Vec<String> = names.filter(is_kept).collect();
        names.sort();
        names
    }

    /// A disk or a quota that is full lets files be made, and not be written.
    fn check_room(&self) -> Result<(), PlaceError> {
        let (_, own) = self.make_own()?;
        let path = own.join(format!(".room-{}", std::process::id()));
        let mut options = OpenOptions::new();
        let written = options.create(true).truncate(true).write(true).mode(0o600).open(&path);
        // What a network file system has no room for is told by the sync.
        let written = written
            .and_then(|mut file| file.write_all(&[0; PROBE_BYTES]).and_then(|()| file.sync_all()));
        let _it_may_not_have_been_made = fs::remove_file(&path);
        written.map_err(|source| self.no_room(&own, source))
    }

    fn no_room(&self, path: &Path, source: io::Error) -> PlaceError {
        PlaceError::NoRoom { path: path.to_owned(), source, set: self.wanted.set }
    }
}

/// What tells this machine from others that share its user's home.
fn machine() -> String {
    let text = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let id = text.trim();
    // It may be empty, or "uninitialized", in an image that has not been started yet.
    let is_one = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { format!("id {id}") } else { format!("name {}", host_name()) }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    struct Home(PathBuf);

    impl Home {
        fn new(test: &str) -> Home {
            let path = PathBuf::from(format!("/tmp/posse-state-{test}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Home(path)
        }

        fn on(&self, machine: &str) -> States {
            let uid = rustix::process::geteuid().as_raw();
            let home = self.0.clone().into_os_string();
            let variable = |name: &str| (name == "HOME").then(|| home.clone());
            States::from_environment(variable, uid, machine).unwrap()
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn machines_that_share_a_home_do_not_meet() {
        let home = Home::new("shared");
        let (one, other) = (home.on("id 1"), home.on("id 2"));
        let kept = one.make("vm").unwrap();
        assert_eq!(one.find("vm").unwrap(), None, "without a key it is nobody's");
        fs::write(kept.owner_key(), "key").unwrap();
        assert_eq!(one.find("vm").unwrap(), Some(kept.clone()));
        assert_eq!(one.make("vm").unwrap(), kept);
        assert_eq!(one.names(), ["vm"]);
        assert_eq!(other.find("vm").unwrap(), None);
        assert_ne!(other.make("vm").unwrap(), kept);
        assert_eq!(fs::metadata(kept.path()).unwrap().permissions().mode() & 0o777, 0o700);
        let shown = kept.path().display().to_string();
        assert!(shown.contains("/.local/state/posse/") && !shown.contains("id 1"), "{shown}");
        assert_eq!(home.on("id 1").find("vm").unwrap(), Some(kept.clone()), "after a reboot");
        remove(kept.path());
        assert!(!kept.path().parent().unwrap().exists());
        assert!(other.find("vm").unwrap().is_none() && one.root.exists());
        remove(other.make("vm").unwrap().path());
        assert!(!one.root.exists() && one.root.parent().unwrap().exists());
    }

    #[test]
    fn a_state_has_one_daemon_at_a_time() {
        let home = Home::new("held");
        let kept = home.on("id 1").make("vm").unwrap();
        let held = kept.hold(Duration::ZERO).unwrap();
        let refused = kept.hold(HOLD_LOOK_EVERY).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(held);
        kept.hold(Duration::ZERO).unwrap();
    }

    #[test]
    fn what_stands_in_the_way_is_named_with_what_to_do() {
        let home = Home::new("refused");
        let states = home.on("id 1");
        states.check_room().unwrap();
        let own = states.root.join(&states.machine);
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0, "the probe is gone");
        mode(&own, 0o750);
        assert!(matches!(states.make("vm"), Err(PlaceError::TooOpen { .. })));
        mode(&own, 0o700);
        // As a umask of 002 makes them.
        mode(&home.0.join(".local"), 0o775);
        states.make("vm").unwrap();
        mode(&home.0.join(".local"), 0o777);
        assert!(matches!(states.find("vm"), Err(PlaceError::Exposed { .. })));
        mode(&home.0.join(".local"), 0o755);
        fs::remove_dir_all(home.0.join(".local/state")).unwrap();
        fs::write(home.0.join(".local/state"), "a file").unwrap();
        let refused = states.check_room().unwrap_err();
        assert!(matches!(refused, PlaceError::NoRoom { .. }), "{refused}");
        assert!(refused.to_string().contains("set POSSE_STATE_DIR"), "{refused}");
        fs::remove_dir_all(&home.0).unwrap();
        assert!(matches!(states.make("vm"), Err(PlaceError::NoHome { .. })));
        assert!(matches!(states.find("vm"), Ok(None)));
    }

    #[test]
    fn the_environment_decides() {
        let root = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
            let of = |name: &str| {
                pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.into())
            };
            States::from_environment(of, 7, "id 1").map(|states| states.root)
        };
        let home = ("HOME", "/home/u");
        assert_eq!(root(&[home]).unwrap(), Path::new("/home/u/.local/state/posse"));
        let xdg = ("XDG_STATE_HOME", "/s");
        assert_eq!(root(&[home, xdg]).unwrap(), Path::new("/s/posse"));
        let relative = ("XDG_STATE_HOME", "s");
        assert_eq!(root(&[home, relative]).unwrap(), Path::new("/home/u/.local/state/posse"));
        assert_eq!(root(&[home, xdg, (STATE, "/disk")]).unwrap(), Path::new("/disk"));
        assert!(matches!(root(&[home, (STATE, "disk")]), Err(PlaceError::NotAbsolute { .. })));
        assert!(matches!(root(&[]), Err(PlaceError::NoHome { .. })));
    }
}
