//! Who descends from whom, as /proc tells it. Kernels without the `children` files (before 3.5,
//! or built without them) are scanned whole. Called by `family.rs` and `ending.rs`.

use super::limits;
use rustix::process::{Pid, getpid};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// One process, just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub pid: Pid,
    pub parent: i32,
    pub group: i32,
    threads: u32,
    /// It has ended and waits to be reaped.
    pub is_over: bool,
    /// It runs or wants to.
    pub is_running: bool,
}

/// What [`family`] found.
#[derive(Debug)]
pub struct Members {
    pub living: Vec<Entry>,
    /// False where there may be more.
    pub is_certain: bool,
}

impl Members {
    pub fn is_none(&self) -> bool {
        self.living.is_empty() && self.is_certain
    }
}

/// The environment of a process, as far as it can be told.
#[derive(Debug, PartialEq, Eq)]
pub enum Environ {
    Is(Vec<u8>),
    /// It executes a program just now, or is over.
    NotNow,
}

/// What the kernel makes of a `children` file at a time.
const PAGE: usize = 4096;

/// More than a number and its blank take.
const NUMBER: usize = 16;

/// This process's own children, orphans that came to it included.
#[derive(Debug)]
pub struct Children {
    /// Of the first thread: orphans come to it, and it starts all processes.
    file: Option<File>,
    buffer: Vec<u8>,
}

impl Children {
    pub fn new() -> Children {
        let me = getpid().as_raw_nonzero();
        let file = File::open(format!("/proc/self/task/{me}/children")).ok();
        Children { file, buffer: vec![] }
    }

    /// Costs one small read where there are few.
    pub fn list(&mut self) -> Vec<Pid> {
        let me = getpid();
        let Some(file) = &self.file else {
            let scanned = scan().into_iter();
            let parent = me.as_raw_nonzero().get();
            return scanned.filter(|e| e.parent == parent).map(|e| e.pid).collect();
        };
        let mut length = 0;
        loop {
            self.buffer.resize(self.buffer.len().max(length + PAGE), 0);
            let Ok(more) = file.read_at(&mut self.buffer[length..], length as u64) else { break };
            length += more;
            // A read gives a page of whole numbers at most; one that leaves room was the last.
            if more < PAGE - NUMBER {
                break;
            }
        }
        numbers(&self.buffer[..length])
    }
}

/// `roots` and all that descends from them; `meet` sees each before its children are looked up,
/// so that one that is stopped there has no child that is not seen, and says whether to go on.
/// A process that ends while this looks may have handed
/// children on to a reaper that was looked at before: then the answer is not certain.
pub fn family(roots: &[Pid], mut meet: impl FnMut(&Entry) -> bool) -> Members {
    let mut seen: HashSet<Pid> = HashSet::new();
    let mut open: Vec<Pid> = roots.to_vec();
    let mut scanned: Option<HashMap<i32, Vec<Pid>>> = None;
    let mut members = Members { living: vec![], is_certain: true };
    while let Some(pid) = open.pop() {
        if !seen.insert(pid) {
            continue;
        }
        let Some(entry) = entry(pid).filter(|entry| !entry.is_over) else {
            members.is_certain = false;
            continue;
        };
        members.living.push(entry);
        if !meet(&entry) {
            members.is_certain = false;
            break;
        }
        let below = match children_of(&entry) {
            Some(below) => below,
            None => {
                let all = scanned.get_or_insert_with(by_parent);
                all.get(&pid.as_raw_nonzero().get()).cloned().unwrap_or_default()
            }
        };
        open.extend(below);
    }
    members
}

/// None once the process is gone.
pub fn entry(pid: Pid) -> Option<Entry> {
    let mut buffer = [0; 2048];
    let stat = read_start(&format!("/proc/{}/stat", pid.as_raw_nonzero()), &mut buffer)?;
    // The name, in parentheses, may hold anything; what follows it does not.
    let behind = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(behind + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let (is_over, is_running) = (matches!(state, "Z" | "X" | "x"), state == "R");
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // Fifteenth behind these, proc(5): num_threads.
    let threads = fields.nth(14)?.parse().ok()?;
    Some(Entry { pid, parent, group, threads, is_over, is_running })
}

/// Another user's process seems to have none.
pub fn environ(pid: Pid) -> Environ {
    let read = |name: &str| {
        let mut bytes = vec![];
        if let Ok(file) = File::open(format!("/proc/{}/{name}", pid.as_raw_nonzero())) {
            let _ = file.take(limits::ENVIRON_BYTES_MAX as u64).read_to_end(&mut bytes);
        }
        bytes
    };
    let environ = read("environ");
    // Both are empty during an exec; whoever runs has at least a command line.
    if environ.is_empty() && read("cmdline").is_empty() {
        return Environ::NotNow;
    }
    Environ::Is(if environ.is_empty() { read("environ") } else { environ })
}

/// One read: enough for what is short.
fn read_start<'a>(path: &str, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let count = File::open(path).ok()?.read(buffer).ok()?;
    Some(&buffer[..count])
}

/// None where the kernel does not say.
fn children_of(entry: &Entry) -> Option<Vec<Pid>> {
    let pid = entry.pid.as_raw_nonzero();
    if entry.threads == 1 {
        let mut buffer = [0; PAGE];
        let path = format!("/proc/{pid}/task/{pid}/children");
        match read_start(&path, &mut buffer) {
            Some(text) if text.len() < PAGE - NUMBER => return Some(numbers(text)),
            // Many, or none any more: the long way.
            _ => {}
        }
    }
    let mut all = vec![];
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        match std::fs::read(task.path().join("children")) {
            Ok(text) => all.extend(numbers(&text)),
            // The thread ended meanwhile; another one has its children.
            Err(_) if !task.path().exists() => {}
            Err(_) => return None,
        }
    }
    Some(all)
}

fn by_parent() -> HashMap<i32, Vec<Pid>> {
    let mut all: HashMap<i32, Vec<Pid>> = HashMap::new();
    for entry in scan() {
        all.entry(entry.parent).or_default().push(entry.pid);
    }
    all
}

fn scan() -> Vec<Entry> {
    let Ok(folder) = std::fs::read_dir(Path::new("/proc")) else { return vec![] };
    let names = folder.flatten().filter_map(|item| item.file_name().to_str()?.parse().ok());
    names.filter_map(Pid::from_raw).filter_map(entry).collect()
}

fn numbers(text: &[u8]) -> Vec<Pid> {
    let words = text.split(|byte| *byte == b' ').filter_map(|word| std::str::from_utf8(word).ok());
    words.filter_map(|word| word.trim().parse().ok()).filter_map(Pid::from_raw).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_see_this_process() {
        let me = getpid();
        let seen = entry(me).unwrap();
        assert!(!seen.is_over);
        assert!(scan().iter().any(|entry| (entry.pid, entry.parent) == (me, seen.parent)));
        assert_eq!(family(&[me], |_| true).living[0].pid, me);
        let Environ::Is(environ) = environ(me) else { panic!("it runs") };
        assert!(environ.windows(5).any(|part| part == b"PATH="));
    }

    #[test]
    fn numbers_are_read() {
        let pids: Vec<i32> =
            numbers(b"12 345 \n").iter().map(|pid| pid.as_raw_nonzero().get()).collect();
        assert_eq!(pids, [12, 345]);
    }
}
