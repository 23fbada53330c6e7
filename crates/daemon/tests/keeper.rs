//! The keeper, with a stand-in for its daemon: what is left when a daemon dies, and what a keeper
//! costs while it waits.

#![allow(clippy::unwrap_used)]

mod host;

use host::{folder, host, is_running, running_with, stand_in, until};
use posse_daemon::process::{How, reap_all};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A keeper that was launched, below this test process once its launcher is gone.
struct Kept {
    folder: PathBuf,
    pid: i32,
}

/// What the daemon leaves: deaf, in sessions of its own.
const SCRIPT: &str = "trap '' TERM; (setsid sleep 4321 &) ; setsid sh -c \
                      'trap \"\" TERM HUP; while :; do sleep 0.1; done' FOLDER & \
                      while :; do sleep 0.1; done";

fn launch(folder: &Path, options: &[&str], script: &str, code: Option<&str>) -> Kept {
    let script = format!(": {}; {}", folder.display(), script);
    let script = script.replace("FOLDER", folder.to_str().unwrap());
    let file = |name: &str| folder.join(name);
    std::fs::write(file("socket"), "").unwrap();
    let mut command = Command::new(stand_in());
    command.arg("launch").arg(file("log")).arg(file("gift")).args(options);
    command.arg("--remove").arg(file("socket")).arg("--");
    command.arg("daemon").arg(file("list")).arg(script).args(code);
    let output = command.output().unwrap();
    let pid = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    Kept { folder: folder.to_owned(), pid }
}

impl Kept {
    fn daemons(&self) -> Vec<i32> {
        let list = std::fs::read_to_string(self.folder.join("list")).unwrap_or_default();
        list.lines().filter_map(|line| line.parse().ok()).collect()
    }

    fn wait(&self) -> How {
        let mut found = None;
        until("the keeper is over", || {
            let ended = reap_all().into_iter().find(|(pid, _)| number(*pid) == self.pid);
            found = found.or(ended.map(|(_, how)| how));
            found.is_some()
        });
        found.unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Nothing that names the folder runs, and the file is gone.
    fn is_clean(&self) -> bool {
        running_with(self.folder.to_str().unwrap()).is_empty()
            && !self.folder.join("socket").exists()
    }
}

fn number(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

fn kill(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

#[test]
fn everything_ends_after_kill_9_of_the_daemon() {
    let _host = host();
    let kept = launch(&folder("kill"), &[], SCRIPT, None);
    until("the daemon runs", || kept.daemons().len() == 1);
    until("its gift came", || {
        std::fs::read(kept.folder.join("gift")).is_ok_and(|gift| gift == b"given")
    });
    until("its processes run", || running_with(kept.folder.to_str().unwrap()).len() >= 4);
    kill(kept.daemons()[0], Signal::KILL);
    assert_eq!(kept.wait(), How::Exited(128 + 9));
    assert!(kept.is_clean());
    std::fs::remove_dir_all(&kept.folder).unwrap();
}

#[test]
fn a_clean_exit_ends_what_is_left_as_well() {
    let _host = host();
    let kept = launch(&folder("clean"), &["--restart"], SCRIPT, Some("0"));
    assert_eq!(kept.wait(), How::Exited(0));
    assert!(kept.is_clean());
    assert_eq!(kept.daemons().len(), 1);
    std::fs::remove_dir_all(&kept.folder).unwrap();
}

#[test]
fn a_crash_restarts_the_owners_daemon_a_few_times() {
    let _host = host();
    let kept = launch(&folder("again"), &["--restart"], SCRIPT, None);
    for life in 0..4 {
        until("the daemon lives again", || kept.daemons().len() == life + 1);
        kill(kept.daemons()[life], Signal::ABORT);
    }
    assert_eq!(kept.wait(), How::Exited(128 + 6));
    assert!(kept.is_clean());
    assert_eq!(kept.daemons().len(), 4);
    assert_eq!(kept.log().matches("is started again").count(), 3);
    assert!(kept.log().contains("crashed too often"));
    std::fs::remove_dir_all(&kept.folder).unwrap();
}

#[test]
fn a_killed_daemon_of_the_owner_is_always_started_again() {
    let _host = host();
    let kept = launch(&folder("killed"), &["--restart"], SCRIPT, None);
    for life in 0..6 {
        until("the daemon lives again", || kept.daemons().len() == life + 1);
        kill(kept.daemons()[life], Signal::KILL);
    }
    // Between two lives, too, it can be asked to end.
    kill(kept.pid, Signal::TERM);
    let _by_the_keeper_or_its_daemon = kept.wait();
    assert!(kept.is_clean());
    std::fs::remove_dir_all(&kept.folder).unwrap();
}

#[test]
fn a_signal_to_the_keeper_ends_the_daemon_for_good() {
    let _host = host();
    let kept = launch(&folder("term"), &["--restart"], SCRIPT, None);
    until("the daemon runs", || kept.daemons().len() == 1);
    kill(kept.pid, Signal::TERM);
    assert_eq!(kept.wait(), How::Exited(128 + 15));
    assert!(kept.is_clean());
    std::fs::remove_dir_all(&kept.folder).unwrap();
}

#[test]
fn a_killed_keeper_takes_its_daemon_along() {
    let _host = host();
    let kept = launch(&folder("orphan"), &[], "exit 0", None);
    until("the daemon runs", || kept.daemons().len() == 1);
    kill(kept.pid, Signal::KILL);
    until("the daemon is told", || !is_running(kept.daemons()[0]));
    std::fs::remove_dir_all(&kept.folder).unwrap();
}

#[test]
fn a_waiting_keeper_is_small_and_asleep_and_holds_nothing() {
    let _host = host();
    let kept = launch(&folder("small"), &[], "exit 0", None);
    until("the daemon runs", || kept.daemons().len() == 1);
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", kept.pid)).unwrap();
    until("it sleeps", || read("stat").contains("(posse-keeper) S"));
    let rollup = read("smaps_rollup");
    let dirty: u32 = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:")?.trim().strip_suffix(" kB"))
        .and_then(|kb| kb.trim().parse().ok())
        .unwrap();
    assert!(dirty < 1024, "{dirty} kB");
    assert!(read("stat").split(' ').nth(5) == Some(&kept.pid.to_string()), "a session of its own");
    let links = std::fs::read_dir(format!("/proc/{}/fd", kept.pid)).unwrap().flatten();
    let open: Vec<String> = links
        .filter_map(|link| Some(std::fs::read_link(link.path()).ok()?.display().to_string()))
        .collect();
    let expected = |link: &String| {
        ["/dev/null", "anon_inode:", "socket:", "/proc/"].iter().any(|s| link.starts_with(s))
            || link.ends_with("/log")
    };
    assert!(open.iter().all(expected), "{open:?}");
    kill(kept.pid, Signal::TERM);
    kept.wait();
    std::fs::remove_dir_all(&kept.folder).unwrap();
}
