//! A control group of its own for processes that fork faster than they are killed: what is put in
//! cannot leave, and is stopped as one. Used only where one may be made (as root, or in a tree
//! that systemd or a batch system has handed to the user): version 2, else version 1's freezer.
//! It is not where commands start: moving each process costs more than starting it. Called by
//! `ending.rs` when a round of SIGKILL was not enough.

use rustix::process::{Pid, Signal, getpid, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
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
        // Gone meanwhile, or not ours to move: it is killed by its number as well.
        let _ = fs::write(self.folder.join("cgroup.procs"), pid.as_raw_nonzero().to_string());
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
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        candidates(&own, &mounts).into_iter().find(Home::is_ours)
    }

    /// Tried, since modes do not tell (a cgroup may be mounted read-only in a container).
    fn is_ours(&self) -> bool {
        let probe = self.folder.join(format!("posse-{}-probe", getpid().as_raw_nonzero()));
        let made = fs::create_dir(&probe).is_ok();
        let usable = made && probe.join(self.freeze.0).exists();
        let _ = fs::remove_dir(&probe);
        usable
    }
}

/// From /proc/self/cgroup and /proc/self/mountinfo.
fn candidates(own: &str, mounts: &str) -> Vec<Home> {
    let path_of = |wanted: &dyn Fn(&str, &str) -> bool| {
        own.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            wanted(number, controllers).then(|| path.to_owned())
        })
    };
    let v2 = path_of(&|number, controllers| number == "0" && controllers.is_empty());
    let v1 = path_of(&|_, controllers| controllers.split(',').any(|c| c == "freezer"));
    let mut found = vec![];
    for line in mounts.lines() {
        let Some((place, kind)) = line.split_once(" - ") else { continue };
        let mut place = place.split(' ').skip(3);
        let (Some(root), Some(point)) = (place.next(), place.next()) else { continue };
        let mut kind = kind.split(' ');
        let (name, options) = (kind.next(), kind.next_back().unwrap_or_default());
        let (path, freeze) = match name {
            Some("cgroup2") => (&v2, V2),
            Some("cgroup") if options.split(',').any(|o| o == "freezer") => (&v1, V1),
            _ => continue,
        };
        let Some(path) = path else { continue };
        let below = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        found.push(Home { folder: Path::new(point).join(below), freeze });
    }
    found.sort_by_key(|home| home.freeze != V2);
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
31 25 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
32 25 0:28 / /proc rw - proc proc rw
";

    #[test]
    fn both_versions_are_found() {
        let own = "7:freezer:/batch/job\n3:cpu,cpuacct:/\n0::/user.slice/a\n";
        let found = candidates(own, MOUNTS);
        let folders: Vec<&Path> = found.iter().map(|home| home.folder.as_path()).collect();
        let want = ["/sys/fs/cgroup/unified/user.slice/a", "/sys/fs/cgroup/freezer/batch/job"];
        assert_eq!(folders, want.map(Path::new));
        assert_eq!((found[0].freeze, found[1].freeze), (V2, V1));
        assert!(candidates("", MOUNTS).is_empty());
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
