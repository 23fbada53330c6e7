//! `posse sync` and copies that send only what changed, with real processes: a tree of 20,000
//! files twice, changes and removals beside the real rsync, a dry run that says what rsync's says,
//! a sync that is interrupted and goes on, from host to host, and links in the way.
//!
//! Alone: `cargo nextest run -p posse-cluster --test sync`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, noise, require, wait_until};
use posse_cluster::{Bed, Vm, ready};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(120);
const HOSTS: usize = 4;
const FILES: usize = 20_000;

fn with(scenario: impl Fn(&World)) {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, &format!("local[1-{HOSTS}]"));
    // In memory: on a busy disk the removal of so many files takes longer than all else.
    let memory = Path::new("/dev/shm").join(bed.mark());
    let root = match fs::create_dir(&memory) {
        Ok(()) => memory,
        Err(_) => bed.directory().to_owned(),
    };
    scenario(&World { vm, root });
}

#[test]
fn twenty_thousand_files_twice() {
    with(World::many_files_twice);
}

#[test]
fn changes_are_those_of_rsync() {
    with(|world| {
        world.as_rsync_does();
        world.links_are_in_the_way();
    });
}

#[test]
fn only_what_changed_is_sent() {
    with(|world| {
        world.copies_send_what_changed();
        world.between_hosts_and_back();
    });
}

#[test]
fn an_interrupted_sync_goes_on() {
    with(World::an_interrupted_one_goes_on);
}

