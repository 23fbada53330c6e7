//! The task farm: a sweep of 320 cache simulations over four local hosts gives the table that a
//! sequential run gives, each row once; the same while a host dies and another joins, and while the
//! daemon that holds the job dies.
//! Alone: `cargo nextest run -p posse-cluster --test farm`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready, signal};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Machines that run tests are busy.
const LONG: Duration = Duration::from_secs(100);

const SIZES: [&str; 4] = ["512K", "1M", "2M", "4M"];
const WAYS: [&str; 4] = ["1", "2", "4", "8"];

/// Accesses of one simulation: some milliseconds without optimisation.
const ACCESSES: &str = "20000";

fn up(bed: &LoopbackBed) -> Vm {
    let vm = Vm::start(bed);
    let _ = vm.posse(&["up", "--batch", "local[1-4]"]).ok();
    vm
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/cachesim")
}

/// The simulator, built beside posse.
fn cachesim() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "cachesim"]).current_dir(examples());
    assert!(build.status().unwrap().success());
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("cachesim")
}

fn benchmarks() -> Vec<String> {
    let text = std::fs::read_to_string(examples().join("benchmarks.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What each point gives, by its parameters, from running one after the other.
fn sequential(program: &Path) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for size in SIZES {
        for ways in WAYS {
            for bench in benchmarks() {
                let ran = Command::new(program).args([size, ways, &bench, ACCESSES]).output();
                let line = String::from_utf8(ran.unwrap().stdout).unwrap();
                rows.insert(format!("{size} {ways} {bench}"), line.trim_end().to_owned());
            }
        }
    }
    rows
}

/// Gives the sweep, and returns at once. Each task does this before.
fn sweep(vm: &Vm, program: &Path, before: &str) {
    let bench = format!("bench=@{}", examples().join("benchmarks.txt").display());
    let program = program.display();
    let command = format!("{before}; {program} {{size}} {{ways}} {{bench}} {ACCESSES}");
    let (sizes, ways) = (format!("size={}", SIZES.join(",")), format!("ways={}", WAYS.join(",")));
    let words = ["sweep", "--name", "caches", "-p", &sizes, "-p", &ways, "-p", &bench, &command];
    assert_eq!(vm.posse(&words).ok().text(), "job 1: 320 tasks");
}

/// The table as the farm has it; every task once, and ended well.
fn table(vm: &Vm) -> BTreeMap<String, String> {
    let text = vm.posse(&["results", "caches", "--csv"]).ok().text();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let mut rows = BTreeMap::new();
    for (at, row) in lines.enumerate() {
        let word = |name: &str| row[columns.iter().position(|one| *one == name).unwrap()];
        assert_eq!((word("task"), word("state")), ((at + 1).to_string().as_str(), "done"));
        let key = ["size", "ways", "bench"].map(word).join(" ");
        let values = ["misses", "accesses", "miss_rate"];
        let values = values.map(|name| format!("{name}={}", word(name))).join(" ");
        assert!(rows.insert(key, values).is_none());
    }
    assert_eq!(rows.len(), 320);
    rows
}

/// How many tasks of job 1 are done.
fn done(vm: &Vm) -> u64 {
    let text = vm.posse(&["jobs", "--json"]).ok().text();
    let job: serde_json::Value = serde_json::from_str(&text).unwrap();
    job["done"].as_u64().unwrap()
}

#[test]
fn a_sweep_gives_what_a_sequential_run_gives() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let (vm, program) = (up(&bed), cachesim());
    sweep(&vm, &program, "true");
    let _ = vm.posse(&["jobs", "--wait", "caches"]).ok();
    assert!(table(&vm) == sequential(&program));
    let log = vm.posse(&["log", "1.1"]).ok().text();
    assert!(log.starts_with("misses="), "{log}");
    assert!(vm.posse(&["why", "1.320"]).ok().text().contains("exit status 0"));
    let plot = ["plot", "caches", "x=size", "y=ways", "value=miss_rate"];
    assert!(vm.posse(&plot).ok().text().starts_with("<svg"));
    let _ = vm.posse(&["jobs", "--forget", "caches"]).ok();
    assert_eq!(vm.posse(&["jobs", "--json"]).ok().text(), "");
}

#[test]
fn a_host_dies_and_another_joins_and_each_row_is_there_once() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let (vm, program) = (up(&bed), cachesim());
    // With eight at a time, eight seconds at least.
    sweep(&vm, &program, "sleep 0.2");
    assert!(wait_until(LONG, || done(&vm) >= 20), "{}", vm.log());
    signal(&vm.daemon("local2"), Signal::KILL);
    let _ = vm.posse(&["up", "--batch", "local5"]).ok();
    assert!(done(&vm) < 320, "too soon over for this test");
    let _ = vm.posse(&["jobs", "--wait", "caches"]).ok();
    assert!(table(&vm) == sequential(&program));
    assert!(vm.posse(&["results", "caches"]).ok().text().contains("local5"));
}

