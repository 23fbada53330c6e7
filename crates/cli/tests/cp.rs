//! `posse cp` with real processes: a vm of local hosts, which share one file system, and have
//! places of their own by `{host}`. The container by itself is tested in `src/cp/tests.rs`.

#![allow(clippy::unwrap_used)]

use posse_bed::noise;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const HOSTS: usize = 4;
const DEADLINE: Duration = Duration::from_secs(60);

/// A vm of local hosts with a directory to work in; both end with the test.
struct World {
    root: PathBuf,
}

impl World {
    fn new() -> World {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("cp{}-{number}", std::process::id()));
        for name in ["run", "home", "cache"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(root.join("run"), private).unwrap();
        let world = World { root };
        let up = world.posse().args(["up", &format!("local[1-{HOSTS}]")]).output().unwrap();
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        world
    }

    fn posse(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_posse"));
        command
            .current_dir(&self.root)
            .env("POSSE_RUNTIME_DIR", self.path("run"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HOME", self.path("home"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .stdin(Stdio::null());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn directory(&self, name: &str) -> PathBuf {
        fs::create_dir_all(self.path(name)).unwrap();
        self.path(name)
    }

    /// All hosts at a path below the world.
    fn all(&self, path: &str) -> String {
        format!("all:{}", self.path(path).display())
    }

    fn cp(&self, words: &[&str]) -> Ended {
        Ended::of(self.posse().arg("cp").args(words).output().unwrap())
    }

    /// What posse leaves while it writes.
    fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut left = vec![self.root.clone()];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                if entry.file_name().to_string_lossy().starts_with(".posse-") {
                    found.push(entry.path());
                } else if entry.file_type().unwrap().is_dir() {
                    left.push(entry.path());
                }
            }
        }
        found
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ends = self.posse().arg("down").output();
        let _left = fs::remove_dir_all(&self.root);
    }
}

