//! Inputs and outputs of tasks: hosts with homes of their own, which see no file of the person who
//! submits. Inputs are brought once to each host however many tasks need them, outputs are in their
//! places before a task counts as done, and nothing is written elsewhere.
//! Alone: `cargo nextest run -p posse-cluster --test stage`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Ran, Vm, posse_binary, ready, signal};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

/// Machines that run tests are busy.
const LONG: Duration = Duration::from_secs(100);

/// Files that are not seen on their way by then were too quick to be seen.
const UNDER_WAY: Duration = Duration::from_secs(15);

/// A vm of hosts with homes of their own, and a directory below the home of who types.
struct Far {
    vm: Vm,
    project: PathBuf,
    bed: LoopbackBed,
    /// A line of shell that each host's daemon inherits from.
    before: String,
}

impl Far {
    fn up(hosts: &[&str], before: &str) -> Far {
        let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
        let project = bed.root().join("home/project");
        fs::create_dir(&project).unwrap();
        let vm = Vm::start(&bed);
        let far = Far { vm, project, bed, before: before.to_owned() };
        let ran = far.launch(&[], hosts).ok();
        assert!(ran.stderr.contains("hosts up"), "{}", ran.stderr);
        far
    }

    fn launch(&self, options: &[&str], hosts: &[&str]) -> Ran {
        let far = self.bed.root().join("far");
        for host in hosts {
            fs::create_dir_all(far.join(host)).unwrap();
        }
        let home = format!("HOME={}/$0; export HOME", far.display());
        let line = format!("{}; {home}; exec sh -c \"$1\"", self.before);
        let exec = format!("sh -c '{line}' {{host}} {{cmd}}");
        self.vm.posse(&[&["up", "--batch", "--exec", &exec][..], options, hosts].concat())
    }

    /// `posse` from the project's directory.
    fn posse(&self, words: &[&str]) -> Ran {
        let mut line = format!("cd {}; posse", self.project.display());
        for word in words {
            line.push_str(&format!(" '{}'", word.replace('\'', r"'\''")));
        }
        self.vm.line(&line)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.project.join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.project.join(name)).unwrap().trim_end().to_owned()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.project).unwrap().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    fn why(&self, task: &str) -> String {
        self.vm.posse(&["why", task]).ok().text()
    }
}

#[test]
fn inputs_go_there_and_outputs_come_home() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1", "f2"], ":");
    far.write("table", vec![b'x'; 300_000]);
    far.write("sum", "#!/bin/sh\nwc -c < in/table > out/$1; sleep 0.2; echo size=$(cat out/$1)\n");
    fs::set_permissions(far.project.join("sum"), Permissions::from_mode(0o755)).unwrap();
    let sweep = [
        "sweep",
        "--wait",
        "-p",
        "n=1..12",
        "--input",
        "table=in/table",
        "--input",
        "sum",
        "--output",
        "out/{n}=results/{n}.txt",
        "./sum {n} && ls > listing",
    ];
    let _ = far.posse(&sweep).ok();
    assert_eq!(far.names(), ["results", "sum", "table"]);
    for n in 1..=12 {
        assert_eq!(far.read(&format!("results/{n}.txt")), "300000");
    }
    let results = far.vm.posse(&["results", "1"]).ok().text();
    assert!(results.contains("f1") && results.contains("f2"), "{results}");
    let program = fs::metadata(far.project.join("sum")).unwrap().len();
    let moved = far.vm.posse(&["jobs", "--moved"]).ok().text();
    assert_eq!(moved, format!("to_hosts={} home={}", 2 * (300_000 + program), 12 * 7));
    // Where hosts see the directory, files are used in place.
    let _ = far.vm.posse(&["up", "--batch", "local1"]).ok();
    let links = ["submit", "--wait", "-H", "local1", "--input", "table", "readlink table"];
    let _ = far.posse(&links).ok();
    let place = far.vm.posse(&["log", "2"]).ok().text();
    assert!(place.ends_with("home/project/table"), "{place}");
}

/// The first task removes the input at home: if it was to come again, the others would fail.
#[test]
fn an_input_comes_once_to_a_host_and_is_what_it_was_at_submission() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1"], ":");
    far.write("table", "frozen");
    let table = far.project.join("table");
    let line = format!("cat table; test {{n}} != 1 || echo changed > {}", table.display());
    let words = ["sweep", "--wait", "--per-host", "1", "-p", "n=1..5", "--input", "table", &line];
    let _ = far.posse(&words).ok();
    let log = far.vm.posse(&["log", "1"]).ok().text();
    assert_eq!(log.matches("frozen").count(), 5, "{log}");
    assert_eq!(far.read("table"), "changed");
}

