//! After a lost link: hosts are looked for, streams go on where they were acknowledged, exits are
//! said again, and what cannot be found is given up in time.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;
use std::time::Duration;

const OUT: Fd = Fd::STDOUT;

fn ack(rank: u32, fd: Fd, offset: u64) -> Frame {
    let (rank, closed, again) = (Rank(rank), false, false);
    StreamAck { rank, fd, offset, closed, again }.frame(Kind::OutputAck, CommandId(8))
}

fn chunks(effects: &[Effect]) -> Vec<(u64, usize, bool)> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send { frame, .. } if frame.kind == Kind::Output => Some(frame),
        _ => None,
    });
    let chunks = frames.map(|frame| StreamChunk::decode(frame).unwrap());
    chunks.filter(|chunk| chunk.fd == OUT).map(|c| (c.offset, c.bytes.len(), c.end)).collect()
}

/// An owner with hosts 1 and 2, a client, and its command on both.
fn two() -> (Rig, [LinkId; 2], LinkId, CommandId) {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a", "b"]);
    let links = [rig.child(1, 1), rig.child(2, 2)];
    let id = CommandId(id.0 + 1);
    rig.frame(client, spawn(&spec(), &[(1, 0, 1), (2, 1, 1)]).frame(id));
    (rig, links, client, id)
}

#[test]
fn a_host_says_again_what_was_not_acknowledged() {
    let mut rig = Rig::host(1);
    let parent = rig.parent();
    let id = CommandId(8);
    rig.frame(parent, spawn(&spec(), &[(1, 0, 2)]).frame(id));
    rig.feed(output(id, 0, b"hello ", false));
    rig.feed(output(id, 0, b"world", false));
    rig.frame(parent, ack(0, OUT, 8));
    rig.close(parent);
    assert!(chunks(&rig.feed(output(id, 0, b"!", true))).is_empty(), "nobody is there");
    for fd in [OUT, Fd::STDERR] {
        rig.feed(end_of(id, 1, fd));
    }
    rig.feed(exited(id, 1));
    let parent = rig.parent();
    let again = Spawn { again: true, ..spawn(&spec(), &[(1, 0, 2)]) };
    let effects = rig.frame(parent, again.frame(id));
    assert_eq!(chunks(&effects), [(8, 3, false), (11, 1, false), (12, 0, true), (0, 0, true)]);
    assert_eq!(sent::<Exit>(&effects, parent)[0].rank, Rank(1), "said again");
    let started = effects.iter().any(|effect| matches!(effect, Effect::Start { .. }));
    assert!(!started, "nothing is started twice");
    let acks: Vec<StreamAck> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { frame, .. } => {
                StreamAck::decode(frame).ok().filter(|_| frame.kind == Kind::InputAck)
            }
            _ => None,
        })
        .collect();
    assert!(acks.iter().any(|ack| ack.rank == Rank(0) && ack.again && ack.offset == 0));
    assert!(acks.iter().any(|ack| ack.rank == Rank(1) && ack.closed && !ack.again));
}

#[test]
fn a_host_that_knows_nothing_of_it_says_so() {
    let mut rig = Rig::host(1);
    let parent = rig.parent();
    let again = Spawn { again: true, ..spawn(&spec(), &[(1, 0, 2)]) };
    let effects = rig.frame(parent, again.frame(CommandId(8)));
    let exits: Vec<Exit> = sent(&effects, parent);
    assert_eq!(exits.len(), 2);
    assert!(
        exits
            .iter()
            .all(|exit| matches!(exit.status, Status::Lost { outcome: Outcome::Unknown, .. }))
    );
    assert_eq!(rig.daemon.inspect().unsettled, [], "and keeps nothing of it");
}

#[test]
fn a_found_host_goes_on_with_its_command() {
    let (mut rig, [first, _], client, id) = two();
    let credit = StreamAck { rank: Rank(0), fd: OUT, offset: 0, closed: true, again: false };
    rig.frame(client, credit.frame(Kind::OutputAck, id));
    let effects = rig.close(first);
    assert!(redials(&effects, 1) && sent::<Exit>(&effects, client).is_empty());
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Suspect));
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    let effects = rig.feed(Input::Admitted { link, ticket: vec![1] });
    let spawns: Vec<Spawn> = sent(&effects, link);
    assert!(spawns[0].again);
    assert_eq!(spawns[0].targets, [Target { host: HostId(1), first: Rank(0), count: 1 }]);
    let told = effects.iter().any(|effect| {
        matches!(effect,
        Effect::Send { frame, .. } if frame.kind == Kind::OutputAck)
    });
    assert!(told, "that its output is not wanted may have been lost");
    assert_eq!(sent::<Welcome>(&effects, link)[0].incarnation, Incarnation(1));
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
    assert_eq!(rig.daemon.inspect().missing, 0);
}

