//! Hosts of `up` by globs over the names that the user's files know, by set algebra, and by groups
//! of a program.
//! Alone: `cargo nextest run -p posse-cluster --test globs`.

#![allow(clippy::unwrap_used)]

use posse_bed::{LoopbackBed, LoopbackOptions};
use posse_cluster::{Vm, ready};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn globs_over_known_names() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(6, LoopbackOptions::default()).unwrap();
    let home = bed.root().join("home");
    files(&home);
    let vm = Vm::start(&bed);
    let out = vm.posse(&["up", "--batch", "qq*"]).expect(2);
    for place in ["`qq*`", "~/.ssh/config (2)", "known_hosts (1)", "groups file (2)"] {
        assert!(out.stderr.contains(place), "{place}: {}", out.stderr);
    }
    let _no_daemon_was_started = vm.posse(&["hosts"]).expect(4);
    let out = vm.posse(&["up", "--batch", "n00? - n002"]).ok();
    assert!(out.stderr.contains("4 of 4 hosts up"), "{}", out.stderr);
    let names = |args: &[&str]| vm.posse(args).ok().sorted();
    assert_eq!(names(&["hosts", "-q"]), ["n001", "n003", "n004", "n005"]);
    let _ = vm.posse(&["up", "--batch", "@few & n00[2-3]"]).ok();
    let _ = vm.posse(&["up", "--batch", "n001 - n001"]).expect(2);
    assert_eq!(names(&["e", "-H", "@few", "echo $POSSE_HOST"]), ["n002", "n005"]);
    assert_eq!(names(&["hosts", "-q", "@batch:b"]), ["n002", "n005"]);
    let _ = vm.posse(&["up", "--batch", "@batch:*"]).ok();
    assert_eq!(names(&["e", "-H", "@batch:*", "echo $POSSE_HOST"]), ["n002", "n005", "n006"]);
    let out = vm.posse(&["e", "-H", "@batch:c", "true"]).expect(2);
    assert!(out.stderr.contains("no such partition"), "its own words: {}", out.stderr);
    let out = vm.posse(&["e", "-H", "@nobody:x", "true"]).expect(2);
    assert!(out.stderr.contains("groups.d/nobody"), "{}", out.stderr);
}

/// Configuration with an include, a host that only `known_hosts` has, groups, a source.
fn files(home: &Path) {
    let write = |name: &str, text: &str| {
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    write(".ssh/config", "Include conf.d/*\nHost n001\nHost n* !x\n");
    write(".ssh/conf.d/lab", "Host n003\n");
    write(".ssh/known_hosts", "n004 ssh-ed25519 AAAA\n|1|a=|b= ssh-ed25519 AAAA\n");
    write(".config/posse/groups", "few: n002,n005\nmore: @few & n005\n");
    let program = "#!/bin/sh\ncase $1:$2 in\nmap:a) echo n006;;\nmap:b) echo n002 n005;;\n\
                   list:) echo a b;;\n*) echo no such partition >&2; exit 1;;\nesac\n";
    let path = write(".config/posse/groups.d/batch", program);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