#[test]
fn a_changed_input_and_a_missing_output_are_failures_that_name_them() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1"], ":");
    far.write("a", "1");
    far.write("b", "2");
    let go = far.bed.root().join("go");
    let line = format!("until test -e {}; do sleep 0.1; done; cat {{f}}", go.display());
    let words = ["sweep", "--at-once", "1", "-p", "f=a,b", "--input", "{f}", &line];
    let _ = far.posse(&words).ok();
    assert!(wait_until(LONG, || far.why("1.1").contains("runs on f1")), "{}", far.vm.log());
    far.write("b", "other");
    fs::write(go, "").unwrap();
    let _ = far.vm.posse(&["jobs", "--wait", "1"]).expect(1);
    let why = far.why("1.2");
    assert!(why.contains("project/b") && why.contains("has changed since"), "{why}");
    let ends = |line: &str, what: &str| {
        let ran = far.posse(&["submit", "--wait", "--output", "o", line]).expect(1);
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
    };
    ends("true", "output o was not made");
    ends("echo secret > s; ln -s s o", "it is a symbolic link");
    ends("mkdir o", "not a regular file");
    ends("echo x > o; exit 3", "exit status 3");
    let none = far.posse(&["submit", "--input", "no-such-file", "true"]).expect(5);
    assert!(none.stderr.contains("project/no-such-file"), "{}", none.stderr);
    assert_eq!(far.names(), ["a", "b"]);
}

#[test]
fn nothing_is_written_outside_of_the_directory() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1"], ":");
    far.write("a", "1");
    for (option, name) in [
        ("--output", "../x"),
        ("--output", "o=../x"),
        ("--output", "o=/tmp/posse-x"),
        ("--output", "o=a/../../x"),
        ("--output", "../a=o"),
        ("--input", "/etc/passwd"),
        ("--input", "a=../x"),
        ("--input", "f1:a"),
        ("--input", "s3://bucket/a=a"),
    ] {
        let ran = far.posse(&["submit", option, name, "echo x > o"]);
        assert!(ran.code != 0 && !ran.stderr.is_empty(), "{option} {name}: {ran:?}");
    }
    // A link on the way that was there, or was made meanwhile.
    let outside = far.bed.root().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, far.project.join("link")).unwrap();
    let words = ["submit", "--wait", "--output", "o=link/x", "echo x > o"];
    let ran = far.posse(&words).expect(1);
    assert!(ran.stderr.contains("output link/x"), "{}", ran.stderr);
    // A link in the place of the file is replaced.
    symlink(outside.join("y"), far.project.join("y")).unwrap();
    let _ = far.posse(&["submit", "--wait", "--output", "o=y", "echo x > o"]).ok();
    assert_eq!(far.read("y"), "x");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(far.names(), ["a", "link", "y"]);
    let jobs = far.vm.posse(&["jobs", "--json"]).ok().text();
    assert_eq!(jobs.lines().count(), 2, "refused ones are gone: {jobs}");
}

#[test]
fn tasks_need_what_others_make() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1", "f2"], ":");
    far.write("seed", "1\n");
    far.write(
        "study.toml",
        "[[task]]\nname = 'make'\nrun = 'cat seed > made; echo {k} >> made'\n\
         parameters = ['k=1..4']\ninputs = ['seed']\noutputs = [{ from = 'made', to = 'm/{k}' }]\n\
         [[task]]\nname = 'use'\nafter = 'make'\nrun = 'cat m/* | sort -u > all'\n\
         inputs = ['m/1', 'm/2', 'm/3', 'm/4']\noutputs = ['all']\n",
    );
    let _ = far.posse(&["submit", "--wait", "-f", "study.toml"]).ok();
    assert_eq!(far.read("all"), "1\n2\n3\n4");
    assert_eq!(far.names(), ["all", "m", "seed", "study.toml"]);
}

/// `host:path` is used in place there, and comes by way of the holder to others; tasks go to where
/// their files lie.
#[test]
fn files_of_hosts_are_inputs() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1", "f2"], ":");
    let there = |host: &str, name: &str| far.bed.root().join("far").join(host).join(name);
    fs::write(there("f1", "data"), "of f1").unwrap();
    for host in ["f1", "f2"] {
        let words = ["submit", "--wait", "-H", host, "--input", "f1:data=d", "cat d; readlink d"];
        let _ = far.posse(&words).ok();
    }
    let here = far.vm.posse(&["log", "1"]).ok().text();
    assert!(here.contains("of f1") && here.contains("far/f1/data"), "{here}");
    let moved = far.vm.posse(&["log", "2"]).ok().text();
    assert!(moved.contains("of f1") && !moved.contains("far/f1"), "{moved}");
    for n in 1..=8 {
        let host = if n % 2 == 0 { "f1" } else { "f2" };
        fs::write(there(host, &format!("shard{n}")), "x").unwrap();
    }
    far.write("shards", "f2:shard1\nf1:shard2\nf2:shard3\nf1:shard4\nf2:shard5\nf1:shard6\n");
    let words = ["sweep", "--wait", "-p", "s=@shards", "--input", "{s!}=shard"];
    let _ = far.posse(&[&words[..], &["readlink shard"]].concat()).ok();
    let log = far.vm.posse(&["log", "3"]).ok().text();
    assert!(log.contains("far/f1/shard") && log.contains("far/f2/shard"), "{log}");
    let none = far.posse(&["submit", "--input", "f1:none=a", "true"]).expect(5);
    assert!(none.stderr.contains("f1:none"), "{}", none.stderr);
    let none = far.posse(&["submit", "--input", "f9:data=a", "true"]).expect(5);
    assert!(none.stderr.contains("f9 is no other host"), "{}", none.stderr);
}