#[test]
fn a_command_for_a_missing_host_waits_for_it() {
    let (mut rig, [first, _], client, id) = two();
    rig.close(first);
    let id = CommandId(id.0 + 1);
    let effects = rig.frame(client, spawn(&spec(), &[(1, 0, 1)]).frame(id));
    assert!(sent::<Exit>(&effects, client).is_empty());
    let lost = rig.not_found(1, true);
    let exits: Vec<Exit> = sent(&lost, client);
    let outcome = |exit: &Exit| match exit.status {
        Status::Lost { outcome, .. } => outcome,
        _ => panic!("{exit:?}"),
    };
    assert_eq!(exits.iter().map(outcome).collect::<Vec<_>>(), [Outcome::Unknown, Outcome::NotDone]);
}

#[test]
fn what_is_not_found_is_down_in_time() {
    let (mut rig, [first, second], client, _) = two();
    rig.close(first);
    rig.not_found(1, false);
    let effects = rig.pass(Duration::from_secs(2), &[second]);
    assert!(redials(&effects, 1), "tried again");
    rig.not_found(1, false);
    let effects = rig.pass(limits::DOWN_AFTER, &[second]);
    assert_eq!(sent::<Exit>(&effects, client).len(), 1);
    assert!(matches!(rig.daemon.host_state(HostId(1)), Some(HostState::Down { .. })));
}

#[test]
fn what_was_declared_down_comes_back_as_another_incarnation() {
    let (mut rig, [first, _], ..) = two();
    rig.close(first);
    rig.not_found(1, true);
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    let effects = rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert_eq!(sent::<Welcome>(&effects, link)[0].incarnation, Incarnation(2));
    assert!(sent::<Spawn>(&effects, link).is_empty());
}

#[test]
fn a_fenced_host_ends_what_was_given_up() {
    let mut rig = Rig::host(1);
    let parent = rig.parent();
    rig.frame(parent, spawn(&spec(), &[(1, 0, 1)]).frame(CommandId(8)));
    let mut kept = spec();
    kept.detached = true;
    rig.frame(parent, spawn(&kept, &[(1, 0, 1)]).frame(CommandId(9)));
    rig.close(parent);
    let (link, _) = rig.open(Peer::Parent);
    let mut word = Welcome::decode(&welcome(1)).unwrap();
    word.incarnation = Incarnation(2);
    let effects = rig.frame(link, word.frame(CommandId::NONE));
    let signalled: Vec<CommandId> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Signal { command, .. } => Some(*command),
            _ => None,
        })
        .collect();
    assert_eq!(signalled, [CommandId(8)], "detached commands go on");
}

#[test]
fn settled_commands_are_forgotten_with_the_next_heartbeat() {
    let (mut rig, [first, second], client, id) = two();
    for (link, rank) in [(first, 0), (second, 1)] {
        let (rank, count, status) = (Rank(rank), 1, Status::Exited(0));
        rig.frame(link, Exit { rank, count, status, elapsed_us: 1 }.frame(id));
    }
    assert_eq!(rig.daemon.inspect().commands, 0);
    let effects = rig.pass(limits::HEARTBEAT_EVERY, &[first, second, client]);
    assert_eq!(sent::<Settled>(&effects, first)[0].commands, [id]);

    let mut host = Rig::host(1);
    let parent = host.parent();
    host.frame(parent, spawn(&spec(), &[(1, 0, 1)]).frame(id));
    for fd in [OUT, Fd::STDERR] {
        host.feed(end_of(id, 0, fd));
    }
    host.feed(exited(id, 0));
    assert_eq!(host.daemon.inspect().unsettled, [id]);
    host.frame(parent, Settled { commands: vec![id] }.frame(CommandId::NONE));
    assert_eq!(host.daemon.inspect().unsettled, []);
}

#[test]
fn a_detached_command_waits_for_a_host_that_is_down() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let link = rig.child(1, 1);
    let id = CommandId(id.0 + 1);
    let mut kept = spec();
    kept.detached = true;
    rig.frame(client, spawn(&kept, &[(1, 0, 1)]).frame(id));
    rig.close(link);
    let effects = rig.not_found(1, true);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Stuck { .. })));
    assert_eq!(rig.daemon.inspect().commands, 1, "it is not given up");
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    let effects = rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert!(sent::<Spawn>(&effects, link)[0].again);
    let chunk = |offset, bytes: &'static [u8]| {
        let (rank, fd, bytes) = (Rank(0), OUT, bytes::Bytes::from_static(bytes));
        StreamChunk { rank, fd, offset, end: false, bytes }.frame(Kind::Output, id)
    };
    let kept = |effects: Vec<Effect>| effects.iter().any(|e| matches!(e, Effect::Keep { .. }));
    assert!(kept(rig.frame(link, chunk(0, b"abc"))));
    assert!(!kept(rig.frame(link, chunk(1, b"bc"))), "kept once");
    assert!(kept(rig.frame(link, chunk(1, b"bcd"))));
}

