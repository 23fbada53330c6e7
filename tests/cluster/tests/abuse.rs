//! A daemon under abuse: garbage and oversize frames on its socket, sockets and directories of
//! other users, no descriptors left, a full disk. It lives on, and says what is wrong.
//! Alone: `cargo nextest run -p posse-cluster --test abuse`.

#![allow(clippy::unwrap_used)]

use posse_bed::{
    LoopbackBed, LoopbackOptions, NamespaceBed, NamespaceOptions, Process, require, skip,
    wait_until,
};
use posse_cluster::{Vm, posse_binary, ready, resident_kib, run, without_root};
use rustix::process::{Pid, Resource, Rlimit, getuid, prlimit};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const NOBODY: u32 = 65534;

/// A frame with this header and a body of `sent` bytes, whatever it claims.
fn frame(claimed: u32, kind: u16, sent: usize) -> Vec<u8> {
    let mut bytes = claimed.to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend([0; 10]);
    bytes.extend(vec![0xa5; sent]);
    bytes
}

/// Says this to the daemon and waits for it to hang up.
fn refused(vm: &Vm, bytes: &[u8]) {
    let mut stream = UnixStream::connect(vm.directory().join("socket")).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let _it_may_have_hung_up = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _a_reset_is_an_end = stream.take(1 << 20).read_to_end(&mut answer);
    assert!(answer.len() < 8192, "{} bytes of answer", answer.len());
}

#[test]
fn garbage_and_oversize_frames() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    let daemon = vm.owner();
    let before = resident_kib(&daemon);
    refused(&vm, b"GET / HTTP/1.1\r\nHost: posse\r\n\r\n");
    refused(&vm, &vec![0xff; 100_000]);
    for kind in [0, 1, 2, 3, 6, 16, 17, 19, 24, 40, 999, u16::MAX] {
        refused(&vm, &frame(u32::MAX, kind, 100));
        refused(&vm, &frame(64, kind, 64));
        refused(&vm, &frame(1 << 20, kind, 1 << 20));
    }
    // Those who say nothing, or only half of something, cost the others nothing.
    let idle: Vec<UnixStream> = (0..200)
        .map(|k| {
            let mut stream = UnixStream::connect(vm.directory().join("socket")).unwrap();
            stream.write_all(&frame(4096, 1, k)[..k.min(15)]).unwrap();
            stream
        })
        .collect();
    assert_eq!(vm.posse(&["e", "echo on"]).ok().text(), "on\non");
    drop(idle);
    assert_eq!(vm.owner().pid, daemon.pid, "the same daemon");
    let grown = resident_kib(&daemon).saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB more");
}

#[test]
fn what_belongs_to_others() {
    if !ready() || require(&["setpriv"]).is_some() {
        return;
    }
    if !getuid().is_root() {
        skip("only root can be two users");
        return;
    }
    let bed = LoopbackBed::start(1, LoopbackOptions::default()).unwrap();
    let vm = Vm::start(&bed);
    std::fs::DirBuilder::new().mode(0o700).create(vm.directory()).unwrap();
    let path = vm.directory().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
    let out = vm.posse(&["e", "true"]);
    assert!(out.code == 4 || out.code == 70, "{out:?}");
    assert!(out.stderr.contains("belongs to user 65534"), "{}", out.stderr);
    let out = vm.posse(&["up", "--batch", "n001"]);
    assert!(out.code != 0 && out.stderr.contains("belongs to user 65534"), "{out:?}");
    drop(listener);
    std::fs::remove_file(&path).unwrap();
    chown(vm.directory(), Some(NOBODY), Some(NOBODY)).unwrap();
    let out = vm.posse(&["up", "--batch", "n001"]);
    assert!(out.code != 0 && out.stderr.contains("belongs to user 65534"), "{out:?}");
    chown(vm.directory(), Some(0), Some(0)).unwrap();
    let _ = vm.posse(&["up", "--batch", "n001"]).ok();
    // Another user is not let in, neither by the directory nor by the daemon.
    let mut other = Command::new("setpriv");
    other.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(posse_binary());
    other.args(["e", "id"]).env_clear();
    other.env("POSSE_RUNTIME_DIR", vm.directory().parent().unwrap());
    other.env("POSSE_VM_NAME", vm.directory().file_name().unwrap()).current_dir("/");
    let out = run(other, b"", LONG);
    assert!(out.code != 0 && !out.text().contains("uid="), "{out:?}");
    assert_eq!(vm.posse(&["e", "echo ours"]).ok().text(), "ours");
}

