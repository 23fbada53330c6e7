//! Ending commands whole, against the kernel: whatever a command starts is gone after its end,
//! and nothing else is.

#![allow(clippy::unwrap_used)]

mod host;

use host::{Host, argv, folder, host, is_running, running_with, sh, until};
use posse_daemon::process::{Ending, Family, How, LAUNCH_MARK, Step, Who, reap_all};
use posse_wire::Rank;
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const GRACE: Duration = Duration::from_millis(200);

/// Reaps and steps until it is over, as the daemon does.
fn end(host: &mut Host, who: Who) {
    let mut ending = Ending::new(who, Signal::TERM, GRACE);
    until("the family is gone", || {
        for (pid, _) in reap_all() {
            host.families.reaped(pid);
        }
        match ending.step(&mut host.families, Instant::now()) {
            Step::Over { left } => {
                assert_eq!(left, 0);
                true
            }
            Step::Again(_) => false,
        }
    });
}

fn family(rank: u32) -> Who {
    Who::Family(Family { command: host::COMMAND, rank: Rank(rank) })
}

/// A script that can be told from others by its path.
fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

fn run_script(host: &mut Host, path: &Path, rank: u32) -> posse_daemon::process::Started {
    let mut spec = argv(&[path.to_str().unwrap()]);
    spec.pipes = vec![];
    host.start(&spec, rank)
}

#[test]
fn setsid_double_forks_and_deaf_ones_are_gone() {
    let mut host = host();
    let folder = folder("deaf");
    let deaf = script(&folder, "deaf", "trap '' TERM HUP INT; while :; do sleep 0.1; done");
    let text = format!("D={}; setsid $D & ( setsid sh -c \"$D & exit\" & ) ; $D", deaf.display());
    let main = script(&folder, "main", &text);
    let mark = folder.to_str().unwrap();
    run_script(&mut host, &main, 0);
    // The main script, and three deaf ones.
    until("all run", || running_with(mark).len() >= 4);
    end(&mut host, family(0));
    assert_eq!(running_with(mark), Vec::<i32>::new());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_polite_signal_is_enough_for_the_polite() {
    let mut host = host();
    let folder = folder("polite");
    let said = folder.join("said");
    let text = format!("trap 'echo bye >> {}; exit 3' TERM; sleep 1000 & wait", said.display());
    let main = script(&folder, "main", &text);
    let started = run_script(&mut host, &main, 0);
    until("it waits", || running_with("sleep 1000").iter().any(|p| parent(*p) == pid(&started)));
    let mut ending = Ending::new(family(0), Signal::TERM, Duration::from_secs(60));
    assert!(matches!(ending.step(&mut host.families, Instant::now()), Step::Again(_)));
    assert_eq!(host.wait(started.pid), How::Exited(3));
    until("it is over", || {
        reap_all();
        ending.step(&mut host.families, Instant::now()) == Step::Over { left: 0 }
    });
    assert_eq!(std::fs::read_to_string(&said).unwrap(), "bye\n");
    std::fs::remove_dir_all(&folder).unwrap();
}

fn pid(started: &posse_daemon::process::Started) -> i32 {
    started.pid.as_raw_nonzero().get()
}

fn parent(pid: i32) -> i32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    rest.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0)
}

#[test]
fn a_stopped_command_hears_the_polite_signal() {
    let mut host = host();
    let started = host.start(&argv(&["sleep", "1000"]), 0);
    host.families.signal(family(0), Signal::STOP);
    until("it is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid(&started))).unwrap();
        stat.contains(") T ")
    });
    let mut ending = Ending::new(family(0), Signal::TERM, Duration::from_secs(60));
    ending.step(&mut host.families, Instant::now());
    assert_eq!(host.wait(started.pid), How::Signaled(15));
}

