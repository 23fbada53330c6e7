//! Where programs lie that were sent to this host, and how they go. Called by `put` and `start`,
//! and by the daemon for what is old or unwanted.

use crate::limits::CACHE_AGE;
use crate::purge::is_cached;
use rustix::fs::{Mode, Timespec, Timestamps, UTIME_NOW, Uid};
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Below the cache.
const FOLDER: &str = "staged";

/// Of a hash in digits.
const HASH_DIGITS: usize = 64;

/// Where a program lies, or is to lie. `None` for what is no hash or no name of a file: both come
/// from elsewhere.
pub(super) fn place(folder: &Path, hash: &str, name: &str) -> Option<PathBuf> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(digit);
    let is_name = !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
    (is_hash && is_name).then(|| folder.join(hash).join(name))
}

/// Beside the binary that runs, where that is a cached one; else where it would be.
pub(super) fn folder() -> Option<PathBuf> {
    let own = fs::read_link("/proc/self/exe").ok();
    let cache = own.filter(|own| is_cached(own)).and_then(|own| Some(own.parent()?.to_owned()));
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let usual = || {
        let above = from("XDG_CACHE_HOME").or_else(|| Some(from("HOME")?.join(".cache")));
        Some(above?.join("posse"))
    };
    Some(cache.or_else(usual)?.join(FOLDER))
}

/// Makes a directory that is ours alone, or finds it so: what lies there is executed.
pub(super) fn private(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let about = fs::symlink_metadata(folder)?;
    if !about.is_dir() || Uid::from_raw(about.uid()) != rustix::process::geteuid() {
        let text = format!("{} is not this user's directory", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    if about.mode() & 0o077 != 0 {
        rustix::fs::chmod(folder, Mode::RWXU)?;
    }
    Ok(())
}

/// Marks it as used.
pub(super) fn touch(path: &Path) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    let _read_only =
        rustix::fs::utimensat(rustix::fs::CWD, path, &times, rustix::fs::AtFlags::empty());
}

/// `down --purge`: all of them go.
pub(crate) fn purge() {
    let Some(folder) = folder() else { return };
    if fs::remove_dir_all(&folder).is_ok()
        && let Some(cache) = folder.parent()
    {
        let _versions_may_be_there = fs::remove_dir(cache);
    }
}

/// Those that nobody has used for as long as binaries are kept.
pub(crate) fn remove_old(cache: &Path, now: SystemTime) {
    for entry in fs::read_dir(cache.join(FOLDER)).into_iter().flatten().flatten() {
        let folder = entry.path();
        // Its directory is as old as the last program that came into it.
        let inside = fs::read_dir(&folder).into_iter().flatten().flatten();
        let times = inside.chain([entry]).filter_map(|file| file.metadata().ok()?.modified().ok());
        let used = times.max().unwrap_or(now);
        if now.duration_since(used).is_ok_and(|since| since > CACHE_AGE) {
            let _another_was_faster = fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    #[test]
    fn only_a_hash_and_a_name_are_a_place() {
        let (folder, hash) = (Path::new("/cache/staged"), "a".repeat(64));
        let found = place(folder, &hash, "worker");
        assert_eq!(found, Some(folder.join(&hash).join("worker")));
        for name in ["", ".", "..", "a/b", "/x", "a\0"] {
            assert_eq!(place(folder, &hash, name), None, "{name:?}");
        }
        for hash in ["", "../..", &"A".repeat(64), &"a".repeat(63)] {
            assert_eq!(place(folder, hash, "x"), None, "{hash:?}");
        }
    }

    #[test]
    fn what_nobody_uses_goes() {
        let cache = std::env::temp_dir().join(format!("posse-staged.{}", std::process::id()));
        let program = |digit: char| {
            let path = place(&cache.join(FOLDER), &digit.to_string().repeat(64), "x").unwrap();
            private(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let (old, used) = (program('1'), program('2'));
        let then = SystemTime::now() - CACHE_AGE - Duration::from_secs(60);
        for path in [&old, &used] {
            File::open(path).unwrap().set_modified(then).unwrap();
            File::open(path.parent().unwrap()).unwrap().set_modified(then).unwrap();
        }
        touch(&used);
        remove_old(&cache, SystemTime::now());
        assert_eq!([old.exists(), used.exists()], [false, true]);
        fs::remove_dir_all(&cache).unwrap();
    }
}