#[test]
fn the_next_life_of_the_owner_takes_detached_commands_up() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    rig.child(1, 1);
    let id = CommandId(id.0 + 1);
    let mut kept = spec();
    kept.detached = true;
    let effects = rig.frame(client, spawn(&kept, &[(1, 0, 2)]).frame(id));
    let head = effects.iter().find_map(|effect| match effect {
        Effect::KeepHead { head, .. } => Some(head.clone()),
        _ => None,
    });
    let (head, table) = (head.unwrap(), rig.daemon.table());

    let mut again = Rig::owner();
    again.daemon = posse_proto::Daemon::new(config(0, 2), again.now);
    again.daemon.restore(&table).unwrap();
    let over = Exit { rank: Rank(0), count: 1, status: Status::Exited(3), elapsed_us: 1 };
    let arrived = vec![(Rank(1), OUT, 5, false)];
    let progress = posse_proto::Progress { arrived, exits: vec![over] };
    again.daemon.restore_command(id, &head, &progress).unwrap();
    let (link, _) = again.open(Peer::Child(HostId(1)));
    again.frame(link, host_hello(1, 1));
    let effects = again.feed(Input::Admitted { link, ticket: vec![1] });
    let spawns: Vec<Spawn> = sent(&effects, link);
    assert!(spawns[0].again);
    assert_eq!(spawns[0].targets, [Target { host: HostId(1), first: Rank(1), count: 1 }]);
    assert_eq!(sent::<Current>(&effects, link)[0].commands, [id]);
    let told = effects.iter().find_map(|effect| match effect {
        Effect::Send { frame, .. } if frame.kind == Kind::OutputAck => {
            Some(StreamAck::decode(frame).unwrap().offset)
        }
        _ => None,
    });
    assert_eq!(told, Some(5), "what is on disk needs no keeping at its source");
    for cut in 0..head.len() {
        let mut daemon = posse_proto::Daemon::new(config(0, 3), again.now);
        assert!(daemon.restore_command(id, &head[..cut], &progress).is_err(), "cut to {cut}");
    }
}

#[test]
fn a_host_ends_what_the_owner_forgot_in_its_death() {
    let mut rig = Rig::host(1);
    let parent = rig.parent();
    let (known, forgotten) = (CommandId(8), CommandId(9));
    for id in [known, forgotten] {
        rig.frame(parent, spawn(&spec(), &[(1, 0, 1)]).frame(id));
    }
    let current = Current { host: HostId(1), origin: HostId::OWNER, commands: vec![known] };
    let effects = rig.frame(parent, current.frame(CommandId::NONE));
    let signalled = effects.iter().filter_map(|effect| match effect {
        Effect::Signal { command, .. } => Some(*command),
        _ => None,
    });
    assert_eq!(signalled.collect::<Vec<_>>(), [forgotten]);
}

/// The word went by a relay that carries the host, and a command overtook it on a direct link.
#[test]
fn a_command_that_is_newer_than_the_word_on_others_goes_on() {
    let mut rig = Rig::host(1);
    let (relay, _) = rig.open(Peer::Parent);
    let direct = rig.parent();
    rig.frame(direct, spawn(&spec(), &[(1, 0, 1)]).frame(CommandId(9)));
    rig.frame(relay, welcome(1));
    let current = Current { host: HostId(1), origin: HostId::OWNER, commands: vec![] };
    let effects = rig.frame(relay, current.frame(CommandId::NONE));
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Signal { .. })));
    assert!(rig.daemon.runs(CommandId(9)));
}

#[test]
fn nothing_comes_after_an_exit() {
    let (mut rig, [first, _], client, id) = two();
    let (rank, fd, bytes) = (Rank(0), OUT, bytes::Bytes::from_static(b"again"));
    let chunk = StreamChunk { rank, fd, offset: 0, end: false, bytes };
    let effects = rig.frame(first, chunk.frame(Kind::Output, id));
    assert_eq!(effects.len(), 1, "passed on to {client:?}");
    let exit = Exit { rank, count: 1, status: Status::Exited(0), elapsed_us: 0 };
    rig.frame(first, exit.frame(id));
    assert!(rig.frame(first, chunk.frame(Kind::Output, id)).is_empty());
}

/// What carries a host's link is said as it is: its port where it was found there.
#[test]
fn a_host_found_at_its_port_says_so() {
    let (mut rig, [first, _], ..) = two();
    let launcher = |rig: &mut Rig| {
        let (client, _) = rig.open(Peer::Local);
        let effects = rig.frame(client, hello(Role::Client));
        let welcome = &sent::<Welcome>(&effects, client)[0];
        let host = welcome.hosts.hosts.iter().find(|host| host.number == HostId(1)).unwrap();
        host.launcher.clone()
    };
    assert_eq!(launcher(&mut rig), "local");
    rig.close(first);
    rig.feed(Input::Launch { number: HostId(1), stage: Stage::Direct });
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert_eq!(launcher(&mut rig), "direct");
    rig.close(link);
    assert_eq!(launcher(&mut rig), "local", "until it is found there again");
}
