//! A control group of its own for processes that fork faster than they are killed: what is put in
//! cannot leave, and is stopped as one. Used only where one may be made (as root, or in a tree
//! that systemd or a batch system has handed to the user): version 2, else version 1's freezer.
//! It is not where commands start: moving each process costs more than starting it. Called by
//! `ending.rs` when a round of SIGKILL was not enough.

use super::cgroup_tree::{self, Own};
use rustix::process::{Pid, Signal, getpid, kill_process};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where this process's own group is, and of which kind. Looked up once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Home {
    folder: PathBuf,
    /// Writing these stops and continues all in a group.
    freeze: (&'static str, &'static str, &'static str),
}

const V2: (&str, &str, &str) = ("cgroup.freeze", "1", "0");
const V1: (&str, &str, &str) = ("freezer.state", "FROZEN", "THAWED");

/// One group, removed when dropped.
#[derive(Debug)]
pub struct Pen {
    folder: PathBuf,
    home: &'static Home,
}

impl Pen {
    /// None where we may not.
    pub fn make() -> Option<Pen> {
        static HOME: OnceLock<Option<Home>> = OnceLock::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let home = HOME.get_or_init(Home::find).as_ref()?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = home.folder.join(format!("posse-{}-{number}", getpid().as_raw_nonzero()));
        fs::create_dir(&folder).ok()?;
        Some(Pen { folder, home })
    }

    pub fn put(&self, pid: Pid) {
        // Where that is not done, it is killed by its number as well.
        cgroup_tree::put(&self.folder, pid);
    }

    /// Kills all that is in it.
    pub fn kill(&self) {
        // Since Linux 5.14; then nothing else is needed.
        if fs::write(self.folder.join("cgroup.kill"), "1").is_ok() {
            return;
        }
        let (file, on, off) = self.home.freeze;
        let _ = fs::write(self.folder.join(file), on);
        self.members().into_iter().for_each(|pid| {
            let _ = kill_process(pid, Signal::KILL);
        });
        let _ = fs::write(self.folder.join(file), off);
    }

    fn members(&self) -> Vec<Pid> {
        let text = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).filter_map(Pid::from_raw).collect()
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        // Fails while somebody hangs in it; an empty directory of the kernel's is then left.
        let _ = fs::remove_dir(&self.folder);
    }
}

impl Home {
    fn find() -> Option<Home> {
        let probe = format!("posse-{}-probe", getpid().as_raw_nonzero());
        let is_ours = |home: &Home| cgroup_tree::is_usable(&home.folder, &probe, home.freeze.0);
        homes(cgroup_tree::own("freezer")?).into_iter().find(is_ours)
    }
}

fn homes(own: Vec<Own>) -> Vec<Home> {
    let freeze = |own: &Own| if own.is_second { V2 } else { V1 };
    own.into_iter().map(|own| Home { freeze: freeze(&own), folder: own.folder }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::cgroup_tree::found;
    use super::*;
    use std::path::Path;

    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
31 25 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
32 25 0:28 / /proc rw - proc proc rw
";

    #[test]
    fn both_versions_are_found() {
        let own = "7:freezer:/batch/job\n3:cpu,cpuacct:/\n0::/user.slice/a\n";
        let found = homes(found(own, MOUNTS, "freezer"));
        let folders: Vec<&Path> = found.iter().map(|home| home.folder.as_path()).collect();
        let want = ["/sys/fs/cgroup/unified/user.slice/a", "/sys/fs/cgroup/freezer/batch/job"];
        assert_eq!(folders, want.map(Path::new));
        assert_eq!((found[0].freeze, found[1].freeze), (V2, V1));
        assert!(cgroup_tree::found("", MOUNTS, "freezer").is_empty());
    }

    #[test]
    fn what_is_put_in_is_killed() {
        // Where none may be made there is nothing to test.
        let Some(pen) = Pen::make() else { return };
        let folder = pen.folder.clone();
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        pen.put(Pid::from_child(&child));
        assert_eq!(pen.members(), [Pid::from_child(&child)]);
        pen.kill();
        assert!(!child.wait().unwrap().success());
        drop(pen);
        assert!(!folder.exists());
    }
}
