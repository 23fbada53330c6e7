//! Nothing left of what a computer has: no room for kept output, no process for a host, no
//! descriptor for the owner's daemon, and one host that floods. What waits goes on when there is
//! room, what can not be done is said with its cause, and others do not notice.
//! (Descriptors of a host: `abuse.rs`. Disks of hosts: `full_disks.rs`.)
//! Alone: `cargo nextest run -p posse-cluster --test exhausted`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Process, skip, wait_until};
use posse_cluster::{Streams, Vm, Watched, as_promised, ready, resident_kib};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const AT_ONCE: Duration = Duration::from_secs(1);

/// More than the windows of the streams that flow, less than what flows.
const DAEMON_KIB: u64 = 32 * 1024;

fn limit(process: &Process, resource: Resource, current: Option<u64>, maximum: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(process.pid).unwrap());
    prlimit(pid, resource, Rlimit { current, maximum }).unwrap();
}

/// What a full disk is to a writer, without one: files that cannot grow beyond this.
#[test]
fn kept_output_waits_for_room() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    // The signal that comes with the limit, and with no full disk, is not meant.
    let _ = vm.line("trap '' XFSZ; posse up --batch 'n[001-002]'").ok();
    let owner = vm.owner();
    let before = resident_kib(&owner);
    limit(&owner, Resource::Fsize, Some(300_000), None);
    let _ = vm.posse(&["e", "--detach", "seq 400000; echo over"]).ok();
    let waits = || vm.log().contains("output of a detached command waits");
    assert!(wait_until(LONG, waits), "{}", vm.log());
    assert_eq!(vm.posse(&["e", "echo on"]).ok().text(), "on\non", "others go on");
    // Its own host's disk has room, and it does not wait for that of the owner.
    vm.wait_gone("sh -c seq 400000", LONG);
    let grown = resident_kib(&owner).saturating_sub(before);
    assert!(grown < DAEMON_KIB, "{grown} KiB more");
    limit(&owner, Resource::Fsize, None, None);
    let out = vm.posse(&["attach", "--raw", "1"]).ok();
    let mut lines: Vec<&[u8]> = out.stdout.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.pop(), Some(&b""[..]));
    assert_eq!(lines.len(), 2 * 400_001, "each line once");
    assert_eq!(lines.iter().filter(|line| **line == b"over").count(), 2);
}

/// The same where the process runs: there it waits, and the other host does not.
#[test]
fn output_waits_for_room_at_its_source() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let _ = vm.line("trap '' XFSZ; posse up --batch 'local[1-2]'").ok();
    let full = vm.daemon("local1");
    let before = resident_kib(&full);
    limit(&full, Resource::Fsize, Some(300_000), None);
    let done = bed.root().join("done");
    let script = format!("seq 400000; echo over; touch {}.$POSSE_HOST", done.display());
    let _ = vm.posse(&["e", "--detach", &script]).ok();
    let is_done = |host: &str| done.with_extension(host).exists();
    assert!(wait_until(LONG, || is_done("local2")));
    assert_eq!(vm.posse(&["e", "echo on"]).ok().text(), "on\non", "others go on");
    assert!(!is_done("local1"), "it waits for room");
    let grown = resident_kib(&full).saturating_sub(before);
    assert!(grown < DAEMON_KIB, "{grown} KiB more");
    limit(&full, Resource::Fsize, None, None);
    let out = vm.posse(&["attach", "--raw", "1"]).ok();
    assert!(is_done("local1"));
    assert_eq!(out.stdout.iter().filter(|byte| **byte == b'\n').count(), 2 * 400_001);
}

#[test]
fn no_descriptor_for_one_who_comes() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    let streams = Streams::start(&vm, bed.root(), "n[001-002]", "n[001-002]");
    streams.flow("n001");
    streams.flow_to("n001", "n002");
    let owner = vm.owner();
    let open = std::fs::read_dir(format!("/proc/{}/fd", owner.pid)).unwrap().count() as u64;
    limit(&owner, Resource::Nofile, Some(open), Some(4096));
    let mut late = Watched::start(&vm, bed.root(), &["e", "echo late"]);
    streams.flow("n002");
    streams.flow_to("n002", "n001");
    assert_eq!(late.lines(), 0, "it has not been let in");
    limit(&owner, Resource::Nofile, Some(4096), Some(4096));
    let (code, said, _) = late.end();
    assert!(code == 0 && late.lines() == 2, "{code}: {said}");
    streams.stop().all_well(&["n001", "n002"], &["n001", "n002"]);
}