#[test]
fn a_growing_fork_bomb_is_gone() {
    let mut host = host();
    let folder = folder("grow");
    let text = "trap '' TERM\nn=${1:-7}; [ $n -gt 0 ] && { setsid $0 $((n-1)) & $0 $((n-1)) & }\n\
                while :; do sleep 0.1; done";
    let bomb = script(&folder, "bomb", text);
    let mark = folder.to_str().unwrap();
    run_script(&mut host, &bomb, 0);
    until("it grows", || running_with(mark).len() > 20);
    end(&mut host, family(0));
    assert_eq!(running_with(mark), Vec::<i32>::new());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_fleeing_fork_bomb_is_gone() {
    let mut host = host();
    let folder = folder("flee");
    // Each lives just long enough to start the next in a session of its own.
    let bomb = script(&folder, "bomb", "trap '' TERM\nsetsid $0 &");
    let main = script(&folder, "main", &format!("B={}; $B & $B & $B & wait", bomb.display()));
    let mark = bomb.to_str().unwrap();
    let started = run_script(&mut host, &main, 0);
    assert_eq!(host.wait(started.pid), How::Exited(0));
    until("it is an orphan", || host.families.leftovers().contains(&family(0)));
    end(&mut host, family(0));
    for _ in 0..50 {
        assert_eq!(running_with(mark), Vec::<i32>::new());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn leftovers_are_found_by_family() {
    let mut host = host();
    let folder = folder("left");
    let stay = script(&folder, "stay", "while :; do sleep 0.1; done");
    let text = format!("setsid {} & exit 0", stay.display());
    let main = script(&folder, "main", &text);
    let mark = stay.to_str().unwrap();
    let (first, second) = (run_script(&mut host, &main, 1), run_script(&mut host, &main, 2));
    let third = host.start(&argv(&["sleep", "1000"]), 3);
    host.wait(first.pid);
    until("both wait", || running_with(mark).len() >= 2);
    // The second may have been reaped with the first.
    if is_running(pid(&second)) {
        host.wait(second.pid);
    }
    until("both are orphans", || {
        for (pid, _) in reap_all() {
            host.families.reaped(pid);
        }
        host.families.leftovers() == [family(1), family(2)]
    });
    end(&mut host, family(1));
    // For a moment the script's own fork looks like it.
    until("one is left", || running_with(mark).len() == 1);
    assert_eq!(host.families.leftovers(), [family(2)]);
    let mut ending = Ending::new(family(2), Signal::TERM, GRACE);
    ending.step(&mut host.families, Instant::now());
    assert_eq!(host.families.leftovers(), [], "it is being ended");
    end(&mut host, Who::Command(host::COMMAND));
    assert_eq!(running_with(mark), Vec::<i32>::new());
    assert!(!is_running(pid(&third)), "the command was ended whole");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn who_hides_its_mark_goes_when_nothing_runs_and_launchers_stay() {
    let mut host = host();
    let folder = folder("hide");
    let hide = script(&folder, "hide", "while :; do sleep 0.1; done");
    let stay = script(&folder, "stay", "while :; do sleep 0.1; done");
    let text = format!(
        "setsid env -i PATH=$PATH {} & {}={} setsid {} & exit 0",
        hide.display(),
        LAUNCH_MARK.0,
        LAUNCH_MARK.1,
        stay.display()
    );
    let other = host.start(&argv(&["sleep", "1000"]), 1);
    let started = host.start(&sh(&text), 0);
    host.wait(started.pid);
    // Not while `env` itself still has the mark; and each by its name, since what one of them has
    // just forked looks like itself.
    let waits = |script: &Path| !running_with(&format!("sh {}", script.display())).is_empty();
    until("both wait", || waits(&hide) && waits(&stay));
    assert_eq!(host.families.leftovers(), [], "a command runs, it may be of that one");
    host.families.signal(family(1), Signal::KILL);
    host.wait(other.pid);
    assert!(!host.families.is_busy());
    assert_eq!(host.families.leftovers(), [Who::Unmarked]);
    end(&mut host, Who::Unmarked);
    assert_eq!(running_with(hide.to_str().unwrap()), Vec::<i32>::new());
    end(&mut host, Who::Work);
    assert!(!running_with(stay.to_str().unwrap()).is_empty());
    end(&mut host, Who::All);
    assert_eq!(running_with(stay.to_str().unwrap()), Vec::<i32>::new());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_crowd_of_orphans_is_gone() {
    let mut host = host();
    let folder = folder("crowd");
    let text = "i=0; while [ $i -lt 900 ]; do sleep 76543 & i=$((i+1)); done; exit 0";
    let main = script(&folder, "main", text);
    let started = run_script(&mut host, &main, 0);
    assert_eq!(host.wait(started.pid), How::Exited(0));
    assert_eq!(host.families.leftovers(), [family(0)]);
    end(&mut host, family(0));
    assert_eq!(running_with("sleep 76543"), Vec::<i32>::new());
    std::fs::remove_dir_all(&folder).unwrap();
}
