//! Reads the machine's process table and the sockets of a process from /proc.
//! Not a judge of what may be there: that is `census`. Called by `census` and `netns`.

use std::fs;
use std::path::{Path, PathBuf};

/// A process as it was seen once. Two with the same pid and start are the same process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    /// In clock ticks since boot.
    pub start: u64,
    /// `R`, `S`, `D`, `T`, `Z` ...
    pub state: char,
    pub uid: u32,
    /// Empty where it may not be read.
    pub exe: PathBuf,
    pub command: String,
}

/// Every process that can be read now.
pub(crate) fn all() -> Vec<Process> {
    pids().into_iter().filter_map(one).collect()
}

/// The numbers of all processes.
pub(crate) fn pids() -> Vec<u32> {
    let Ok(dir) = fs::read_dir("/proc") else { return Vec::new() };
    dir.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// One process, unless it has ended meanwhile.
pub(crate) fn one(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses, and may itself hold spaces and parentheses.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
        state: fields.first()?.chars().next()?,
        uid: status_field(pid, "Uid:")?.split_whitespace().next()?.parse().ok()?,
        exe: fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default(),
        command: command.trim_end().to_owned(),
    })
}

/// Whether its environment holds exactly `NAME=value`, or the variable at all without a `=`.
pub(crate) fn has_env(pid: u32, wanted: &str) -> bool {
    let Ok(environ) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    environ.split(|b| *b == 0).any(|entry| {
        entry == wanted.as_bytes()
            || (!wanted.contains('=')
                && entry.strip_prefix(wanted.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")))
    })
}

/// How many process namespaces deep it is, and whether it is the first of the innermost.
pub(crate) fn depth(pid: u32) -> Option<(usize, bool)> {
    let line = status_field(pid, "NSpid:")?;
    let ids: Vec<&str> = line.split_whitespace().collect();
    Some((ids.len(), ids.last() == Some(&"1")))
}

/// Which process namespace it is in.
pub(crate) fn namespace(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

/// Which network namespace it is in; none once it has ended.
pub(crate) fn network(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

fn status_field(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(status.lines().find_map(|l| l.strip_prefix(name))?.trim().to_owned())
}

/// The socket numbers among the open descriptors of a process.
pub(crate) fn socket_inodes(pid: u32) -> Vec<u64> {
    let Ok(dir) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    dir.flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|target| socket_inode(&target))
        .collect()
}

fn socket_inode(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{all, depth, has_env, one};

    #[test]
    fn finds_itself() {
        let own = std::process::id();
        let me = one(own).unwrap();
        assert_eq!(me.exe, std::env::current_exe().unwrap());
        assert!(all().iter().any(|p| p.pid == own && p.start == me.start));
        assert!(has_env(own, "PATH") && !has_env(own, "PAT"));
        assert!(depth(own).is_some_and(|(levels, _)| levels >= 1));
    }
}
