//! Where a vm lives on this computer: the private run-time directory and the files in it.
//!
//! For: finding and making `RUNTIME/VM/`, and refusing it where anybody but its owner could read,
//! replace or plant something in it. Not for: what the files hold, nor the socket itself (`local`),
//! nor what outlives the computer's next boot (`state`).
//! Called by the daemon, and by `posse` for a local client.
//!
//! `RUNTIME` is `$POSSE_RUNTIME_DIR` and nothing else where that is set; else
//! `$XDG_RUNTIME_DIR/posse` where that directory is the caller's and private; else
//! `/tmp/posse-UID`. A vm that is already there is found in any of the last two, so that a login
//! with and one without an XDG directory see the same vms.

use crate::limits::{SOCKET_PATH_BYTES_MAX, VM_NAME_BYTES_MAX};
use crate::private::{Wanted, is_private, open_private, open_private_at};
use rustix::fd::OwnedFd;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The variable that names another run-time directory.
const RUNTIME: &str = "POSSE_RUNTIME_DIR";

/// Why a directory of posse cannot be used, and what to type. `set` is the variable that names
/// another.
#[derive(Debug, Error)]
pub enum PlaceError {
    #[error(
        "`{name}` cannot be the name of a vm: use at most 64 letters, digits, `-`, `_` and `.`, \
         not beginning with `-` or `.`"
    )]
    BadName { name: String },
    #[error("{set} is {path:?}, which is not an absolute path; set it to one")]
    NotAbsolute { path: PathBuf, set: &'static str },
    #[error("{missing:?} does not exist; type: mkdir -p -m 700 {missing:?}")]
    NoParent { missing: PathBuf },
    #[error("there is no home to keep the vm in; set {set} to a directory of your own on a disk")]
    NoHome { set: &'static str },
    #[error(
        "{path:?} belongs to user {owner}, not to you (user {uid}); \
         set {set} to a directory of your own"
    )]
    NotOurs { path: PathBuf, owner: u32, uid: u32, set: &'static str },
    #[error("{path:?} is open to others (mode {mode:03o}); type: chmod 700 {path:?}")]
    TooOpen { path: PathBuf, mode: u32 },
    #[error(
        "{path:?} (owner {owner}, mode {mode:03o}) can be changed by others, so nothing below it \
         is private; set {set} to a directory of your own elsewhere"
    )]
    Exposed { path: PathBuf, owner: u32, mode: u32, set: &'static str },
    #[error(
        "{path:?} is a symbolic link where a directory of your own is needed; \
         remove it or set {set} to another directory"
    )]
    Symlink { path: PathBuf, set: &'static str },
    #[error("{path:?} is not a directory; remove it or set {set} to another directory")]
    NotDirectory { path: PathBuf, set: &'static str },
    #[error(
        "the socket's path would be {path:?}, {bytes} bytes long, and the system allows 107; \
         set POSSE_RUNTIME_DIR to a shorter directory or choose a shorter vm name"
    )]
    TooLong { path: PathBuf, bytes: usize },
    #[error("cannot use {path:?}: {source}; set {set} to another directory")]
    Io { path: PathBuf, source: io::Error, set: &'static str },
    #[error(
        "the vm cannot be kept in {path:?}: {source}; make room there, or set {set} to a \
         directory of your own on another disk"
    )]
    NoRoom { path: PathBuf, source: io::Error, set: &'static str },
    #[error(
        "the vm in {path:?} belongs to a daemon that cannot be reached from here ({by}): its \
         run-time directory is another or gone, or another machine has the same /etc/machine-id; \
         end that process, or set {set} to another directory"
    )]
    InUse { path: PathBuf, by: String, set: &'static str },
}

/// The directory of one vm, checked: it is ours, private, and so is the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmDirectory {
    name: String,
    path: PathBuf,
}

/// Where front ends connect to.
pub const SOCKET: &str = "socket";

/// In the directory of a host's daemon: how its vm is called.
pub const VM_NAME: &str = "name";

