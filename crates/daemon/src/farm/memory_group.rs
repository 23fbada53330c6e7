//! A control group that holds one task to its memory: the kernel ends what exceeds it before the
//! computer suffers. Used only where one may be made (as root, or where systemd or a batch system
//! has handed a part of the tree to the user): version 2's `memory.max`, else version 1's
//! `memory.limit_in_bytes`. Elsewhere, and beside it, `observe` looks each second.

use crate::process::cgroup_tree::{self, Own};
use rustix::process::{Pid, getpid};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The files of a version.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    limit: &'static str,
    /// The same with swap; in version 2 of swap alone.
    swap: &'static str,
    /// Has a line `oom_kill N`.
    events: &'static str,
    is_second: bool,
}

const V2: Version = Version {
    limit: "memory.max",
    swap: "memory.swap.max",
    events: "memory.events",
    is_second: true,
};

const V1: Version = Version {
    limit: "memory.limit_in_bytes",
    swap: "memory.memsw.limit_in_bytes",
    events: "memory.oom_control",
    is_second: false,
};

/// Where groups can be made.
#[derive(Debug, PartialEq, Eq)]
struct Home {
    folder: PathBuf,
    version: &'static Version,
}

#[derive(Debug)]
pub(super) struct MemoryGroup {
    folder: PathBuf,
    version: &'static Version,
}

impl MemoryGroup {
    /// For so many bytes. None where we may not.
    pub fn make(limit: u64) -> Option<MemoryGroup> {
        static HOME: OnceLock<Option<Home>> = OnceLock::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Home { folder, version } = HOME.get_or_init(Home::find).as_ref()?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = folder.join(format!("{}{number}", own_prefix()));
        fs::create_dir(&folder).ok()?;
        let group = MemoryGroup { folder, version };
        if fs::write(group.folder.join(version.limit), limit.to_string()).is_err() {
            group.remove();
            return None;
        }
        let swap = if version.is_second { 0 } else { limit };
        // Not there where the kernel does not count it.
        let _ = fs::write(group.folder.join(version.swap), swap.to_string());
        Some(group)
    }

    /// This process, and all that it starts from now on.
    pub fn put(&self, pid: Pid) {
        // Where that is not done, it is looked at as elsewhere.
        cgroup_tree::put(&self.folder, pid);
    }

    /// The kernel has ended something in it.
    pub fn was_exceeded(&self) -> bool {
        let events = fs::read_to_string(self.folder.join(self.version.events)).unwrap_or_default();
        let count = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
    }

    /// False while somebody is in it.
    pub fn remove(&self) -> bool {
        fs::remove_dir(&self.folder).is_ok() || !self.folder.exists()
    }
}

fn own_prefix() -> String {
    format!("posse-memory-{}-", getpid().as_raw_nonzero())
}

impl Home {
    fn find() -> Option<Home> {
        let probe = format!("{}probe", own_prefix());
        let is_ours =
            |home: &Home| cgroup_tree::is_usable(&home.folder, &probe, home.version.limit);
        let home = homes(cgroup_tree::own("memory")?).into_iter().find(is_ours)?;
        home.sweep();
        Some(home)
    }

    /// Groups of daemons that were killed.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
            let pid = name.strip_prefix("posse-memory-").and_then(|rest| rest.split('-').next());
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = fs::remove_dir(self.folder.join(name));
            }
        }
    }
}

/// In version 2 a group with processes passes no controller on, so that ours are best made beside
/// it.
fn homes(own: Vec<Own>) -> Vec<Home> {
    let beside = |own: &Own| {
        let above = own.folder.parent().filter(|above| above.starts_with(&own.point));
        above.filter(|_| own.is_second).map(Path::to_owned)
    };
    let version = |own: &Own| if own.is_second { &V2 } else { &V1 };
    let of = |own: Own| {
        let (above, version) = (beside(&own), version(&own));
        above.into_iter().chain([own.folder]).map(move |folder| Home { folder, version })
    };
    own.into_iter().flat_map(of).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
31 25 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
32 25 0:28 / /proc rw - proc proc rw
";

    #[test]
    fn both_versions_are_found_and_the_second_is_better() {
        let own = "7:memory:/batch/job\n3:cpu,cpuacct:/\n0::/user.slice/a.scope\n";
        let found = homes(cgroup_tree::found(own, MOUNTS, "memory"));
        let folders: Vec<&Path> = found.iter().map(|home| home.folder.as_path()).collect();
        let want = [
            "/sys/fs/cgroup/unified/user.slice",
            "/sys/fs/cgroup/unified/user.slice/a.scope",
            "/sys/fs/cgroup/memory/batch/job",
        ];
        assert_eq!(folders, want.map(Path::new));
        assert_eq!([found[0].version, found[2].version], [&V2, &V1]);
        assert_eq!(homes(cgroup_tree::found("0::/\n", MOUNTS, "memory")).len(), 1);
        assert!(cgroup_tree::found("", MOUNTS, "memory").is_empty());
    }

    #[test]
    fn the_kernel_ends_what_takes_too_much() {
        // Where none may be made there is nothing to test.
        let Some(group) = MemoryGroup::make(16 << 20) else { return };
        let line = "read go; x=$(head -c 64000000 /dev/zero | tr '\\0' x); echo ${#x}";
        let mut command = std::process::Command::new("sh");
        let pipe = std::process::Stdio::piped;
        let mut child = command.args(["-c", line]).stdin(pipe()).stdout(pipe()).spawn().unwrap();
        group.put(Pid::from_child(&child));
        assert!(!group.was_exceeded() && !group.remove());
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"go\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(group.was_exceeded(), "{output:?}");
        // What it was of is in nobody's hands any more, and goes when the kernel is done with it.
        let begun = std::time::Instant::now();
        while !group.remove() && begun.elapsed().as_secs() < 20 {
            std::thread::yield_now();
        }
        assert!(group.remove());
    }
}
