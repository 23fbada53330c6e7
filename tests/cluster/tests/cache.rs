//! The binary that hosts keep: one that is broken is sent anew, versions that nobody uses go away.
//! Alone: `cargo nextest run -p posse-cluster --test cache`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions, wait_until};
use posse_cluster::{Vm, ready};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const LONG: Duration = Duration::from_secs(60);

/// The only version in the cache of a home.
fn cached(home: &Path) -> PathBuf {
    let mut found = fs::read_dir(home.join(".cache/posse")).unwrap();
    let version = found.next().unwrap().unwrap().path();
    assert!(found.next().is_none(), "one version, and nothing of the transfer");
    version
}

#[test]
fn a_broken_binary_is_replaced() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default().separate_homes()).unwrap();
    let mut vm = Vm::up(&bed, "n[001-002]");
    let binary = cached(bed.home(1));
    let whole = fs::read(&binary).unwrap();
    type Break = fn(&Path, usize);
    let breaks: [(&str, Break); 3] = [
        ("zeroed", |path, size| fs::write(path, vec![0; size]).unwrap()),
        ("cut", |path, _| File::options().write(true).open(path).unwrap().set_len(40_960).unwrap()),
        ("another program", |path, _| assert!(fs::copy("/bin/false", path).is_ok())),
    ];
    for (name, spoil) in breaks {
        let _ = vm.posse(&["down"]).ok();
        // Not the running one's inode, which the kernel would not let us write to.
        let gone = wait_until(LONG, || vm.processes("--name n001").is_empty());
        assert!(gone, "its daemon ends");
        spoil(&binary, whole.len());
        let _ = vm.posse(&["up", "--batch", "n[001-002]"]).ok();
        assert!(fs::read(&binary).unwrap() == whole, "{name}: it was sent anew");
        assert_eq!(vm.posse(&["e", "echo $POSSE_HOST"]).ok().sorted(), ["n001", "n002"]);
        assert_eq!(vm.log().matches("it is sent anew").count(), 1, "{name}: {}", vm.log());
        assert!(vm.log().contains("n001: its cached binary did not start"), "{}", vm.log());
    }
    vm.down();
}

#[test]
fn versions_that_nobody_uses_go_away() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let cache = bed.home(1).join(".cache/posse");
    fs::create_dir_all(&cache).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&cache, mode).unwrap();
    let version = |digit: &str, days: u64| {
        let place = cache.join(format!("posse-{}", digit.repeat(64)));
        fs::write(&place, "an old version").unwrap();
        let used = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        File::open(&place).unwrap().set_modified(used).unwrap();
        place
    };
    let (last, old, older) = (version("a", 40), version("b", 41), version("c", 400));
    let mut vm = Vm::up(&bed, "n001");
    assert!(wait_until(LONG, || !old.exists() && !older.exists()), "the daemon removes them");
    assert!(last.exists(), "the last one before ours stays");
    vm.down();
}

#[test]
fn in_memory_there_is_no_cache() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let mut vm = Vm::start(&bed);
    let up = vm.posse(&["up", "--batch", "--ram", "n001"]);
    if up.code != 0 {
        eprintln!("skipped: no memory file system here: {up:?}");
        return;
    }
    assert_eq!(vm.posse(&["e", "echo $POSSE_HOST"]).ok().text(), "n001");
    assert!(!bed.home(1).join(".cache/posse").exists());
    vm.down();
}
