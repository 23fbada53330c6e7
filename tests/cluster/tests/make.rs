//! `posse make`: makefiles that know nothing of posse, their recipes as tasks; what make says and
//! ends with is what it says and ends with alone.
//! Alone: `cargo nextest run -p posse-cluster --test make`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, require};
use posse_cluster::{Vm, ready};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn ready_to_make() -> bool {
    require(&["make", "cc", "ar"]).is_none() && ready()
}

/// A makefile in a directory of its own.
fn makefile(bed: &LoopbackBed, text: &str) -> String {
    let directory = bed.root().join("made");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("Makefile"), text).unwrap();
    directory.to_str().unwrap().to_owned()
}

/// A program of two directories and ten files, whose library another make makes.
#[test]
fn a_program_of_c_is_built_as_make_builds_it() {
    if !ready_to_make() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/calc");
    let copied: PathBuf = bed.root().join("calc");
    let copy = Command::new("cp").arg("-r").args([&source, &copied]).status();
    assert!(copy.unwrap().success());
    let directory = copied.to_str().unwrap();
    let ran = vm.posse(&["make", "-C", directory, "check"]).ok();
    let oks = ["ok 1+2*3=7", "ok (1+2)*3=9", "ok two*2=4", "ok 2-3-4=-5", "ok 7/2=3"];
    assert!(ran.text().contains(&oks.join("\n")), "{}", ran.text());
    assert!(ran.text().contains("cc -O1 -Wall -c -o eval.o eval.c"), "{}", ran.text());
    assert!(copied.join("lib/libsmall.a").exists());
    // It knows what is made, and what has to be made again.
    let nothing = vm.posse(&["make", "-C", directory, "calc"]).ok();
    assert!(!nothing.text().contains("cc "), "{}", nothing.text());
    std::fs::write(copied.join("VERSION"), "2.0\n").unwrap();
    let _ = vm.posse(&["make", "-C", directory, "-s"]).ok();
    let version = Command::new(copied.join("calc")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(version.stdout).unwrap(), "2.0\n");
    // Nothing stays but what was made.
    assert_eq!(vm.posse(&["jobs", "--json"]).ok().text(), "");
}

#[test]
fn lines_run_on_hosts_but_for_those_that_run_make() {
    if !ready_to_make() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let text = "export GREETING = hello 'you'\n\
        HERE := $(shell echo \"[$$POSSE_HOST]\")\n\
        all: first second\n\
        \t@echo $(HERE) $@ \"$$GREETING\" $${POSSE_HOST%[12]}\n\
        first:\n\t@echo $@ $${POSSE_HOST}\n\
        second: first\n\t@+echo plus \"[$$POSSE_HOST]\"\n\
        bash: SHELL = /bin/bash\n\
        bash:\n\t@[[ a == a ]] && echo $$0\n";
    let directory = makefile(&bed, text);
    let ran = vm.posse(&["make", "-H", "local2", "-C", &directory, "-s"]).ok();
    let want = "first local2\nplus []\n[] all hello 'you' local";
    assert_eq!(ran.text(), want);
    let _ = vm.posse(&["make", "-s", "-C", &directory, "bash"]).ok();
    let shown = vm.posse(&["make", "-n", "-C", &directory, "first"]).ok();
    assert!(shown.text().contains("echo first ${POSSE_HOST}"), "{}", shown.text());
}

#[test]
fn failures_and_signals_end_it_as_they_end_make() {
    if !ready_to_make() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let text = "worse: bad\n\t@echo never\n\
        bad:\n\t@echo told >&2; exit 3\n\
        ignored:\n\t-@exit 4\n\t@echo went on\n\
        both: bad other\n\
        other:\n\t@sleep 0.3; echo other\n\
        long:\n\t@sleep 76601\n";
    let directory = makefile(&bed, text);
    let ran = vm.posse(&["make", "-C", &directory, "worse"]).expect(2);
    assert!(ran.stderr.contains("told") && ran.stderr.contains("bad] Error 3"), "{}", ran.stderr);
    let ran = vm.posse(&["make", "-C", &directory, "ignored"]).ok();
    assert!(ran.text().contains("went on") && ran.stderr.contains("(ignored)"), "{}", ran.stderr);
    let ran = vm.posse(&["make", "-k", "-C", &directory, "both"]).expect(2);
    assert!(ran.text().contains("other"), "{}", ran.text());
    let one = ".ONESHELL:\n.SHELLFLAGS = -ec\nall:\n\t@x=1\n\techo x=$$x\n\tfalse\n\techo never\n";
    std::fs::write(format!("{directory}/One"), one).unwrap();
    let ran = vm.posse(&["make", "-s", "-C", &directory, "-f", "One"]).expect(2);
    assert_eq!(ran.text(), "x=1");
    let ran = vm.posse(&["make", "-C", "/no/such/directory"]).expect(2);
    assert!(ran.stderr.contains("No such file"), "{}", ran.stderr);
    // A signal to posse alone ends what runs.
    let mut child = vm.command(&["make", "-C", &directory, "long"]).spawn().unwrap();
    vm.wait_running("sleep 76601", 1);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(!child.wait().unwrap().success());
    vm.wait_gone("sleep 76601", LONG);
    assert_eq!(vm.posse(&["jobs", "--json"]).ok().text(), "");
}
