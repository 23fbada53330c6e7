//! The C functions against the real PVM, line by line.
//!
//! `driver/` calls them all; what it printed over PVM 3.4.6 is `driver/recorded.txt`. Here it runs
//! over a world of one task. A line that differs must be in `driver/differences.txt` with its
//! reason, and each line there must differ.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, unused_imports, reason = "the driver is one task and spawns nothing")]
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

use world::World;

const RECORDED: &str = include_str!("driver/recorded.txt");
const DIFFERENCES: &str = include_str!("driver/differences.txt");

/// Set for the process that is to be the driver: where standard output goes.
const OUTPUT: &str = "POSSE_PVM_DRIVER_OUTPUT";

/// In a process of its own, as the driver changes its descriptors and its environment.
fn driven() -> String {
    let folder = std::env::temp_dir().join(format!("posse-pvm-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let output = folder.join("output");
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "drive", "--ignored", "--test-threads=1"]);
    child.env(OUTPUT, &output).env_remove("PVM_EXPORT").stdout(Stdio::null());
    child.stderr(fs::File::create(folder.join("errors")).unwrap());
    let ended = child.status().unwrap();
    let (said, errors) = (fs::read_to_string(&output), fs::read_to_string(folder.join("errors")));
    fs::remove_dir_all(&folder).unwrap();
    assert!(ended.success(), "{ended}: {errors:?}");
    said.unwrap()
}

/// Not a test: the driver itself, started by the tests below.
#[test]
#[ignore = "is started by the other tests in a process of its own"]
fn drive() {
    let Some(output) = std::env::var_os(OUTPUT) else { return };
    let output = fs::File::create(output).unwrap();
    let world = World::new();
    posse_pvm::machine::vm::stand_in(world.connect());
    run(output.as_raw_fd());
}

#[allow(unsafe_code, reason = "the driver is C")]
fn run(output: i32) {
    unsafe extern "C" {
        fn posse_pvm_drive();
    }
    // SAFETY: descriptors of this process, which does nothing else; the driver calls only the
    // library, with arguments that are right or that it must refuse.
    unsafe {
        let own = libc::dup(1);
        libc::dup2(output, 1);
        posse_pvm_drive();
        libc::dup2(own, 1);
    }
}

/// Recorded lines and ours, each pair under a reason.
fn allowed() -> BTreeSet<(&'static str, &'static str)> {
    let (mut pairs, mut theirs, mut reason) = (BTreeSet::new(), "", false);
    for line in DIFFERENCES.lines() {
        match line.split_once(' ') {
            Some(("#", _)) => reason = true,
            Some(("<", line)) => theirs = line,
            Some((">", ours)) => {
                assert!(reason, "{ours} has no reason");
                pairs.insert((theirs, ours));
            }
            _ => reason = false,
        }
    }
    pairs
}

#[test]
fn every_call_answers_as_on_pvm() {
    let ours = driven();
    assert_eq!(ours.lines().count(), RECORDED.lines().count());
    let both = RECORDED.lines().zip(ours.lines());
    let differ: BTreeSet<_> = both.filter(|(theirs, ours)| theirs != ours).collect();
    let allowed = allowed();
    let unknown: Vec<_> = differ.difference(&allowed).collect();
    assert!(unknown.is_empty(), "differ without a reason: {unknown:#?}");
    let unused: Vec<_> = allowed.difference(&differ).collect();
    assert!(unused.is_empty(), "do not differ: {unused:#?}");
}
