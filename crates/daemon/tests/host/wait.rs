//! Waiting for a condition, and looking at processes and pipes from outside. For the tests of
//! processes. Called by these and by `machine.rs`.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A directory of this test, empty.
pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("posse-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Until the other side has closed it; of a terminal as well.
pub fn read_to_end(fd: &OwnedFd) -> String {
    let mut all = vec![];
    loop {
        let within = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
        assert_eq!(poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&within)), Ok(1), "silent");
        let mut bytes = [0; 4096];
        match rustix::io::read(fd, &mut bytes) {
            Ok(0) | Err(Errno::IO) => break,
            Ok(count) => all.extend_from_slice(&bytes[..count]),
            Err(error) => panic!("{error}"),
        }
    }
    String::from_utf8(all).unwrap()
}

pub fn is_running(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| &rest[..1]);
    !["", "Z", "X"].contains(&state)
}

/// Of processes in whose command line, words parted by blanks, `mark` stands.
pub fn running_with(mark: &str) -> Vec<i32> {
    let own = std::process::id() as i32;
    let folder = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = folder.filter_map(|item| item.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        *pid != own && line.contains(mark) && is_running(*pid)
    })
    .collect()
}