#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Ended {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Ended { code: output.status.code(), out, err }
    }

    fn is(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn every_host_has_it_and_gives_it_back() {
    let world = World::new();
    let content = noise(1_000_003, 0);
    world.file("file", &content);
    world.cp(&["file", &world.all("to/{host}/")]).is(0);
    for host in 1..=HOSTS {
        assert_eq!(fs::read(world.path(&format!("to/local{host}/file"))).unwrap(), content);
    }
    world.cp(&[&world.all("file"), "back/{host}.bin"]).is(0);
    for host in 1..=HOSTS {
        assert_eq!(fs::read(world.path(&format!("back/local{host}.bin"))).unwrap(), content);
    }
    // Relative paths are below home.
    world.cp(&["file", "local1:"]).is(0);
    assert_eq!(fs::read(world.path("home/file")).unwrap(), content);
    world.cp(&["local1:~/file", "again"]).is(0);
    assert_eq!(fs::read(world.path("again")).unwrap(), content);
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn a_shared_file_system_is_written_once() {
    let world = World::new();
    world.file("file", b"content");
    world.directory("to");
    let ended = world.cp(&["--json", "file", &world.all("to")]).is(0);
    let own = ended.out.lines().filter(|line| line.contains("\"same_as\":null")).count();
    let shared = ended.out.lines().filter(|line| line.contains("\"same_as\":\"local1\"")).count();
    assert_eq!((own, shared), (1, HOSTS - 1), "{}", ended.out);
    let checksums = ended.out.lines().map(|line| line.split("\"checksum\":").nth(1).unwrap());
    assert!(checksums.clone().all(|sum| sum.len() > 64), "{}", ended.out);
    let ended = world.cp(&["--json", "file", &world.all("to/{host}")]).is(0);
    assert!(!ended.out.contains("local1\",\"status\":\"exit 0\"},"), "{}", ended.out);
    assert_eq!(ended.out.matches("\"same_as\":null").count(), HOSTS, "{}", ended.out);
    assert_eq!(fs::read_dir(world.path("to")).unwrap().count(), 1 + HOSTS);
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn a_tree_of_many_files_with_odd_names() {
    let world = World::new();
    for directory in 0..20 {
        world.directory(&format!("tree/d{directory}"));
        for file in 0..100 {
            world.file(&format!("tree/d{directory}/{file}"), format!("{file}").as_bytes());
        }
    }
    for name in ["a b", "new\nline", "-rf", "*", "\u{1b}[31m", "{host}", "..."] {
        world.file(&format!("tree/{name}"), name.as_bytes());
    }
    world.file("tree/empty", b"");
    symlink("gone", world.path("tree/link")).unwrap();
    let there = world.all("to/{host}/");
    let refused = world.cp(&["tree", &there]).is(2);
    assert!(refused.err.contains("-r"), "{}", refused.err);
    world.cp(&["-rp", "tree", &there]).is(0);
    world.cp(&["-r", &world.all("to/local2/tree"), "back/{host}"]).is(0);
    for copy in ["to/local1/tree", "to/local4/tree", "back/local3"] {
        let mut diff = Command::new("diff");
        diff.args(["-rq", "--no-dereference", "tree", copy]).current_dir(&world.root);
        Ended::of(diff.output().unwrap()).is(0);
    }
    assert_eq!(world.leftovers(), Vec::<PathBuf>::new());
}

impl World {
    fn fails_at_one(&self, target: &str, why: &str) {
        let ended = self.cp(&["file", target]).is(1);
        assert!(ended.err.contains(why), "{}", ended.err);
        assert_eq!(self.leftovers(), Vec::<PathBuf>::new());
    }
}

#[test]
fn what_cannot_be_written_is_said_and_the_others_have_theirs() {
    let world = World::new();
    world.file("file", &noise(300_000, 0));
    world.directory("to/local1/file");
    world.directory("to/local2");
    world.file("to/local3", b"a file");
    let ended = world.cp(&["file", &world.all("to/{host}/")]).is(1);
    assert!(ended.err.contains("local1: "), "{}", ended.err);
    assert!(ended.err.contains("local3: "), "{}", ended.err);
    assert!(!ended.err.contains("local[2"), "{}", ended.err);
    for host in [2, 4] {
        assert!(world.path(&format!("to/local{host}/file")).is_file());
    }
    world.fails_at_one("all:/nosuch/x", "no such directory");
    world.fails_at_one("all:/proc/x", "");
    world.fails_at_one("all:/dev/null", "not a regular file");
    world.fails_at_one(&world.all("no/where/"), "mkdir -p");
    for words in [
        &["nosuch", "all:/tmp"][..],
        &["file", "file2"],
        &["local[1-2]:x", "local2:"],
        &["file", "local1:x", "local2:"],
        &["all:x", "."],
        &["/dev/zero", "all:/tmp"],
        &["file", "nosuch:/tmp"],
    ] {
        world.cp(words).is(2);
    }
    let ended = world.cp(&[&world.all("nosuch"), "back/{host}"]).is(1);
    assert!(ended.err.contains("local[1-4]: "), "{}", ended.err);
}

#[test]
fn a_full_disk_ends_its_own_host_alone() {
    let world = World::new();
    let small = world.directory("to/local2");
    let small_shown = small.display().to_string();
    let mount = ["-t", "tmpfs", "-o", "size=1m", "none", &small_shown];
    if !Command::new("mount").args(mount).output().is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: only root can mount a small file system");
        return;
    }
    world.file("file", &noise(4_000_000, 0));
    let ended = world.cp(&["file", &world.all("to/{host}/")]);
    let left = fs::read_dir(&small).unwrap().count();
    let unmounted = Command::new("umount").arg(&small).status().unwrap();
    assert!(unmounted.success());
    let ended = ended.is(1);
    assert!(ended.err.contains("local2: ") && ended.err.contains("No space"), "{}", ended.err);
    assert_eq!(left, 0);
    assert_eq!(fs::metadata(world.path("to/local4/file")).unwrap().len(), 4_000_000);
}

#[test]
fn a_large_file_is_exact() {
    let world = World::new();
    let content = noise(100_000_000, 0);
    world.file("file", &content);
    world.cp(&["file", &format!("local[1-2]:{}", world.path("to/{host}").display())]).is(0);
    assert!(fs::read(world.path("to/local2")).unwrap() == content);
    world.cp(&[&format!("local2:{}", world.path("to/local1").display()), "back"]).is(0);
    assert!(fs::read(world.path("back")).unwrap() == content);
}

/// A copy that stands in the middle of its file: a growing file never gets beyond its size, so the
/// file is large and the receivers are stopped.
fn in_the_middle(world: &World) -> Child {
    let file = fs::File::create(world.path("file")).unwrap();
    file.set_len(1 << 36).unwrap();
    let cp = world.posse().args(["cp", "file", &world.all("to/{host}/")]).spawn().unwrap();
    until("the files are being written", || world.leftovers().len() == HOSTS);
    cp
}

fn ends_clean(world: &World, signal: &str, code: Option<i32>) {
    let mut cp = in_the_middle(world);
    let kill = Command::new("kill").args([signal, &cp.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let status = cp.wait().unwrap();
    assert_eq!(status.code(), code);
    until("no file is left", || world.leftovers().is_empty());
    let names = |host: usize| fs::read_dir(world.path(&format!("to/local{host}"))).unwrap().count();
    assert_eq!((1..=HOSTS).map(names).sum::<usize>(), 0);
}

#[test]
fn an_interrupted_copy_leaves_nothing() {
    let world = World::new();
    ends_clean(&world, "-INT", Some(130));
    ends_clean(&world, "-KILL", None);
}

#[test]
fn a_file_that_changes_meanwhile_is_said() {
    let world = World::new();
    let path = world.file("file", &noise(60_000_000, 0));
    let mut cp = world.posse();
    cp.args(["cp", "file", &world.all("to/{host}/")]).stderr(Stdio::piped());
    let cp = cp.spawn().unwrap();
    until("the files are being written", || !world.leftovers().is_empty());
    append(&path);
    let ended = Ended::of(cp.wait_with_output().unwrap());
    assert!(ended.err.contains("changed while it was copied"), "{ended:?}");
    ended.is(1);
}

fn append(path: &Path) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"more").unwrap();
}