/// Each task appends its number to a file when it ends.
#[test]
fn the_holder_is_killed_and_no_finished_task_runs_again() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = up(&bed);
    let file = bed.root().join("ran");
    let command = format!("sleep 0.1; echo {{n}} >> {}; echo x={{n}}", file.display());
    let _ = vm.posse(&["sweep", "--no-copies", "-p", "n=1..200", &command]).ok();
    for so_far in [20, 80] {
        assert!(wait_until(LONG, || done(&vm) >= so_far), "{}", vm.log());
        signal(&vm.owner(), Signal::KILL);
    }
    let _ = vm.posse(&["jobs", "--wait", "1"]).ok();
    let ran = std::fs::read_to_string(&file).unwrap();
    let mut ran: Vec<u32> = ran.lines().map(|line| line.parse().unwrap()).collect();
    ran.sort_unstable();
    assert_eq!(ran, (1..=200).collect::<Vec<_>>());
    let results = vm.posse(&["results", "1", "--json"]).ok().text();
    assert_eq!(results.matches("\"state\":\"done\"").count(), 200);
}

#[test]
fn tasks_fail_and_are_killed_and_retried_and_said_why() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = up(&bed);
    let flag = bed.root().join("flag");
    let command = format!("test -e {} || {{ echo no >&2; exit 3; }}", flag.display());
    let failed = vm.posse(&["submit", "--name", "flaky", "--wait", &command]).expect(1);
    assert!(failed.stderr.contains("1.1: exit status 3"), "{}", failed.stderr);
    assert_eq!(vm.posse(&["log", "flaky"]).ok().stderr, "1.1\tno");
    std::fs::write(&flag, "").unwrap();
    let _ = vm.posse(&["retry", "flaky", "--wait"]).ok();
    assert!(vm.posse(&["results", "1", "--csv"]).ok().text().contains("1,done,0,local"));
    // What can not be started says so, and a task is ended with what it started.
    let none = vm.posse(&["submit", "--wait", "-C", "/no/such/directory", "true"]).expect(1);
    assert!(none.stderr.contains("no directory /no/such/directory"), "{}", none.stderr);
    let _ = vm.posse(&["submit", "sleep 76549 & sleep 76549"]).ok();
    let runs = || vm.posse(&["why", "3.1"]).ok().text().contains("it runs on local");
    assert!(wait_until(LONG, runs), "{}", vm.log());
    vm.wait_running("sleep 76549", 2);
    let _ = vm.posse(&["kill", "--job", "3"]).ok();
    vm.wait_gone("sleep 76549", LONG);
    assert!(vm.posse(&["why", "3.1"]).ok().text().contains("it was killed"));
    let limited = vm.posse(&["submit", "--wait", "-t", "1", "sleep 76550"]).expect(1);
    assert!(limited.stderr.contains("its time limit"), "{}", limited.stderr);
    let far = vm.posse(&["submit", "--cores", "64", "true"]).ok();
    assert_eq!(far.text(), "job 5: 1 tasks");
    assert!(vm.posse(&["why", "5.1"]).ok().text().contains("no host is large enough"));
    let bad = vm.posse(&["sweep", "-p", "size=1,2", "sim {2}"]).expect(2);
    assert!(bad.stderr.contains("is not there") && bad.stderr.contains('^'), "{}", bad.stderr);
}

