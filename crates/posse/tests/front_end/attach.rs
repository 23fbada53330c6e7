//! Detached commands: starting, following, and a follower who is slow.

use crate::stand_in::{StandIn, vm};
use posse::{Command, CommandEntry, CommandId, CommandState, Error, Fd, Rank, RunEvent, Status};
use posse_wire::Message;
use posse_wire::msg::{Attach, Commands, Done};
use std::thread;

fn entry(id: CommandId, size: u32) -> CommandEntry {
    CommandEntry {
        id,
        number: 12,
        title: "x".to_owned(),
        detached: true,
        size,
        elapsed_us: 5,
        state: CommandState::Running { left: 1 },
    }
}

fn answer_commands(daemon: &mut StandIn, commands: Vec<CommandEntry>) {
    let (id, _) = daemon.expect::<Commands>();
    daemon.send(&Commands { commands }.frame(id));
}

#[test]
fn a_detached_command_is_known_to_have_arrived() {
    let (vm, mut daemon) = vm(1);
    let started = thread::spawn(move || vm.run_detached(&Command::shell("x")));
    let (id, _, spec) = daemon.spawn();
    assert!(spec.detached);
    answer_commands(&mut daemon, vec![entry(id, 1)]);
    assert_eq!(started.join().unwrap().unwrap().number, 12);
}

#[test]
fn output_is_replayed_to_its_end() {
    let (vm, mut daemon) = vm(0);
    let id = CommandId(3);
    let attached = thread::spawn(move || vm.attach(id, true));
    answer_commands(&mut daemon, vec![entry(CommandId(2), 1), entry(id, 2)]);
    assert_eq!(daemon.expect::<Attach>(), (id, Attach { follow: true }));
    let mut attached = attached.join().unwrap().unwrap();
    // More than waits in memory: the socket holds the daemon back.
    let chunk = vec![9; 60_000];
    let writer = thread::spawn(move || {
        for offset in (0..400 * 60_000).step_by(60_000) {
            daemon.output(id, 1, Fd::STDOUT, offset, &chunk);
        }
        daemon.exit(id, 0, 2, Status::Exited(1));
        daemon.send(&Done { error: None }.frame(id));
        daemon
    });
    let (mut bytes_seen, mut exits) = (0, Vec::new());
    while let Some(event) = attached.next_event(None).unwrap() {
        match event {
            RunEvent::Output { rank, bytes, .. } => {
                assert_eq!(rank, Rank(1));
                bytes_seen += bytes.len();
            }
            RunEvent::Exit { rank, .. } => exits.push(rank.0),
            RunEvent::CutOff { .. } => panic!("nobody is cut off"),
        }
    }
    assert_eq!((bytes_seen, exits), (400 * 60_000, vec![0, 1]));
    writer.join().unwrap();
}

#[test]
fn a_follower_who_leaves_frees_the_connection() {
    let (vm, mut daemon) = vm(1);
    let id = CommandId(3);
    let other = vm.clone();
    let attached = thread::spawn(move || other.attach(id, true));
    answer_commands(&mut daemon, vec![entry(id, 1)]);
    daemon.expect::<Attach>();
    let attached = attached.join().unwrap().unwrap();
    let writer = thread::spawn(move || {
        for offset in 0..1_000 {
            daemon.output(id, 0, Fd::STDOUT, offset, b"x");
        }
        answer_commands(&mut daemon, Vec::new());
    });
    drop(attached);
    assert_eq!(vm.commands().unwrap(), []);
    writer.join().unwrap();
}

#[test]
fn what_cannot_be_followed_says_why() {
    let (vm, mut daemon) = vm(0);
    let other = vm.clone();
    let asked = thread::spawn(move || other.attach(CommandId(3), false).map(|_| ()));
    answer_commands(&mut daemon, Vec::new());
    assert!(matches!(asked.join().unwrap(), Err(Error::NotDone { .. })));
    let asked = thread::spawn(move || vm.attach(CommandId(3), false));
    answer_commands(&mut daemon, vec![entry(CommandId(3), 1)]);
    daemon.expect::<Attach>();
    let mut attached = asked.join().unwrap().unwrap();
    daemon.send(&Done { error: Some("its output is not kept".to_owned()) }.frame(CommandId(3)));
    let error = attached.next_event(None).unwrap_err();
    assert_eq!(error.to_string(), "its output is not kept");
}
