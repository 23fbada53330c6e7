//! Borrowed computers and hosts that are left: a host with a fake console works only while nobody
//! types there, and its work is suspended, goes on, or leaves; work is moved away from a drained
//! host; a task that saves itself goes on elsewhere; named resources, GPUs and a limit of memory.
//! Alone: `cargo nextest run -p posse-cluster --test idle`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, Process, wait_until};
use posse_cluster::{Vm, ready};
use std::fs::{File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Machines that run tests are busy.
const LONG: Duration = Duration::from_secs(100);

/// A computer that the hosts of the vm look at instead of their own.
struct Computer(PathBuf);

impl Computer {
    /// At which nobody has typed for an hour.
    fn new(bed: &LoopbackBed) -> Computer {
        let computer = Computer(bed.root().join("computer"));
        computer.put("dev/tty1", "");
        computer.put("proc/stat", "cpu0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0\n");
        computer.typed(Duration::from_secs(3600));
        computer
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Somebody did so long ago.
    fn typed(&self, ago: Duration) {
        let console = File::options().write(true).open(self.0.join("dev/tty1")).unwrap();
        console.set_times(FileTimes::new().set_accessed(SystemTime::now() - ago)).unwrap();
    }
}

/// A vm whose daemons see this computer.
fn up(bed: &LoopbackBed, computer: &Path, line: &str) -> Vm {
    let vm = Vm::start(bed);
    let shown = computer.display();
    let _ = vm.line(&format!("export POSSE_COMPUTER={shown}; posse up --batch {line}")).ok();
    vm
}

/// Processes of the task with this command line, and whether they are stopped.
fn stopped(vm: &Vm, words: &str) -> Vec<bool> {
    vm.running(words).iter().map(|process: &Process| process.state == 'T').collect()
}

fn why(vm: &Vm, task: &str) -> String {
    vm.posse(&["why", task]).ok().text()
}

#[test]
fn a_borrowed_computer_works_while_nobody_types_there() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let computer = Computer::new(&bed);
    let terms = "local1 --keyboard-idle 10m --grace 6s --resume-after 1s";
    let vm = up(&bed, &computer.0, terms);
    // It leaves its process group, and is suspended all the same.
    let _ = vm.posse(&["submit", "--no-copies", "setsid sleep 76561 & sleep 76561"]).ok();
    let all =
        |state: bool| move |list: &Vec<bool>| list.len() == 2 && list.iter().all(|s| *s == state);
    let is = |state| wait_until(LONG, || all(state)(&stopped(&vm, "sleep 76561")));
    assert!(is(false), "{} {}", why(&vm, "1.1"), vm.log());
    // The host has its computer to itself, and the task one core of it.
    for process in vm.running("sleep 76561") {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap();
        let mut lines = status.lines();
        let cores = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
        assert!(cores.trim().parse::<u32>().is_ok(), "{cores}");
    }
    computer.typed(Duration::ZERO);
    assert!(is(true), "{}", why(&vm, "1.1"));
    assert!(why(&vm, "1.1").contains("suspended on local1 (somebody uses it)"));
    computer.typed(Duration::from_secs(3600));
    assert!(is(false), "{}", why(&vm, "1.1"));
    // Whoever stays has the computer for himself.
    let types = || {
        computer.typed(Duration::ZERO);
        vm.running("sleep 76561").is_empty()
    };
    assert!(wait_until(LONG, types), "{}", why(&vm, "1.1"));
    let closed = || why(&vm, "1.1").contains("takes work now: local1 (somebody uses it)");
    assert!(wait_until(LONG, closed), "{}", why(&vm, "1.1"));
    // Elsewhere nobody asks.
    let _ = vm.posse(&["up", "--batch", "local2"]).ok();
    assert!(is(false), "{}", why(&vm, "1.1"));
    assert!(why(&vm, "1.1").contains("runs on local2"), "{}", why(&vm, "1.1"));
    let shown = vm.posse(&["drain"]).ok().text();
    assert!(shown.contains("local1  (somebody uses it)"), "{shown}");
    let _ = vm.posse(&["kill", "--job", "1"]).ok();
    vm.wait_gone("sleep 76561", LONG);
}

#[test]
fn others_load_a_computer_and_the_night_is_over() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let computer = Computer::new(&bed);
    let vm = up(&bed, &computer.0, "local1 --load-below 0.5 --resume-after 1s --host-nice 7");
    let _ = vm.posse(&["submit", "sleep 76562"]).ok();
    vm.wait_running("sleep 76562", 1);
    let nice = |process: &Process| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap();
        let behind = stat.rsplit_once(')').unwrap().1.to_owned();
        behind.split_ascii_whitespace().nth(16).unwrap().to_owned()
    };
    assert_eq!(nice(&vm.running("sleep 76562")[0]), "7");
    let mut ticks = 0;
    let loaded = || {
        ticks += 1_000_000;
        computer.put("proc/stat", &format!("cpu0 {ticks} 0 0 0 0 0 0\n"));
        stopped(&vm, "sleep 76562") == [true]
    };
    assert!(wait_until(LONG, loaded), "{}", why(&vm, "1.1"));
    assert!(why(&vm, "1.1").contains("others load it"), "{}", why(&vm, "1.1"));
    // They get all cores but one.
    let shown = vm.posse(&["drain"]).ok().text();
    let numbers = shown.lines().last().unwrap().split_ascii_whitespace();
    let numbers: Vec<u32> = numbers.map_while(|word| word.parse().ok()).collect();
    assert_eq!((numbers[1], numbers[2]), (numbers[0] - 1, 1), "{shown}");
    // The hour that is not now: it leaves at once.
    computer.put("etc/localtime", "");
    let minute = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60;
    let hour = (minute / 60 + 12) % 24;
    let hours = format!("{hour}-{}", (hour + 1) % 24);
    let _ = vm.posse(&["up", "--batch", "local1", "--hours", &hours]).ok();
    vm.wait_gone("sleep 76562", LONG);
    let closed = || why(&vm, "1.1").contains("it is not its time");
    assert!(wait_until(LONG, closed), "{}", why(&vm, "1.1"));
    let _ = vm.posse(&["up", "--batch", "local1", "--always"]).ok();
    vm.wait_running("sleep 76562", 1);
}