/// A control group that holds a number of processes; removed when empty.
struct Group(PathBuf);

impl Group {
    fn create(name: &str) -> Option<Group> {
        let version_one = PathBuf::from("/sys/fs/cgroup/pids");
        let above = if version_one.is_dir() { version_one } else { "/sys/fs/cgroup".into() };
        let group = Group(above.join(name));
        std::fs::create_dir(&group.0).ok()?;
        group.0.join("pids.max").exists().then_some(group)
    }

    fn write(&self, file: &str, value: impl ToString) -> bool {
        std::fs::write(self.0.join(file), value.to_string()).is_ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let empty = wait_until(LONG, || std::fs::remove_dir(&self.0).is_ok());
        assert!(empty || thread::panicking(), "the control group is in use");
    }
}

#[test]
fn no_process_for_a_host() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let Some(group) = Group::create(bed.token()) else {
        skip("no control group with a number of processes can be made here");
        return;
    };
    let vm = Vm::up(&bed, "n[001-002]");
    let daemon = vm.daemon("n002");
    assert!(group.write("cgroup.procs", daemon.pid));
    let streams = Streams::start(&vm, bed.root(), "n[001-002]", "n001");
    streams.flow("n002");
    assert!(group.write("pids.max", 1));
    let out = vm.posse(&["e", "echo $POSSE_HOST"]);
    assert_eq!(out.text(), "n001", "{out:?}");
    assert!(out.code == 126 && out.stderr.contains("n002"), "{out:?}");
    assert!(out.stderr.contains("temporarily unavailable"), "with its cause: {out:?}");
    streams.flow("n001");
    assert!(group.write("pids.max", "max"));
    assert_eq!(vm.posse(&["e", "echo x"]).ok().text(), "x\nx");
    assert_eq!(vm.daemon("n002").pid, daemon.pid);
    let ended = streams.stop();
    assert_eq!(ended.of_mw["n001"], ["n001"], "{ended:?}");
    assert!(ended.of_e.contains(&"n001".to_owned()), "{ended:?}");
    drop(vm);
}

#[test]
fn a_flood_beside_a_quiet_host() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(3, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-003]");
    let daemons = [vm.owner(), vm.daemon("n001"), vm.daemon("n002")];
    let cue = bed.root().join("cue");
    let line = format!(
        "test $POSSE_HOST = n001 && exec yes flood; \
         while [ ! -e {0}.$POSSE_HOST ]; do sleep 0.05; done; echo quiet $POSSE_HOST; cat",
        cue.display()
    );
    let mut command = vm.command(&["e", "-L", &line]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut front = command.spawn().unwrap();
    let mut out = front.stdout.take().unwrap();
    let (read, quiet) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let takes = Arc::new(AtomicBool::new(true));
    let (count, seen, may) = (read.clone(), quiet.clone(), takes.clone());
    let reader = thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(n @ 1..) = out.read(&mut piece) {
            count.fetch_add(n, Ordering::Relaxed);
            seen.fetch_add(piece[..n].iter().filter(|b| **b == b'q').count(), Ordering::Relaxed);
            let _it_may = wait_until(LONG, || may.load(Ordering::Relaxed));
        }
    });
    assert!(wait_until(LONG, || read.load(Ordering::Relaxed) > 10 << 20), "it floods");
    let said = |host: &str, times: usize| {
        std::fs::write(format!("{}.{host}", cue.display()), "").unwrap();
        let seen = || quiet.load(Ordering::Relaxed) == times;
        as_promised(AT_ONCE, seen, || format!("nothing of {host}"));
    };
    said("n002", 1);
    said("n003", 2);
    // Nobody takes the flood any more: it waits at its source, and other commands do not.
    takes.store(false, Ordering::Relaxed);
    let mut last = 0;
    let still = || std::mem::replace(&mut last, read.load(Ordering::Relaxed)) == last;
    assert!(wait_until(LONG, still));
    assert_eq!(vm.posse(&["e", "echo on"]).ok().text(), "on\non\non");
    for daemon in &daemons {
        let kib = resident_kib(daemon);
        assert!(kib < DAEMON_KIB, "{kib} KiB: {}", daemon.command);
    }
    takes.store(true, Ordering::Relaxed);
    front.kill().unwrap();
    front.wait().unwrap();
    reader.join().unwrap();
}
