//! What people and programs do with jobs: watch, wait, follow what they print, add to them, take
//! their results as a database, give tasks by JSON.
//! Alone: `cargo nextest run -p posse-cluster --test jobs`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn jobs_are_watched_waited_for_and_followed() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let flag = bed.root().join("flag");
    let until = format!("until test -e {}; do sleep 0.05; done", flag.display());
    let line = format!("echo early; {until}; echo late >&2; echo last {{n}}; exit {{n}}");
    let _ = vm.posse(&["sweep", "--name", "held", "-p", "n=0,1", &line]).ok();
    let _ = vm.posse(&["submit", "--name", "short", "echo one; echo two"]).ok();
    let mut follow = vm.command(&["log", "-f", "held"]).stdout(Stdio::piped()).spawn().unwrap();
    let one = vm.command(&["log", "-f", "held.2"]).stdout(Stdio::piped()).spawn().unwrap();
    // What they print is there while they run.
    let mut followed = BufReader::new(follow.stdout.take().unwrap()).lines();
    let mut lines: Vec<String> = followed.by_ref().take(2).map(Result::unwrap).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["1.1\tearly", "1.2\tearly"]);
    assert_eq!(vm.posse(&["log", "-f", "short.1"]).ok().text(), "one\ntwo");
    let _ = vm.posse(&["wait", "short"]).ok();
    std::fs::write(&flag, "").unwrap();
    let _ = vm.posse(&["wait", "short", "held"]).expect(1);
    let watched = vm.posse(&["watch", "held"]).expect(1);
    assert!(watched.stderr.contains("1 of 2 tasks done"), "{}", watched.stderr);
    let mut rest: Vec<String> = followed.map(Result::unwrap).collect();
    rest.sort_unstable();
    assert_eq!(rest, ["1.1\tlast 0", "1.2\tlast 1"]);
    assert!(follow.wait().unwrap().success());
    let one = one.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(one.stdout).unwrap(), "early\nlast 1\n");
    let none = vm.posse(&["wait", "no-such"]).expect(2);
    assert!(none.stderr.contains("there is no job `no-such`"), "{}", none.stderr);
}

/// Each task notes that it ran.
#[test]
fn a_job_gets_only_what_it_has_not_done() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let (ran, fixed) = (bed.root().join("ran"), bed.root().join("fixed"));
    let line = format!(
        "echo {{n}} >> {}; test {{n}} -ne 2 -o -e {}; s=$?; echo square=$(({{n}}*{{n}})); exit $s",
        ran.display(),
        fixed.display()
    );
    let sweep = |of: &str, more: &[&str]| {
        let words = [&["sweep", "--wait", "-p", of][..], more, &[&line]].concat();
        vm.posse(&words)
    };
    let _ = sweep("n=1,2,3", &["--name", "squares"]).expect(1);
    std::fs::write(&fixed, "").unwrap();
    let _ = sweep("n=1..5", &["--into", "squares"]).ok();
    let notes = std::fs::read_to_string(&ran).unwrap();
    let mut notes: Vec<&str> = notes.lines().collect();
    notes.sort_unstable();
    assert_eq!(notes, ["1", "2", "2", "3", "4", "5"]);
    // It has all of it now, also after its holder's next life.
    posse_cluster::signal(&vm.owner(), rustix::process::Signal::KILL);
    let _ = sweep("n=1..5", &["--into", "1"]).ok();
    assert_eq!(std::fs::read_to_string(&ran).unwrap().lines().count(), 6);
    let csv = vm.posse(&["results", "squares", "--csv"]).ok().text();
    assert!(csv.lines().count() == 6 && csv.contains(",25"), "{csv}");
    let file = bed.root().join("r.db");
    let _ = vm.posse(&["results", "squares", "--sqlite", file.to_str().unwrap()]).ok();
    assert!(std::fs::read(&file).unwrap().starts_with(b"SQLite format 3\0"));
    let bad = vm.posse(&["submit", "--into", "squares", "true"]).expect(2);
    assert!(bad.stderr.contains("by their parameters"), "{}", bad.stderr);
}

/// Answers of one `posse executor` to these requests.
fn ask(vm: &Vm, requests: &[Value]) -> Vec<Value> {
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let text = vm.posse_with(&["executor"], lines.as_bytes()).ok().text();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_workflow_manager_gives_tasks_by_json() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local[1-2]");
    let out = bed.root().join("out");
    let submit = |line: &str| json!({"do": "submit", "command": line, "id": line});
    let answers = ask(
        &vm,
        &[
            json!({"do": "submit", "argv": ["/bin/sh", "-c", "echo $A {}"], "id": 7,
                "environment": {"A": "a b"}, "stdout": out, "memory": "1M"}),
            submit("exit 3"),
            submit("sleep 76701"),
            json!({"do": "wait", "tasks": ["1.2"], "seconds": 60}),
            json!({"do": "cancel", "tasks": ["1.3"]}),
            json!({"do": "wait", "tasks": ["1.1"]}),
            json!({"do": "poll"}),
            json!({"do": "sing"}),
            json!({"do": "poll", "tasks": ["9.1"]}),
        ],
    );
    assert_eq!(answers[0], json!({"task": "1.1", "id": 7}));
    assert_eq!(answers[1], json!({"task": "1.2", "id": "exit 3"}));
    assert_eq!(
        (&answers[3]["tasks"][0]["exit"], &answers[3]["tasks"][0]["state"]),
        (&json!(3), &json!("failed"))
    );
    assert_eq!(answers[4]["tasks"][0]["state"], json!("killed"));
    let states: Vec<&Value> =
        answers[6]["tasks"].as_array().unwrap().iter().map(|task| &task["state"]).collect();
    assert_eq!(states, ["done", "failed", "killed"]);
    assert!(answers[6]["tasks"][0]["host"].as_str().unwrap().starts_with("local"));
    assert!(answers[7]["error"].as_str().unwrap().contains("`sing`"), "{}", answers[7]);
    assert!(answers[8]["error"].is_string(), "{}", answers[8]);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "a b {}\n");
    // Another session asks for them; the job is sealed with the session.
    assert_eq!(
        ask(&vm, &[json!({"do": "poll", "tasks": ["1.2"]})])[0]["tasks"][0]["exit"],
        json!(3)
    );
    let sealed = || vm.posse(&["jobs"]).ok().text().contains("over");
    assert!(wait_until(LONG, sealed), "{}", vm.log());
}