struct World {
    vm: Vm,
    root: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        if self.root.starts_with("/dev/shm") {
            let _left = fs::remove_dir_all(&self.root);
        }
    }
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn file(&self, name: &str, content: &[u8]) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    /// The last line of each host: what it has got.
    #[track_caller]
    fn json(&self, words: &[&str]) -> Vec<Value> {
        let out = self.vm.posse(&[words, &["--json"]].concat()).ok();
        let lines = out.text();
        let values = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        values.filter(|value: &Value| value.get("code").is_some()).collect()
    }

    /// Content that came to each host.
    #[track_caller]
    fn bytes(&self, words: &[&str]) -> Vec<u64> {
        self.json(words).iter().map(|host| host["bytes"].as_u64().unwrap()).collect()
    }

    #[track_caller]
    fn same(&self, one: &str, other: &str) {
        let (one, other) = (self.path(one), self.path(other));
        let mut diff = Command::new("diff");
        diff.args(["-r", "--no-dereference"]).arg(&one).arg(&other);
        assert_eq!(String::from_utf8_lossy(&diff.output().unwrap().stdout), "");
        if require(&["rsync"]).is_none() {
            assert_eq!(differences(&one, &other, &[]), BTreeSet::new());
        }
    }

    /// So many small files; their size.
    fn tree(&self, files: usize) -> u64 {
        let mut size = 0;
        for number in 0..files {
            let content = format!("file {number}");
            size += content.len() as u64;
            self.file(&format!("many/{}/{number}", number / 100), content.as_bytes());
        }
        size
    }

    fn many_files_twice(&self) {
        let size = self.tree(FILES);
        let to = format!("local[1-2]:{}", self.shown("to/{host}"));
        let words = ["sync", &self.shown("many/"), &to];
        let first = self.json(&words);
        assert_eq!(first.len(), 2);
        for host in &first {
            assert_eq!((&host["bytes"], &host["written"]), (&size.into(), &FILES.into()), "{host}");
        }
        self.same("many", "to/local2");
        for host in self.json(&words) {
            assert_eq!((&host["bytes"], &host["written"]), (&0.into(), &0.into()), "{host}");
            assert_eq!(host["size"], size);
        }
        self.file("many/77/new", b"new");
        fs::remove_file(self.path("many/3/300")).unwrap();
        let changed = self.json(&[&words[..], &["--delete"]].concat());
        for host in &changed {
            let counts = (&host["bytes"], &host["written"], &host["deleted"]);
            assert_eq!(counts, (&3.into(), &1.into(), &1.into()), "{host}");
        }
        (1..=2).for_each(|host| self.same("many", &format!("to/local{host}")));
    }

    /// A tree in which everything changes that may.
    fn changing(&self) {
        self.file("src/same", b"same");
        self.file("src/changed", b"one");
        self.file("src/d/large", &noise(2_000_000, 1));
        self.file("src/d/mode", b"mode");
        self.file("src/d/gone/deep/f", b"");
        self.file("src/x.o", b"object");
        self.file("src/keep/y.o", b"object");
        self.file("src/now a directory", b"");
        symlink("same", self.path("src/link")).unwrap();
        symlink("same", self.path("src/now a file")).unwrap();
    }

    fn change(&self) {
        self.file("src/changed", b"two two");
        let mut large = noise(2_000_000, 1);
        large.splice(700_000..700_000, *b"inserted");
        self.file("src/d/large", &large);
        fs::set_permissions(self.path("src/d/mode"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::remove_dir_all(self.path("src/d/gone")).unwrap();
        fs::remove_file(self.path("src/now a directory")).unwrap();
        self.file("src/now a directory/f", b"f");
        fs::remove_file(self.path("src/now a file")).unwrap();
        self.file("src/now a file", b"f");
        fs::remove_file(self.path("src/link")).unwrap();
        symlink("changed", self.path("src/link")).unwrap();
        self.file("src/new/of/them/f.o", b"object");
        self.file("src/new/of/them/f", b"f");
        fs::remove_dir_all(self.path("src/keep")).unwrap();
    }

    fn as_rsync_does(&self) {
        if require(&["rsync"]).is_some() {
            return;
        }
        self.changing();
        fs::create_dir(self.path("there")).unwrap();
        for host in 1..=HOSTS {
            self.file(&format!("there/local{host}/extra/e"), b"");
            self.file(&format!("there/local{host}/z.o"), b"");
        }
        let (from, to) = (self.shown("src/"), format!("all:{}", self.shown("there/{host}")));
        let words = ["sync", &from, &to];
        let _ = self.vm.posse(&words).ok();
        self.change();
        for options in [
            &[][..],
            &["--delete"],
            &["--delete", "--exclude", "*.o"],
            &["--delete", "--exclude", "/d/", "--exclude", "new/**/f"],
            &["--checksum", "--delete"],
        ] {
            let expected = differences(&self.path("src"), &self.path("there/local1"), options);
            let dry = self.vm.posse(&[&words[..], &["-n"], options].concat()).ok();
            let said: BTreeSet<String> = dry.text().lines().map(squeezed).collect();
            assert_eq!(said, expected, "{options:?}");
        }
        let excluding = ["--delete", "--exclude", "*.o", "-v"];
        let real = self.vm.posse(&[&words[..], &excluding].concat()).ok();
        assert!(real.text().contains("send   d/large"), "{}", real.text());
        let left = differences(&self.path("src"), &self.path("there/local2"), &excluding[..3]);
        assert_eq!(left, BTreeSet::new());
        assert!(self.path("there/local2/z.o").exists());
        let bytes = self.bytes(&[&words[..], &["--delete"]].concat());
        assert!(bytes.iter().all(|bytes| *bytes < 100), "the rest: {bytes:?}");
        (1..=HOSTS).for_each(|host| self.same("src", &format!("there/local{host}")));
    }

    fn an_interrupted_one_goes_on(&self) {
        const SIZE: usize = 150_000_000;
        self.file("long/file", &noise(SIZE, 5));
        let to = format!("local[1-2]:{}", self.shown("late/{host}"));
        let words = ["sync", &self.shown("long/"), &to];
        let mut command = self.vm.command(&words);
        let mut typed = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let late = self.path("late/local1");
        let arrived = || {
            let entries = fs::read_dir(&late).into_iter().flatten().flatten();
            entries.filter_map(|entry| entry.metadata().ok()).map(|about| about.len()).sum::<u64>()
        };
        assert!(wait_until(WITHIN, || arrived() > 20_000_000), "a part comes");
        kill_process(Pid::from_child(&typed), Signal::INT).unwrap();
        assert_eq!(typed.wait().unwrap().code(), Some(130));
        let there = || !self.vm.processes("posse receive").is_empty();
        assert!(wait_until(WITHIN, || !there()), "the receivers go");
        assert!(!late.join("file").exists());
        let bytes = self.bytes(&words);
        let most = SIZE as u64 - 15_000_000;
        assert!(bytes.iter().all(|bytes| *bytes < most), "{bytes:?}");
        self.same("long", "late/local2");
    }

    fn copies_send_what_changed(&self) {
        let mut content = noise(4_000_000, 7);
        self.file("input", &content);
        let words = ["cp", &self.shown("input"), &format!("all:{}", self.shown("in.{host}"))];
        assert_eq!(self.bytes(&words), [4_000_000; HOSTS]);
        assert_eq!(self.bytes(&words), [0; HOSTS]);
        content[2_000_000] ^= 1;
        self.file("input", &content);
        // One has nothing: then it goes whole, to all.
        let bytes = self.bytes(&words);
        assert!(bytes.iter().all(|bytes| (1..500_000).contains(bytes)), "{bytes:?}");
        fs::remove_file(self.path("in.local2")).unwrap();
        assert_eq!(self.bytes(&words), [4_000_000; HOSTS]);
        for host in 1..=HOSTS {
            assert_eq!(fs::read(self.path(&format!("in.local{host}"))).unwrap(), content);
        }
    }

    fn between_hosts_and_back(&self) {
        let from = format!("local1:{}", self.shown("input"));
        let to = format!("local[2-4]:{}", self.shown("from1.{host}"));
        assert_eq!(self.bytes(&["cp", &from, &to]), [4_000_000; 3]);
        assert_eq!(self.bytes(&["cp", &from, &to]), [0; 3]);
        let input = fs::read(self.path("input")).unwrap();
        assert_eq!(fs::read(self.path("from1.local4")).unwrap(), input);
        self.tree(500);
        let tree = format!("local1:{}", self.shown("many/"));
        let to = format!("local[2-3]:{}", self.shown("again/{host}"));
        let _ = self.vm.posse(&["sync", &tree, &to]).ok();
        self.same("many", "again/local3");
        let back = self.json(&["sync", &tree, &self.shown("back")]);
        assert_eq!(back[0]["written"], 500);
        let back = self.json(&["sync", &tree, &self.shown("back")]);
        assert_eq!((&back[0]["written"], &back[0]["bytes"]), (&0.into(), &0.into()));
        self.same("many", "back");
        let missing = self.vm.posse(&["cp", "local1:/no/such/file", &to]).expect(1);
        assert!(missing.stderr.contains("local1: /no/such/file"), "{}", missing.stderr);
        let _ = self.vm.posse(&["cp", "local[1-2]:/etc/passwd", &to]).expect(2);
    }

    /// What is planted in the target is removed, not followed.
    fn links_are_in_the_way(&self) {
        self.file("plain/d/f", b"new");
        self.file("outside/f", b"old");
        fs::create_dir_all(self.path("hostile/local1")).unwrap();
        symlink(self.path("outside"), self.path("hostile/local1/d")).unwrap();
        let to = format!("local[1-2]:{}", self.shown("hostile/{host}"));
        let _ = self.vm.posse(&["sync", "--delete", &self.shown("plain/"), &to]).ok();
        assert_eq!(fs::read(self.path("outside/f")).unwrap(), b"old");
        self.same("plain", "hostile/local1");
        // One place of all hosts, which is not there yet.
        let to = format!("all:{}", self.shown("one"));
        let hosts = self.json(&["sync", &self.shown("plain/"), &to]);
        let alone = hosts.iter().filter(|host| host["same_as"].is_null()).count();
        assert_eq!((hosts.len(), alone), (HOSTS, 1));
        self.same("plain", "one");
    }
}

fn squeezed(line: &str) -> String {
    line.splitn(2, ' ').map(str::trim_start).collect::<Vec<_>>().join(" ")
}

/// What rsync would do, in the words of `posse sync`; of what is removed the top alone.
fn differences(from: &Path, to: &Path, options: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new("rsync");
    command.args(["-rlptni", "--no-motd"]).args(options);
    command.arg(from.join("")).arg(to.join(""));
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let (what, path) = line.split_once(' ').unwrap();
        let path = path.trim_start().trim_end_matches('/');
        let path = path.split(" -> ").next().unwrap();
        let word = match what.as_bytes() {
            b"*deleting" => "delete",
            [b'>', b'f', ..] => "send",
            [b'c', b'd', ..] => "make",
            [b'c', b'L', ..] => "link",
            [b'.', b'f', ..] => "touch",
            // Times and modes of directories and links are set without a word.
            _ => continue,
        };
        found.insert(format!("{word} {path}"));
    }
    let removed: BTreeSet<String> = found
        .iter()
        .filter_map(|line| line.strip_prefix("delete "))
        .map(|path| path.to_owned() + "/")
        .collect();
    let within = |path: &str| removed.iter().any(|top| path.starts_with(top));
    found.retain(|line| !line.strip_prefix("delete ").is_some_and(within));
    found
}
