//! The public Rust API against the real daemon, on local hosts.
//! Alone: `cargo nextest run -p posse-cluster --test api`.

#![allow(clippy::unwrap_used)]

use posse::board::{MailFlags, OnDeath};
use posse::message::Process;
use posse::{
    Command, Fd, HostId, HostRequest, LaunchEvent, Launcher, RunEvent, SpillLimits, UpOptions, Vm,
};
use posse_bed::wait_until;
use posse_cluster::posse_binary;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

fn up(binary: &Path, name: &str) -> Vm {
    let vm = Vm::connect_or_start(name, binary).unwrap();
    let request = |n| HostRequest {
        name: format!("local{n}"),
        user: None,
        port: None,
        slots: Some(1),
        launcher: Launcher::Local,
    };
    let environment = std::env::vars().collect();
    let options = UpOptions { environment, ..UpOptions::default() };
    for event in vm.up(options, (1..=3).map(request).collect()).unwrap() {
        if let LaunchEvent::Launch(launch) = event.unwrap() {
            assert!(!matches!(launch.stage, posse::Stage::Failed { .. }), "{launch:?}");
        }
    }
    vm.refresh_hosts().unwrap();
    vm
}

fn runs_commands(vm: &Vm) {
    let statuses = vm.run(&Command::shell("exit $POSSE_RANK")).unwrap().wait().unwrap();
    assert_eq!(statuses.iter().map(|one| one.status.code()).collect::<Vec<_>>(), [0, 1, 2]);
    let host = vm.select("local2").unwrap()[0].number;
    let mut running = vm.run(&Command::argv(["echo", "hello"]).hosts(host)).unwrap();
    let mut text = Vec::new();
    while let Some(event) = running.next_event(None).unwrap() {
        if let RunEvent::Output { bytes, .. } = event {
            text.extend_from_slice(&bytes);
        }
    }
    assert_eq!(text, b"hello\n");
}

fn duplicates_input(vm: &Vm) {
    let running = vm.run(&Command::argv(["cat"]).stdin()).unwrap();
    let mut stdin = running.stdin().unwrap();
    let (readers, exits) = running.into_readers();
    let sent: Vec<u8> = (0..5_000_000u32).map(|at| (at % 251) as u8).collect();
    std::thread::scope(|scope| {
        let sent = &sent;
        for mut reader in readers {
            scope.spawn(move || {
                let mut all = Vec::new();
                reader.read_to_end(&mut all).unwrap();
                assert!(reader.fd() == Fd::STDERR || all == *sent, "{} bytes", all.len());
            });
        }
        stdin.write_all(sent).unwrap();
        stdin.close().unwrap();
    });
    assert!(exits.wait().unwrap().success());
}

fn leaves_the_slow_behind(vm: &Vm) {
    // Rank 0 reads only when it is told to, by the end of the others.
    let line = "[ $POSSE_RANK = 0 ] && while [ ! -e $FLAG ]; do sleep 0.01; done; wc -c";
    let flag = std::env::temp_dir().join(format!("posse-flag-{}", std::process::id()));
    let command = Command::shell(line).env("FLAG", flag.to_string_lossy()).stdin();
    let mut running = vm.run(&command).unwrap();
    let mut broadcast = running.broadcast(Fd::STDIN, SpillLimits::default()).unwrap().unwrap();
    broadcast.write_all(&vec![b'x'; 20_000_000]).unwrap();
    broadcast.finish();
    let mut counted = Vec::new();
    while let Some(event) = running.next_event(None).unwrap() {
        match event {
            RunEvent::Output { rank, bytes, .. } if !bytes.is_empty() => {
                assert_eq!(bytes.trim_ascii(), b"20000000");
                counted.push(rank.0);
                if counted.len() == 2 {
                    std::fs::write(&flag, "").unwrap();
                }
            }
            RunEvent::CutOff { rank } => panic!("{rank:?} had time"),
            _ => {}
        }
    }
    std::fs::remove_file(&flag).unwrap();
    assert_eq!((counted.len(), counted[2]), (3, 0), "the slow one last");
}

fn follows_what_is_detached(vm: &Vm) {
    let entry = vm.run_detached(&Command::shell("echo kept").hosts("local1")).unwrap();
    let mut attached = vm.attach(entry.id, true).unwrap();
    let mut text = Vec::new();
    while let Some(event) = attached.next_event(None).unwrap() {
        if let RunEvent::Output { bytes, .. } = event {
            text.extend_from_slice(&bytes);
        }
    }
    assert_eq!(text, b"kept\n");
}

fn holds_together(vm: &Vm, name: &str) {
    let late = || Some(Instant::now() + Duration::from_secs(60));
    let [first, second] = [(); 2].map(|()| Process::join_vm(name).unwrap());
    let [a, b] = [&first, &second].map(|one| vm.board(one.id()).unwrap());
    let numbers = [&a, &b].map(|board| board.groups().join("workers").unwrap());
    assert_eq!(numbers, [0, 1]);
    let groups = a.groups();
    let barrier = move || groups.barrier("workers", Some(2), OnDeath::Fail, late());
    let waiting = std::thread::spawn(barrier);
    b.groups().barrier("workers", Some(2), OnDeath::Fail, late()).unwrap();
    waiting.join().unwrap().unwrap();
    a.mailbox().put("where", MailFlags::default(), b"here").unwrap();
    let letter = b.mailbox().get("where", 0, MailFlags::WAIT, late()).unwrap();
    assert_eq!((letter.value, letter.owner), (b"here".to_vec(), Some(a.process())));
    drop(second);
    let alone = || a.groups().members("workers").unwrap() == [Some(a.process())];
    assert!(wait_until(Duration::from_secs(60), alone), "a member that is over has left");
}

/// Ends the vm where the test fails before it does.
struct Ended<'a>(&'a str);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let down = ["--vm", self.0, "down"];
            let _best_effort = std::process::Command::new(posse_binary()).args(down).status();
        }
    }
}

#[test]
fn the_real_daemon() {
    let name = format!("api-test-{}", std::process::id());
    let _ended = Ended(&name);
    let vm = up(posse_binary(), &name);
    let numbers: Vec<HostId> = vm.select("all").unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers.len(), 3);
    runs_commands(&vm);
    duplicates_input(&vm);
    leaves_the_slow_behind(&vm);
    follows_what_is_detached(&vm);
    holds_together(&vm, &name);
    vm.down(true).unwrap();
    assert!(matches!(Vm::connect(&name), Err(posse::Error::NoVm { .. })));
}