/// What the real GNU parallel prints for the same lines was looked up by hand.
#[test]
fn lines_of_gnu_parallel_mean_what_they_mean_there() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = up(&bed);
    let cross = ["parallel", "-k", "echo", "{2}-{1}", ":::", "a", "b c", ":::", "1", "2"];
    assert_eq!(vm.posse(&cross).ok().text(), "1-a\n2-a\n1-b c\n2-b c");
    let tagged = ["parallel", "-k", "--tag", "echo x{}; test {} -lt 4"];
    let ran = vm.posse_with(&tagged, b"1\n2\n3\n4\n5\n").expect(2);
    assert_eq!(ran.text(), "1\tx1\n2\tx2\n3\tx3\n4\tx4\n5\tx5");
    let log = bed.root().join("joblog");
    let log = log.to_str().unwrap();
    let _ = vm.posse(&["parallel", "--joblog", log, "exit {}", ":::", "0", "1", "2"]).expect(2);
    let again = ["--resume-failed", "echo {}", ":::", "0", "1", "2", "3"];
    let ran = vm.posse(&[&["parallel", "-k", "--joblog", log][..], &again].concat()).ok();
    assert_eq!(ran.text(), "1\n2\n3");
    assert_eq!(vm.posse(&["jobs", "--json"]).ok().text(), "");
}

#[test]
fn task_files_and_lines_of_a_stream_are_jobs() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = up(&bed);
    let (file, out) = (bed.root().join("study.toml"), bed.root().join("order"));
    let out = out.display();
    let text = format!(
        "name = \"study\"\n\
         [[task]]\nname = \"last\"\nrun = \"echo last >> {out}\"\nafter = \"sim\"\n\
         [[task]]\nname = \"sim\"\nrun = \"echo {{n}} >> {out}\"\nparameters = [\"n=1..9\"]\n"
    );
    std::fs::write(&file, text).unwrap();
    let _ = vm.posse(&["submit", "--wait", "-f", file.to_str().unwrap()]).ok();
    let order = std::fs::read_to_string(bed.root().join("order")).unwrap();
    assert_eq!((order.lines().count(), order.lines().last()), (10, Some("last")));
    assert!(vm.posse(&["results", "study"]).ok().text().contains("local"));
    let _ = vm.posse_with(&["submit", "--wait", "--each-line", "echo v={}"], b"a b\nc").ok();
    assert_eq!(vm.posse(&["log", "2"]).ok().text(), "2.1\tv=a b\n2.2\tv=c");
    let none = vm.posse(&["submit"]).expect(2);
    assert!(none.stderr.contains("nothing to run"), "{}", none.stderr);
}

/// Files of the daemon can not grow beyond some size, as on a full disk, until they can.
#[test]
fn a_full_disk_refuses_work_and_loses_none() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    let _ = vm.line("trap '' XFSZ; ulimit -S -f 200; posse up --batch 'local[1-2]'").ok();
    let _ = vm.posse(&["submit", "--wait", "--count", "5", "echo x={#}"]).ok();
    let lines: String = (0..40_000).map(|n| format!("a value of some length, {n}\n")).collect();
    let refused = vm.posse_with(&["sweep", "-p", "v=@-", "true {v}"], lines.as_bytes()).expect(5);
    assert!(refused.stderr.contains("journal of jobs can not be written"), "{}", refused.stderr);
    let refused = vm.posse(&["submit", "true"]).expect(5);
    assert!(refused.stderr.contains("journal can not be written"), "{}", refused.stderr);
    let pid = Pid::from_raw(i32::try_from(vm.owner().pid).unwrap());
    let free = Rlimit { current: None, maximum: None };
    prlimit(pid, Resource::Fsize, free).unwrap();
    let again = || vm.posse(&["submit", "--wait", "--name", "later", "true"]).code == 0;
    assert!(wait_until(LONG, again), "{}", vm.log());
    signal(&vm.owner(), Signal::KILL);
    let results = vm.posse(&["results", "1"]).ok().text();
    assert_eq!(results.matches(" done ").count(), 5, "{results}");
    assert!(vm.posse(&["why", "later.1"]).ok().text().contains("exit status 0"));
}