#[test]
fn the_user_of_a_computer_outranks_the_vm() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let computer = Computer::new(&bed);
    computer.typed(Duration::ZERO);
    let vm = Vm::start(&bed);
    let shown = computer.0.display();
    let own = format!("export POSSE_COMPUTER={shown} POSSE_WHEN_IDLE=10m");
    let _ = vm.line(&format!("{own}; posse up --batch local1 --load-below 64")).ok();
    let _ = vm.posse(&["submit", "sleep 76564"]).ok();
    let closed = || why(&vm, "1.1").contains("local1 (somebody uses it)");
    assert!(wait_until(LONG, closed), "{}", why(&vm, "1.1"));
    let _ = vm.posse(&["up", "--batch", "local1", "--always"]).ok();
    assert!(wait_until(LONG, closed), "{}", why(&vm, "1.1"));
    computer.typed(Duration::from_secs(3600));
    vm.wait_running("sleep 76564", 1);
}

/// What it has counted so far is in a file that hosts share.
const COUNTS: &str = r#"n=$(cat NUMBER 2>/dev/null || echo 0)
trap 'echo $n > NUMBER; exit 85' USR1
echo ready >> NUMBER.ready
while [ ! -e NUMBER.go ]; do n=$((n + 1)); sleep 0.05; done
echo n=$n saved=$(cat NUMBER 2>/dev/null || echo none)"#;

