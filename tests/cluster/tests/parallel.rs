//! Options of GNU parallel that need more than a job: `--pipe`, `--results`, `--halt`, `--delay`,
//! `--timeout` in percent, `-j +N`. What the real one does with the same lines was looked up by
//! hand. Alone: `cargo nextest run -p posse-cluster --test parallel`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Ran, Vm, ready};
use std::fs::read_to_string;

fn parallel(vm: &Vm, words: &[&str], input: &[u8]) -> Ran {
    vm.posse_with(&[&["parallel"], words].concat(), input)
}

#[test]
fn blocks_of_the_input_are_inputs_of_tasks() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let lines: String = (1..=1000).map(|number| format!("{number}\n")).collect();
    let by_number = ["--pipe", "-N", "300", "-k", "wc -l; echo no {#}"];
    let ran = parallel(&vm, &by_number, lines.as_bytes()).ok();
    assert_eq!(ran.text(), "300\nno 1\n300\nno 2\n300\nno 3\n100\nno 4");
    // Every byte, whatever it is, in its order.
    let bytes: Vec<u8> =
        (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let ran = parallel(&vm, &["--pipe", "--block", "64k", "-k", "cat"], &bytes).ok();
    assert!(ran.stdout == bytes);
    let header = ["--pipe", "--header", ":", "-N1", "-k", "paste -sd,"];
    assert_eq!(parallel(&vm, &header, b"h\na\nb\n").ok().text(), "h,a\nh,b");
    assert_eq!(parallel(&vm, &["--pipe", "wc"], b"").ok().text(), "");
    let into = bed.root().join("block-{#}");
    let ran =
        parallel(&vm, &["--pipe", "-N1", "--results", into.to_str().unwrap(), "cat"], b"a\nb\n");
    assert_eq!(ran.ok().text(), "");
    assert_eq!(read_to_string(bed.root().join("block-2")).unwrap(), "b\n");
}

#[test]
fn results_and_the_log_are_written_as_tasks_end() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let path = |name: &str| bed.root().join(name).to_str().unwrap().to_owned();
    let (tree, log, csv) = (path("tree"), path("joblog"), path("r.csv"));
    let words = ["--results", &tree, "--joblog", &log, "echo o{}; echo e >&2; exit {}"];
    let ran = parallel(&vm, &[&words[..], &[":::", "0", "1"]].concat(), b"").expect(1);
    assert_eq!(ran.text(), "");
    assert_eq!(read_to_string(format!("{tree}/1/1/stdout")).unwrap(), "o1\n");
    assert_eq!(read_to_string(format!("{tree}/1/0/stderr")).unwrap(), "e\n");
    assert_eq!(read_to_string(format!("{tree}/1/1/seq")).unwrap(), "2");
    assert_eq!(read_to_string(&log).unwrap().lines().count(), 3);
    // What has results there does not run again.
    let again = ["--results", &tree, "--resume", "-k", "echo n{}", ":::", "0", "1", "2"];
    let _ = parallel(&vm, &again, b"").ok();
    assert_eq!(read_to_string(format!("{tree}/1/1/stdout")).unwrap(), "o1\n");
    assert_eq!(read_to_string(format!("{tree}/1/2/stdout")).unwrap(), "n2\n");
    let _ = parallel(&vm, &["-j1", "--results", &csv, "echo x{}", ":::", "1", "2"], b"").ok();
    let table = read_to_string(&csv).unwrap();
    assert!(table.starts_with("Seq,Host,Starttime,") && table.contains(",2,\"x2\n\","), "{table}");
}

/// The first task goes on when something has read what it printed.
#[test]
fn lines_are_shown_while_tasks_run() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local1");
    let flag = bed.root().join("flag");
    let line = format!(
        "echo a{{}}; printf b; until test -e {}; do sleep 0.05; done; echo c",
        flag.display()
    );
    let command = format!(
        "posse parallel --line-buffer --tag -j2 '{line}' ::: 1 2 | \
         while read -r l; do echo \"$l\"; touch {}; done",
        flag.display()
    );
    let text = vm.line(&command).ok().text();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["1\ta1", "1\tbc", "2\ta2", "2\tbc"]);
    let raw =
        parallel(&vm, &["-u", "--tag", "printf {}; sleep 0.3; echo {}", ":::", "x"], b"").ok();
    assert_eq!(raw.text(), "xx");
}

#[test]
fn what_other_tasks_did_stops_it() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local1");
    // They are looked at ten times a second.
    let line = ["echo {}; sleep 0.4; exit {}", ":::", "0", "3", "4", "5", "6"];
    let halted = |halt: &str, code: i32| {
        parallel(&vm, &[&["-j1", "-k", "--halt", halt][..], &line].concat(), b"").expect(code)
    };
    let ran = halted("now,fail=1", 3);
    assert!(ran.text().starts_with("0\n3") && ran.stderr.contains("failed: echo 3"), "{ran:?}");
    assert!(!halted("soon,fail=2", 2).text().contains('6'));
    let _ = halted("now,success=1", 0);
    let late = ["-j1", "-k", "--timeout", "500%", "sleep {}; echo {}", ":::"];
    let ran = parallel(&vm, &[&late[..], &["0.2", "0.2", "0.2", "0.2", "76801"]].concat(), b"");
    assert_eq!(ran.expect(1).text(), "0.2\n0.2\n0.2\n0.2");
    vm.wait_gone("sleep 76801", std::time::Duration::from_secs(60));
    let slow =
        ["-j+1", "--delay", "0.3", "-k", "--load", "100000%", "echo {}", ":::", "1", "2", "3"];
    assert_eq!(parallel(&vm, &slow, b"").ok().text(), "1\n2\n3");
    assert_eq!(vm.posse(&["jobs", "--json"]).ok().text(), "");
}