/// Beside it while that host leads the vm.
pub const LEADS: &str = "leads";

/// A socket has this name, no longer than any other, until it is listened on.
pub const FRESH_SOCKET: &str = "s";

impl VmDirectory {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Of the daemon that told a process of the vm `name` that this is its socket.
    pub fn of_socket(name: &str, socket: &Path) -> Result<VmDirectory, PlaceError> {
        check_vm_name(name)?;
        let path = socket.parent().filter(|path| path.is_absolute());
        let Some(path) = path else {
            return Err(PlaceError::NotAbsolute { path: socket.to_owned(), set: "POSSE_SOCKET" });
        };
        Ok(VmDirectory { name: name.to_owned(), path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether its daemon is that of a host which leads the vm.
    pub fn leads(&self) -> bool {
        self.path.join(LEADS).exists()
    }

    /// The daemon's unix socket.
    pub fn socket(&self) -> PathBuf {
        self.path.join(SOCKET)
    }

    /// Held by the daemon that serves the socket.
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

/// The vm that is meant where none is named: `$POSSE_VM_NAME`, else `default`.
pub fn default_vm_name() -> Result<String, PlaceError> {
    match env::var_os("POSSE_VM_NAME").filter(|name| !name.is_empty()) {
        None => Ok("default".to_owned()),
        Some(name) => {
            let name = name.to_string_lossy().into_owned();
            check_vm_name(&name)?;
            Ok(name)
        }
    }
}

/// Whether `name` can name a vm.
pub fn check_vm_name(name: &str) -> Result<(), PlaceError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let length = 1..=VM_NAME_BYTES_MAX;
    if length.contains(&name.len()) && name.chars().all(allowed) && !name.starts_with(['-', '.']) {
        return Ok(());
    }
    let name = name.chars().take(VM_NAME_BYTES_MAX).flat_map(char::escape_default).collect();
    Err(PlaceError::BadName { name })
}

/// The run-time directory for new vms; made where it is absent.
pub fn runtime_directory() -> Result<PathBuf, PlaceError> {
    Places::of_caller()?.runtime().map(|(_, path)| path)
}

/// The directory of the vm `name`: the one that exists, else a new one.
pub fn vm_directory(name: &str) -> Result<VmDirectory, PlaceError> {
    Places::of_caller()?.make_vm(name)
}

/// As [`vm_directory`], below a run-time directory that the caller chose; for tests and benches.
pub fn vm_directory_in(runtime: &Path, name: &str) -> Result<VmDirectory, PlaceError> {
    let uid = rustix::process::geteuid().as_raw();
    Places { uid, candidates: vec![runtime.to_owned()] }.make_vm(name)
}

/// The directory of the vm `name` if there is one.
pub fn find_vm_directory(name: &str) -> Result<Option<VmDirectory>, PlaceError> {
    Places::of_caller()?.find_vm(name)
}

/// The directory of a daemon on this computer that is a host of the vm `name`, if there is one;
/// the one that leads where that is among several.
pub fn find_host(name: &str) -> Result<Option<VmDirectory>, PlaceError> {
    Places::of_caller()?.find_host(name)
}

/// Names of the caller's vms on this computer, sorted; some may have lost their daemon.
pub fn existing_vms() -> Result<Vec<String>, PlaceError> {
    Places::of_caller()?.vms()
}

/// Where to look for vms: first the place for new ones.
struct Places {
    uid: u32,
    candidates: Vec<PathBuf>,
}

impl Places {
    fn of_caller() -> Result<Places, PlaceError> {
        Places::from_environment(|name| env::var_os(name), rustix::process::geteuid().as_raw())
    }

    fn from_environment(
        variable: impl Fn(&str) -> Option<OsString>,
        uid: u32,
    ) -> Result<Places, PlaceError> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(path) = set(RUNTIME) {
            if !path.is_absolute() {
                return Err(PlaceError::NotAbsolute { path, set: RUNTIME });
            }
            return Ok(Places { uid, candidates: vec![path] });
        }
        let temporary = PathBuf::from(format!("/tmp/posse-{uid}"));
        let named = set("XDG_RUNTIME_DIR").filter(|path| is_private(path, uid));
        // A caller without the variable (cron, sudo) makes its vms in /tmp, but finds others.
        let usual = Some(PathBuf::from(format!("/run/user/{uid}")))
            .filter(|path| named.is_none() && is_private(path, uid));
        let mut candidates = vec![temporary];
        candidates.splice(0..0, named.map(|path| path.join("posse")));
        candidates.extend(usual.map(|path| path.join("posse")));
        Ok(Places { uid, candidates })
    }

    fn wanted(&self) -> Wanted {
        Wanted { uid: self.uid, set: RUNTIME, groups: false }
    }

    fn runtime(&self) -> Result<(OwnedFd, PathBuf), PlaceError> {
        // There is always a first candidate; see `from_environment`.
        let path = self.candidates.first().map_or(Path::new("/"), PathBuf::as_path);
        match open_private(path, self.wanted(), true)? {
            Some(found) => Ok(found),
            None => Err(PlaceError::NoParent { missing: path.to_owned() }),
        }
    }

    fn make_vm(&self, name: &str) -> Result<VmDirectory, PlaceError> {
        if let Some(found) = self.find_vm(name)? {
            return Ok(found);
        }
        let (runtime, path) = self.runtime()?;
        let directory = named(name, &path)?;
        match open_private_at(&runtime, OsStr::new(name), &directory.path, self.wanted(), true)? {
            Some(_) => Ok(directory),
            None => Err(PlaceError::NoParent { missing: directory.path }),
        }
    }

    fn find_vm(&self, name: &str) -> Result<Option<VmDirectory>, PlaceError> {
        check_vm_name(name)?;
        for (runtime, path) in self.existing()? {
            let directory = named(name, &path)?;
            let name = OsStr::new(name);
            if open_private_at(&runtime, name, &directory.path, self.wanted(), false)?.is_some() {
                return Ok(Some(directory));
            }
        }
        Ok(None)
    }

    fn find_host(&self, name: &str) -> Result<Option<VmDirectory>, PlaceError> {
        check_vm_name(name)?;
        let mut member = None;
        for (runtime, path) in self.existing()? {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| entry.file_name().as_encoded_bytes()[0] == b'.') {
                let directory = VmDirectory { name: name.to_owned(), path: entry.path() };
                let (file, at) = (entry.file_name(), &directory.path);
                let opened = open_private_at(&runtime, &file, at, self.wanted(), false);
                let called = std::fs::read_to_string(at.join(VM_NAME));
                if opened.is_ok_and(|opened| opened.is_some())
                    && called.is_ok_and(|called| called == name)
                {
                    if directory.leads() {
                        return Ok(Some(directory));
                    }
                    member = Some(directory);
                }
            }
        }
        Ok(member)
    }

    /// The candidates that exist. Only the first must be in order: another user who takes
    /// `/tmp/posse-UID` must not stop somebody who has an XDG directory.
    fn existing(&self) -> Result<Vec<(OwnedFd, PathBuf)>, PlaceError> {
        let mut found = Vec::new();
        for (at, candidate) in self.candidates.iter().enumerate() {
            match open_private(candidate, self.wanted(), false) {
                Err(error) if at == 0 => return Err(error),
                opened => found.extend(opened.ok().flatten()),
            }
        }
        Ok(found)
    }

    fn vms(&self) -> Result<Vec<String>, PlaceError> {
        let mut names = Vec::new();
        for (_, path) in self.existing()? {
            let failed = |source| self.wanted().io(&path, source);
            for entry in std::fs::read_dir(&path).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_directory && check_vm_name(&name).is_ok() {
                    names.push(name);
                }
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

fn named(name: &str, runtime: &Path) -> Result<VmDirectory, PlaceError> {
    check_vm_name(name)?;
    let directory = VmDirectory { name: name.to_owned(), path: runtime.join(name) };
    let (path, bytes) = (directory.socket(), directory.socket().as_os_str().len());
    if bytes > SOCKET_PATH_BYTES_MAX {
        return Err(PlaceError::TooLong { path, bytes });
    }
    Ok(directory)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str) -> Scratch {
            let path = PathBuf::from(format!("/tmp/posse-place-{test}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            Scratch(path)
        }

        fn places(&self, below: &str) -> Places {
            let uid = rustix::process::geteuid().as_raw();
            let path = self.0.join(below).into_os_string();
            let variable = |name: &str| (name == "POSSE_RUNTIME_DIR").then(|| path.clone());
            Places::from_environment(variable, uid).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn makes_private_directories_and_finds_them_again() {
        let scratch = Scratch::new("make");
        let places = scratch.places("run");
        assert_eq!(places.find_vm("a").unwrap(), None);
        let made = places.make_vm("a").unwrap();
        assert_eq!(fs::metadata(made.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(places.make_vm("a").unwrap(), made);
        assert_eq!(places.find_vm("a").unwrap(), Some(made));
        assert_eq!(places.vms().unwrap(), ["a"]);
    }

    #[test]
    fn refuses_what_others_could_touch() {
        let scratch = Scratch::new("refuse");
        let places = scratch.places("run");
        let vm = places.make_vm("a").unwrap();
        mode(vm.path(), 0o750);
        assert!(matches!(places.find_vm("a"), Err(PlaceError::TooOpen { mode: 0o750, .. })));
        mode(&scratch.0, 0o777);
        assert!(matches!(places.runtime(), Err(PlaceError::Exposed { .. })));
        mode(&scratch.0, 0o1777);
        assert!(places.runtime().is_ok(), "sticky, as /tmp");
        symlink(scratch.0.join("run"), scratch.0.join("link")).unwrap();
        assert!(matches!(scratch.places("link").runtime(), Err(PlaceError::Symlink { .. })));
        fs::write(scratch.0.join("file"), "").unwrap();
        assert!(matches!(scratch.places("file").runtime(), Err(PlaceError::NotDirectory { .. })));
        assert!(matches!(scratch.places("no/run").runtime(), Err(PlaceError::NoParent { .. })));
        let stranger = Places { uid: places.uid + 1, ..scratch.places("run") };
        let refused = stranger.runtime().map(|_| ()).unwrap_err();
        assert!(matches!(refused, PlaceError::NotOurs { .. } | PlaceError::Exposed { .. }));
    }

    #[test]
    fn a_long_path_is_named_before_the_socket_fails() {
        let scratch = Scratch::new("long");
        let places = scratch.places(&"x".repeat(90));
        let refused = places.make_vm("default").unwrap_err();
        assert!(refused.to_string().contains("shorter directory"), "{refused}");
    }

    #[test]
    fn names_are_checked() {
        for good in ["default", "a.b-c_9", &"x".repeat(64)] {
            check_vm_name(good).unwrap();
        }
        for bad in ["", "-a", ".a", "..", "a/b", "a b", "a\n", "ä", &"x".repeat(65)] {
            assert!(check_vm_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_environment_decides() {
        let from = |xdg: Option<&str>| {
            let xdg = xdg.map(OsString::from);
            Places::from_environment(|name| xdg.clone().filter(|_| name.starts_with("XDG")), 7)
        };
        let first = from(Some("/")).unwrap().candidates[0].clone();
        assert_eq!(first, Path::new("/tmp/posse-7"), "a public XDG directory is not used");
        let relative = |name: &str| (name == "POSSE_RUNTIME_DIR").then(|| OsString::from("here"));
        let refused = Places::from_environment(relative, 7).map(|_| ()).unwrap_err();
        assert!(matches!(refused, PlaceError::NotAbsolute { .. }));
    }
}
