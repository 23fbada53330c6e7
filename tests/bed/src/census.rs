//! Counts what is there of a vm: its processes, their sockets, and files beneath directories;
//! and asserts that nothing is left in the end. Reads only; ends nothing.
//! Called by cluster tests.

use crate::deadline::wait_until;
use crate::proc::{self, Process};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What to look for. A process counts if it matches any of the marks; what was there when the
/// census was made does not count.
#[derive(Clone, Debug, Default)]
pub struct ProcessCensus {
    tokens: Vec<String>,
    executables: Vec<PathBuf>,
    uids: Vec<u32>,
    directories: Vec<PathBuf>,
    before: BTreeSet<(u32, u64)>,
    files_before: BTreeSet<PathBuf>,
}

/// One socket held by a counted process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Socket {
    pub pid: u32,
    /// `tcp`, `tcp6`, `udp`, `udp6` or `unix`.
    pub kind: String,
    /// `address:port` as in /proc (hexadecimal), or the path of a unix socket.
    pub local: String,
    pub listening: bool,
}

/// What a census found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    pub processes: Vec<Process>,
    pub sockets: Vec<Socket>,
    pub files: Vec<PathBuf>,
}

impl ProcessCensus {
    #[must_use]
    pub fn new() -> ProcessCensus {
        ProcessCensus::default()
    }

    /// Counts processes with this in their environment: `NAME=value`, or `NAME` of any value.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.tokens.push(token.to_owned());
        self
    }

    /// Counts processes that run this file (also when it has been removed).
    #[must_use]
    pub fn executable(mut self, file: impl Into<PathBuf>) -> Self {
        self.executables.push(file.into());
        self
    }

    #[must_use]
    pub fn uid(mut self, uid: u32) -> Self {
        self.uids.push(uid);
        self
    }

    /// Counts files, sockets and pipes beneath this directory (not directories themselves).
    #[must_use]
    pub fn directory(mut self, dir: impl Into<PathBuf>) -> Self {
        self.directories.push(dir.into());
        self
    }

    /// Takes what is there now as given.
    #[must_use]
    pub fn from_now(mut self) -> Self {
        let now = self.snapshot();
        self.before.extend(now.processes.iter().map(|p| (p.pid, p.start)));
        self.files_before.extend(now.files);
        self
    }

    /// What is there now beyond what was given.
    #[must_use]
    pub fn snapshot(&self) -> Leftovers {
        let processes: Vec<Process> = proc::all()
            .into_iter()
            .filter(|p| !self.before.contains(&(p.pid, p.start)) && self.counts(p))
            .collect();
        let sockets = processes.iter().flat_map(|p| sockets(p.pid)).collect();
        let mut files = Vec::new();
        for dir in &self.directories {
            collect_files(dir, &mut files);
        }
        files.retain(|f| !self.files_before.contains(f));
        files.sort();
        Leftovers { processes, sockets, files }
    }

    fn counts(&self, process: &Process) -> bool {
        let exe = process.exe.to_string_lossy();
        let exe = exe.strip_suffix(" (deleted)").unwrap_or(&exe);
        self.uids.contains(&process.uid)
            || self.executables.iter().any(|e| e == Path::new(exe))
            || self.tokens.iter().any(|t| proc::has_env(process.pid, t))
    }

    /// Panics with a list of what is left when `deadline` has passed and something still is.
    pub fn assert_nothing_left(&self, deadline: Duration) {
        let mut left = Leftovers::default();
        let clean = wait_until(deadline, || {
            left = self.snapshot();
            left.is_empty()
        });
        assert!(clean, "left after {deadline:?}:\n{left}");
    }
}

impl Leftovers {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.sockets.is_empty() && self.files.is_empty()
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for p in &self.processes {
            writeln!(f, "process {} ({}, parent {}): {}", p.pid, p.state, p.parent, p.command)?;
        }
        for s in &self.sockets {
            let state = if s.listening { "listening" } else { "open" };
            writeln!(f, "{} socket of {}, {state}: {}", s.kind, s.pid, s.local)?;
        }
        self.files.iter().try_for_each(|file| writeln!(f, "file {}", file.display()))
    }
}

/// The sockets of one process, as its own network namespace lists them.
fn sockets(pid: u32) -> Vec<Socket> {
    let inodes = proc::socket_inodes(pid);
    let mut found = Vec::new();
    if inodes.is_empty() {
        return found;
    }
    for kind in ["tcp", "tcp6", "udp", "udp6", "unix"] {
        let Ok(table) = std::fs::read_to_string(format!("/proc/{pid}/net/{kind}")) else {
            continue;
        };
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let unix = kind == "unix";
            let (inode, local) = if unix { (6, 7) } else { (9, 1) };
            let Some(Ok(inode)) = fields.get(inode).map(|i| i.parse()) else { continue };
            if inodes.contains(&inode) {
                // 0A is TCP_LISTEN; 00010000 is the accept flag of a unix socket.
                let mark = if unix { "00010000" } else { "0A" };
                let listening = fields.get(3) == Some(&mark);
                let local = fields.get(local).copied().unwrap_or_default().to_owned();
                found.push(Socket { pid, kind: kind.to_owned(), local, listening });
            }
        }
    }
    found
}

fn collect_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            collect_files(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProcessCensus;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    #[test]
    fn counts_a_marked_process_until_it_ends() {
        let token = format!("POSSE_CENSUS=a{}", std::process::id());
        let (name, value) = token.split_once('=').unwrap();
        let census = ProcessCensus::new().token(&token).from_now();
        let mut child = Command::new("cat").env(name, value).stdin(Stdio::piped()).spawn().unwrap();
        assert!(super::wait_until(Duration::from_secs(60), || {
            census.snapshot().processes.iter().any(|p| p.pid == child.id())
        }));
        drop(child.stdin.take());
        child.wait().unwrap();
        census.assert_nothing_left(Duration::from_secs(60));
    }

    #[test]
    fn sees_files_and_listening_sockets() {
        let dir = std::env::temp_dir().join(format!("pb-census.{}", std::process::id()));
        std::fs::create_dir_all(dir.join("a")).unwrap();
        let census = ProcessCensus::new().directory(&dir).from_now();
        assert!(census.snapshot().is_empty());
        let listener = std::os::unix::net::UnixListener::bind(dir.join("a/s")).unwrap();
        assert_eq!(census.snapshot().files, [dir.join("a/s")]);
        let own = super::sockets(std::process::id());
        assert!(own.iter().any(|s| s.listening && s.local.ends_with("a/s")), "{own:?}");
        drop(listener);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