/// Typed on a host, nothing of the owner's machine is read or written.
#[test]
fn a_host_has_no_files_of_the_owner() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1"], ":");
    far.write("secret", "s");
    let typed = |option: &str, file: &str| {
        let posse = posse_binary().display();
        let line =
            format!("POSSE_VM_NAME=$POSSE_VM {posse} submit -C project {option} {file} true");
        far.vm.posse(&["e", "-H", "f1", &line])
    };
    let place = far.project.join("secret").display().to_string();
    for (option, file) in [("--input", format!("{place}=s")), ("--output", "o".to_owned())] {
        let ran = typed(option, &file);
        assert!(ran.code != 0 && ran.stderr.contains("typed there"), "{ran:?}");
    }
    fs::write(far.bed.root().join("far/f1/own"), "o").unwrap();
    let _ = typed("--input", "f1:own=own").ok();
}

#[test]
fn a_relay_gets_a_file_once_for_all_behind_it() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1"], ":");
    let _ = far.launch(&["--via", "f1"], &["g1", "g2"]).ok();
    far.write("large", vec![7; 3_000_000]);
    let words = ["sweep", "--wait", "-H", "g1,g2", "-p", "n=1..8", "--input", "large"];
    let line = "sleep 0.3; echo size=$(wc -c < large) at=$POSSE_HOST";
    let _ = far.posse(&[&words[..], &[line]].concat()).ok();
    let log = far.vm.posse(&["log", "1"]).ok().text();
    assert_eq!(log.matches("size=3000000").count(), 8, "{log}");
    assert!(log.contains("at=g1") && log.contains("at=g2"), "{log}");
    let moved = far.vm.posse(&["jobs", "--moved"]).ok().text();
    assert_eq!(moved, "to_hosts=3000000 home=0");
}

#[test]
fn hosts_and_holder_die_while_files_are_on_their_way() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1", "f2"], ":");
    let large: Vec<u8> = (0..40_000_000_u32).flat_map(u32::to_le_bytes).step_by(3).collect();
    far.write("large", &large);
    let words = ["sweep", "-p", "n=1..4", "--input", "large", "--output", "{n}"];
    let _ = far.posse(&[&words[..], &["cp large {n}"]].concat()).ok();
    // Inputs are coming there, outputs are coming home.
    let f1 = far.vm.daemon("f1");
    let opens = |pid: u32, what: &str| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut paths = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        paths.any(|path| path.to_string_lossy().contains(what))
    };
    let _or_it_was_quick = wait_until(UNDER_WAY, || opens(f1.pid, ".part"));
    signal(&f1, Signal::KILL);
    let owner = far.vm.owner();
    let _or_it_was_quick = wait_until(UNDER_WAY, || opens(owner.pid, "/incoming/"));
    signal(&owner, Signal::KILL);
    let _ = far.vm.posse(&["jobs", "--wait", "1"]).ok();
    for n in 1..=4 {
        assert!(fs::read(far.project.join(n.to_string())).unwrap() == large, "output {n}");
    }
    assert_eq!(far.names(), ["1", "2", "3", "4", "large"]);
}

/// Files of the host can not grow beyond some size, as on a full disk, until they can.
#[test]
fn a_full_store_waits_and_loses_nothing() {
    if !ready() {
        return;
    }
    let far = Far::up(&["f1"], "trap \"\" XFSZ");
    far.write("table", vec![b'x'; 300_000]);
    let pid = Pid::from_raw(i32::try_from(far.vm.daemon("f1").pid).unwrap());
    let limit = |bytes| Rlimit { current: bytes, maximum: None };
    prlimit(pid, Resource::Fsize, limit(Some(200_000))).unwrap();
    let words = ["submit", "--input", "table", "--output", "size", "wc -c < table > size"];
    let _ = far.posse(&words).ok();
    let waits = || far.why("1.1").contains("waits for room");
    assert!(wait_until(LONG, waits), "{} {}", far.why("1.1"), far.vm.log());
    prlimit(pid, Resource::Fsize, limit(None)).unwrap();
    let _ = far.vm.posse(&["jobs", "--wait", "1"]).ok();
    assert_eq!(far.read("size"), "300000");
}
