//! Where this process is in the tree of control groups (cgroups(7)), of either version, and whether
//! groups may be made there. Called by `cgroup` and by the farm's `memory_group`.

use rustix::process::Pid;
use std::fs;
use std::path::{Path, PathBuf};

/// The group of this process in one tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub folder: PathBuf,
    /// Where the tree is mounted.
    pub point: PathBuf,
    pub is_second: bool,
}

/// In the trees of version 2, then in those of version 1 that have this controller.
pub(crate) fn own(controller: &str) -> Option<Vec<Own>> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    Some(found(&groups, &mounts, controller))
}

/// From these two files.
pub(crate) fn found(groups: &str, mounts: &str, controller: &str) -> Vec<Own> {
    let path_of = |wanted: &dyn Fn(&str, &str) -> bool| {
        groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            wanted(number, controllers).then(|| path.to_owned())
        })
    };
    let v2 = path_of(&|number, controllers| number == "0" && controllers.is_empty());
    let v1 = path_of(&|_, controllers| controllers.split(',').any(|one| one == controller));
    let mut found = vec![];
    for line in mounts.lines() {
        let Some((place, kind)) = line.split_once(" - ") else { continue };
        let mut place = place.split(' ').skip(3);
        let (Some(root), Some(point)) = (place.next(), place.next()) else { continue };
        let mut kind = kind.split(' ');
        let (name, options) = (kind.next(), kind.next_back().unwrap_or_default());
        let (path, is_second) = match name {
            Some("cgroup2") => (&v2, true),
            Some("cgroup") if options.split(',').any(|one| one == controller) => (&v1, false),
            _ => continue,
        };
        let Some(path) = path else { continue };
        let below = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        let point = PathBuf::from(point);
        found.push(Own { folder: point.join(below), point, is_second });
    }
    found.sort_by_key(|own| !own.is_second);
    found
}

/// Whether groups can be made in this folder, and have this file. Tried: modes do not tell (a tree
/// may be mounted read-only in a container), nor does the folder say what a new group has.
pub(crate) fn is_usable(folder: &Path, probe: &str, file: &str) -> bool {
    let probe = folder.join(probe);
    let made = fs::create_dir(&probe).is_ok();
    let usable = made && probe.join(file).exists();
    let _ = fs::remove_dir(&probe);
    usable
}

/// This process, and all that it starts from now on. Nothing happens where it is gone meanwhile, or
/// not ours to move.
pub(crate) fn put(folder: &Path, pid: Pid) {
    let _ = fs::write(folder.join("cgroup.procs"), pid.as_raw_nonzero().to_string());
}