fn limit_descriptors(process: &Process, current: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(process.pid).unwrap());
    prlimit(pid, Resource::Nofile, Rlimit { current, maximum: Some(4096) }).unwrap();
}

fn descriptors(process: &Process) -> u64 {
    std::fs::read_dir(format!("/proc/{}/fd", process.pid)).unwrap().count() as u64
}

#[test]
fn no_descriptors_left() {
    if !ready() {
        return;
    }
    let bed = LoopbackBed::start(2, LoopbackOptions::default()).unwrap();
    let vm = Vm::up(&bed, "n[001-002]");
    let (owner, host) = (vm.owner(), vm.daemon("n002"));
    limit_descriptors(&host, Some(descriptors(&host) + 4));
    let out = vm.posse(&["e", "-n", "16", "sleep 2; echo x"]);
    assert!(out.code != 0 && out.stderr.contains("n002"), "named: {out:?}");
    assert!(out.text().lines().count() >= 16, "n001 is not concerned: {out:?}");
    limit_descriptors(&host, Some(4096));
    let again = || vm.posse(&["e", "-n", "16", "echo x"]).text().lines().count();
    assert!(wait_until(LONG, || again() == 32));
    assert_eq!(vm.daemon("n002").pid, host.pid);

    limit_descriptors(&owner, Some(descriptors(&owner) + 1));
    let socket = vm.directory().join("socket");
    let many: Vec<_> = (0..20).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    assert_eq!(vm.processes("posse daemon ").len(), 3, "all are alive");
    drop(many);
    limit_descriptors(&owner, Some(4096));
    assert!(wait_until(LONG, || again() == 32));
}

#[test]
fn a_full_runtime_directory() {
    if !ready() || require(&["ip", "nft"]).is_some() {
        return;
    }
    let bed = NamespaceBed::start(3, NamespaceOptions::default()).unwrap();
    let uid = getuid().as_raw();
    let mount = |host: &str, options: &str, fill: &str| {
        let line = format!(
            "mkdir -p -m 700 /tmp/posse-{uid} && \
             mount -t tmpfs -o mode=700,{options} none /tmp/posse-{uid} && {fill}"
        );
        let _ = run(bed.admin_in(host, &line).unwrap(), b"", LONG).ok();
    };
    let filler = format!("{{ head -c 4096 /dev/zero >/tmp/posse-{uid}/filler; true; }}");
    mount("n001", "size=4k", &filler);
    mount("n002", "nr_inodes=1", "true");
    let vm = Vm::start(&bed);
    let out = vm.posse(&["up", "--batch", "--json", "n[001-003]"]).expect(5);
    let failed: Vec<String> = out
        .text()
        .lines()
        .filter(|line| line.contains(r#""up":false"#))
        .map(str::to_owned)
        .collect();
    assert!(failed.len() == 1 && failed[0].contains("n002"), "{failed:?}");
    assert!(failed[0].to_lowercase().contains("no space"), "{failed:?}");
    let out = vm.posse(&["e", "hostname"]).ok();
    assert_eq!(out.sorted(), ["n001", "n003"]);
    let kept = vm.posse(&["e", "-H", "n001", "head -c 1000000 /dev/zero"]).ok();
    assert_eq!(kept.stdout.len(), 1_000_000);
}

#[test]
fn a_full_runtime_directory_without_root() {
    without_root("a_full_runtime_directory");
}
