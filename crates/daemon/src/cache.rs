//! The cache of binaries on a host, from the side of a daemon that runs out of it: marks its own
//! version as used, and removes versions that nobody has used for long and what broken transfers
//! left. Putting binaries there is the first stage's part, `down --purge` is `purge`'s. With
//! `--ram` there is no cache, and nothing happens here. Called once by `run`.

use crate::limits::{CACHE_AGE, CACHE_KEPT, CACHE_LOOK_EVERY, CACHE_PART_AGE};
use crate::purge::is_cached;
use rustix::fs::{Timespec, Timestamps, UTIME_NOW};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Now and then, for ever. On a thread of its own, since a home may hang on a file server.
pub(crate) async fn attend() {
    let Ok(own) = fs::read_link("/proc/self/exe") else { return };
    if !is_cached(&own) {
        return;
    }
    loop {
        let own = own.clone();
        let _looked_at_again_tomorrow =
            tokio::task::spawn_blocking(move || look(&own, SystemTime::now())).await;
        tokio::time::sleep(CACHE_LOOK_EVERY).await;
    }
}

fn look(own: &Path, now: SystemTime) {
    let touched = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: touched, last_modification: touched };
    let _read_only =
        rustix::fs::utimensat(rustix::fs::CWD, own, &times, rustix::fs::AtFlags::empty());
    let Some(cache) = own.parent() else { return };
    crate::staged::remove_old(cache, now);
    let (mut versions, mut parts) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        // Not what a link points to.
        let Ok(about) = entry.metadata() else { continue };
        let (path, used) = (entry.path(), about.modified().unwrap_or(now));
        if about.is_file() && is_cached(&path) {
            versions.push((path, used));
        } else if about.is_file() && is_part(&entry.file_name().to_string_lossy()) {
            parts.push((path, used));
        }
    }
    for (part, _) in parts.iter().filter(|(_, used)| older(now, *used, CACHE_PART_AGE)) {
        let _another_was_faster = fs::remove_file(part);
    }
    let old = unused(versions, own, now);
    // Looked at only where there is something to remove: it costs a read a process.
    let running = if old.is_empty() { Vec::new() } else { running() };
    for version in old.iter().filter(|old| !running.contains(old)) {
        let _another_was_faster = fs::remove_file(version);
    }
}

/// Those to be removed, unless they run.
fn unused(mut versions: Vec<(PathBuf, SystemTime)>, own: &Path, now: SystemTime) -> Vec<PathBuf> {
    versions.retain(|(path, _)| path != own);
    versions.sort_by(|one, other| (other.1, &other.0).cmp(&(one.1, &one.0)));
    let others = versions.into_iter().skip(CACHE_KEPT - 1);
    others.filter(|(_, used)| older(now, *used, CACHE_AGE)).map(|(path, _)| path).collect()
}

fn older(now: SystemTime, then: SystemTime, age: Duration) -> bool {
    now.duration_since(then).is_ok_and(|since| since > age)
}

/// `.t` and the first stage's random number.
fn is_part(name: &str) -> bool {
    let number = name.strip_prefix(".t").unwrap_or_default();
    number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The programs of all processes that we may look at; those of this cache are ours.
fn running() -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| fs::read_link(process.path().join("exe")).ok()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::process::Command;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn age(path: &Path, days: u32) {
        File::open(path).unwrap().set_modified(SystemTime::now() - DAY * days).unwrap();
    }

    fn version(cache: &Path, digit: char, days: u32) -> PathBuf {
        let place = cache.join(format!("posse-{}", digit.to_string().repeat(64)));
        fs::copy("/bin/sleep", &place).unwrap();
        age(&place, days);
        place
    }

    #[test]
    fn what_is_old_and_does_not_run_is_removed() {
        let cache = std::env::temp_dir().join(format!("posse-cache.{}", std::process::id()));
        fs::create_dir(&cache).unwrap();
        let own = version(&cache, '0', 90);
        let before = version(&cache, '1', 80);
        let old = version(&cache, '2', 81);
        let runs = version(&cache, '3', 82);
        let recent = version(&cache, '4', 3);
        let foreign = cache.join("notes");
        fs::write(&foreign, "mine").unwrap();
        age(&foreign, 83);
        let (part, fresh) = (cache.join(format!(".t{:016x}", 7)), cache.join(".t0123456789abcdef"));
        let other = cache.join(".tidy");
        for path in [&part, &fresh, &other] {
            fs::write(path, "").unwrap();
        }
        age(&part, 2);
        age(&other, 2);
        let mut process = Command::new(&runs).arg("60").spawn().unwrap();
        look(&own, SystemTime::now());
        let there = [&own, &before, &old, &runs, &recent, &foreign].map(|path| path.exists());
        assert_eq!(there, [true, false, false, true, true, true]);
        assert_eq!([&part, &fresh, &other].map(|path| path.exists()), [false, true, true]);
        let used = fs::metadata(&own).unwrap().modified().unwrap();
        assert!(!older(SystemTime::now(), used, DAY), "marked as used");
        fs::remove_file(&recent).unwrap();
        let before = version(&cache, '1', 40);
        look(&own, SystemTime::now());
        assert!(before.exists(), "the last two stay");
        process.kill().unwrap();
        process.wait().unwrap();
        fs::remove_dir_all(&cache).unwrap();
    }
}