#[test]
fn a_host_is_drained_and_work_goes_on_elsewhere() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local1");
    let number = bed.root().join("number");
    let line = COUNTS.replace("NUMBER", number.to_str().unwrap());
    let saves = ["submit", "--no-copies", "--checkpoint-signal", "USR1", "--cores", "0.1", &line];
    let _ = vm.posse(&saves).ok();
    let _ = vm.posse(&["submit", "--no-copies", "--cores", "0.1", "sleep 76563"]).ok();
    let ready = number.with_extension("ready");
    assert!(wait_until(LONG, || ready.exists()), "{}", why(&vm, "1.1"));
    vm.wait_running("sleep 76563", 1);
    let before = vm.running("sleep 76563")[0].pid;
    let _ = vm.posse(&["up", "--batch", "local2"]).ok();
    let drained = vm.posse(&["drain", "local1"]).ok();
    assert!(drained.stderr.contains("local1: "), "{}", drained.stderr);
    // One saves itself and goes on at the other host; one runs to its end.
    let moved = || why(&vm, "1.1").contains("runs on local2");
    assert!(wait_until(LONG, moved), "{}", why(&vm, "1.1"));
    assert_eq!(vm.running("sleep 76563")[0].pid, before);
    std::fs::write(number.with_extension("go"), "").unwrap();
    let _ = vm.posse(&["jobs", "--wait", "1"]).ok();
    let saved = vm.posse(&["log", "1"]).ok().text();
    assert!(saved.contains("saved=") && !saved.contains("none"), "{saved}");
    // The owner's daemon does not forget it.
    posse_cluster::signal(&vm.owner(), rustix::process::Signal::KILL);
    let state = || vm.posse(&["drain"]).ok().text();
    assert!(wait_until(LONG, || state().contains("drained    local1")), "{}", state());
    // Now everything leaves.
    let _ = vm.posse(&["drain", "--now", "--wait", "local1"]).ok();
    let moved = || why(&vm, "2.1").contains("runs on local2");
    assert!(wait_until(LONG, moved), "{}", why(&vm, "2.1"));
    let _ = vm.posse(&["drain", "local2"]).ok();
    let _ = vm.posse(&["submit", "true"]).ok();
    let closed = || why(&vm, "3.1").contains("it is being drained");
    assert!(wait_until(LONG, closed), "{}", why(&vm, "3.1"));
    let _ = vm.posse(&["drain", "--undo", "local1"]).ok();
    let _ = vm.posse(&["jobs", "--wait", "3"]).ok();
    let _ = vm.posse(&["kill", "--job", "2"]).ok();
}

#[test]
fn hosts_have_resources_and_tasks_take_them() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "local1");
    let needs = ["submit", "--cores", "0", "--need", "licence=1", "--gpus", "1"];
    let command = "echo gpu=$CUDA_VISIBLE_DEVICES; sleep 1";
    let _ = vm.posse(&[&needs[..], &["--count", "4", command]].concat()).ok();
    assert!(why(&vm, "1.1").contains("no host is large enough"), "{}", why(&vm, "1.1"));
    let has = ["up", "--batch", "local1", "--resource", "licence=2", "--resource", "gpus=2"];
    let _ = vm.posse(&has).ok();
    let _ = vm.posse(&["jobs", "--wait", "1"]).ok();
    let mut gpus: Vec<String> =
        vm.posse(&["log", "1"]).ok().text().lines().map(|line| line[4..].to_owned()).collect();
    gpus.sort();
    assert_eq!(gpus, ["gpu=0", "gpu=0", "gpu=1", "gpu=1"].map(str::to_owned));
    // It takes 64 MB, which is too much; what keeps to its limit is left alone.
    let takes = "x=$(head -c 64000000 /dev/zero | tr '\\0' x); sleep 1000";
    let limited = vm.posse(&["submit", "--wait", "--memory-limit", "20M", takes]).expect(1);
    assert!(limited.stderr.contains("memory limit"), "{}", limited.stderr);
    let _ = vm.posse(&["submit", "--wait", "--memory-limit", "200M", "sleep 2"]).ok();
    let bad = vm.posse(&["up", "local1", "--hours", "25-1"]).expect(2);
    assert!(bad.stderr.contains("22-06"), "{}", bad.stderr);
}
