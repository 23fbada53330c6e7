//! One life of a daemon after the other: a keeper that still ends what its daemon left, and then
//! removes its files, must not remove those of the next. The log, which a keeper and its daemon
//! hold open until they are gone, is also the lock. Called by `launch.rs`.

use crate::process::limits::{LOOK_AGAIN, PREDECESSOR_WITHIN};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::Instant;

/// Opens the log for appending and locks it, once whoever held it is gone.
pub fn log_of_this_life(path: &Path) -> io::Result<File> {
    let deadline = Instant::now() + PREDECESSOR_WITHIN;
    loop {
        let log = open(path)?;
        match flock(&log, FlockOperation::NonBlockingLockExclusive) {
            // The predecessor may have removed it between open and flock.
            Ok(()) if log.metadata()?.nlink() > 0 => return Ok(log),
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => sleep(LOOK_AGAIN),
            Err(Errno::WOULDBLOCK) => {
                let why = "what ran here before is still being ended; try again";
                return Err(io::Error::other(why));
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_next_life_waits_and_has_files_of_its_own() {
        let folder = std::env::temp_dir().join(format!("posse-turn-{}", std::process::id()));
        let path = folder.join("log");
        let first = log_of_this_life(&path).unwrap();
        let path_of_next = path.clone();
        let next = std::thread::spawn(move || log_of_this_life(&path_of_next).unwrap());
        assert!(!next.is_finished());
        std::fs::remove_dir_all(&folder).unwrap();
        drop(first);
        let mut next = next.join().unwrap();
        next.write_all(b"second life").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second life");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
