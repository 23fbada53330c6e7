//! Commands as a simulator rarely meets them: ids taken twice, hosts nobody knows, time limits,
//! ends that are ignored, outputs that stay open, front ends that go.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;
use std::time::Duration;

fn kills(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Kill { .. })).count()
}

fn signals(effects: &[Effect]) -> Vec<u8> {
    let signal = |effect: &Effect| match effect {
        Effect::Signal { signal, .. } => Some(*signal),
        _ => None,
    };
    effects.iter().filter_map(signal).collect()
}

fn statuses(effects: &[Effect], link: posse_proto::LinkId) -> Vec<Status> {
    sent::<Exit>(effects, link).into_iter().map(|exit| exit.status).collect()
}

#[test]
fn a_host_that_nobody_knows_is_lost_and_not_done() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let effects = rig.frame(client, spawn(&spec(), &[(9, 0, 2)]).frame(id));
    let exits: Vec<Exit> = sent(&effects, client);
    assert_eq!((exits.len(), exits[0].count), (1, 2));
    assert!(matches!(exits[0].status, Status::Lost { outcome: Outcome::NotDone, .. }));
    assert!(!rig.daemon.has_work());
}

#[test]
fn a_command_without_processes_is_over_at_once() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[]).frame(id));
    assert!(!rig.daemon.has_work());
}

#[test]
fn an_id_taken_twice_is_refused_and_the_first_goes_on() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    let (other, _) = rig.client();
    let effects = rig.frame(other, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    assert!(matches!(statuses(&effects, other)[0], Status::Lost { .. }));
    assert_eq!(rig.daemon.inspect().processes, 1);
    for target in [vec![HostId(0), HostId(9)], vec![HostId(0)]] {
        let query = Query { targets: target, question: Question::Load };
        rig.frame(client, query.frame(CommandId(id.0 + 1)));
    }
    assert_eq!(rig.daemon.inspect().queries, 1);
}

#[test]
fn ranks_that_overlap_close_the_link_of_who_sent_them() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let effects = rig.frame(client, spawn(&spec(), &[(0, 0, 2), (0, 1, 1)]).frame(id));
    assert!(closes(&effects, client));
    assert!(!rig.daemon.has_work());
}

#[test]
fn a_time_limit_is_polite_first() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let limited = Spec { timeout_ms: Some(3_000), ..spec() };
    rig.frame(client, spawn(&limited, &[(0, 0, 1)]).frame(id));
    assert!(signals(&rig.pass(Duration::from_millis(2_750), &[])).is_empty());
    assert_eq!(signals(&rig.pass(Duration::from_millis(250), &[])), [15]);
    assert_eq!(kills(&rig.pass(Duration::from_millis(750), &[])), 0);
    assert_eq!(kills(&rig.pass(Duration::from_millis(250), &[])), 1);
    rig.feed(end_of(id, 0, Fd::STDOUT));
    rig.feed(end_of(id, 0, Fd::STDERR));
    let effects = rig.feed(exited(id, 0));
    assert_eq!(statuses(&effects, client), [Status::TimedOut]);
    assert_eq!(rig.daemon.inspect().deadlines, 0);
}

#[test]
fn a_time_limit_does_not_shorten_the_grace_of_an_end() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let limited = Spec { timeout_ms: Some(500), ..spec() };
    rig.frame(client, spawn(&limited, &[(0, 0, 1)]).frame(id));
    rig.now = rig.now + Duration::from_millis(250);
    assert_eq!(signals(&rig.frame(client, End { rank: None, signal: 2 }.frame(id))), [2]);
    assert!(signals(&rig.frame(client, End { rank: None, signal: 2 }.frame(id))).is_empty());
    assert_eq!(kills(&rig.pass(Duration::from_millis(750), &[])), 0);
    assert_eq!(kills(&rig.pass(Duration::from_millis(250), &[])), 1);
}

#[test]
fn sigkill_is_not_polite() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 2)]).frame(id));
    let effects = rig.frame(client, End { rank: Some(Rank(1)), signal: 9 }.frame(id));
    assert_eq!((kills(&effects), signals(&effects).len()), (1, 0));
}

#[test]
fn a_reaped_process_is_not_signalled() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    assert_eq!(kills(&rig.feed(exited(id, 0))), 1, "what it left is killed");
    assert!(signals(&rig.frame(client, Signal { rank: None, signal: 10 }.frame(id))).is_empty());
    assert!(signals(&rig.frame(client, End { rank: None, signal: 15 }.frame(id))).is_empty());
}

#[test]
fn an_output_held_open_by_what_cannot_die_is_given_up() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    rig.feed(end_of(id, 0, Fd::STDERR));
    rig.feed(exited(id, 0));
    assert!(statuses(&rig.pass(Duration::from_millis(4_750), &[]), client).is_empty());
    let effects = rig.pass(Duration::from_millis(500), &[]);
    assert_eq!(statuses(&effects, client), [Status::Exited(0)]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CloseOutput { .. })));
    assert!(!rig.daemon.has_work());
}

#[test]
fn an_output_that_waits_for_its_reader_is_not_cut() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    rig.feed(end_of(id, 0, Fd::STDERR));
    rig.feed(output(id, 0, &[b'x'; 4096], false));
    rig.feed(exited(id, 0));
    let (rank, fd) = (Rank(0), Fd::STDOUT);
    for offset in [2_048, 4_096] {
        assert!(statuses(&rig.pass(Duration::from_secs(12), &[]), client).is_empty());
        let ack = StreamAck { rank, fd, offset, closed: false, again: false };
        let effects = rig.frame(client, ack.frame(Kind::OutputAck, id));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Read { .. })));
        assert!(statuses(&rig.pass(Duration::from_millis(4_500), &[]), client).is_empty());
        let more = if offset == 2_048 { &[b'y'; 2048][..] } else { b"z" };
        rig.feed(output(id, 0, more, offset == 4_096));
    }
    assert!(!rig.daemon.has_work());
}

#[test]
fn a_front_end_that_goes_takes_its_command_along_unread_bytes_and_all() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    rig.feed(output(id, 0, &[b'x'; 4096], false));
    let effects = rig.close(client);
    assert_eq!(signals(&effects), [1]);
    let closed = effects.iter().filter(|e| matches!(e, Effect::CloseOutput { .. })).count();
    assert_eq!(closed, 2);
    assert_eq!(kills(&rig.pass(Duration::from_secs(1), &[])), 1);
    let effects = rig.feed(exited(id, 0));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Forget { .. })));
    assert!(!rig.daemon.has_work());
}

#[test]
fn a_session_outlives_its_parent_for_the_grace() {
    let mut rig = Rig::host(3);
    let parent = rig.parent();
    let id = CommandId(77);
    rig.frame(parent, spawn(&spec(), &[(3, 0, 1)]).frame(id));
    assert!(signals(&rig.close(parent)).is_empty());
    assert!(signals(&rig.pass(Duration::from_millis(4_750), &[])).is_empty());
    assert_eq!(signals(&rig.pass(Duration::from_millis(250), &[])), [1]);
    assert_eq!(kills(&rig.pass(Duration::from_secs(1), &[])), 1);
    rig.feed(exited(id, 0));
    assert!(!rig.daemon.has_work());
}

#[test]
fn a_detached_command_is_kept_and_replayed() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let detached = Spec { detached: true, title: "é".repeat(500), ..spec() };
    rig.frame(client, spawn(&detached, &[(0, 0, 1)]).frame(id));
    rig.close(client);
    assert_eq!(rig.daemon.inspect().processes, 1);
    let kept = |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::Keep { .. }));
    let mut said = rig.feed(output(id, 0, b"hello", true));
    assert!(kept(&said));
    let (rank, fd) = (Rank(0), Fd::STDIN);
    let closed = rig.feed(Input::InputClosed { command: id, rank, fd });
    assert!(!kept(&closed), "only output and exits are replayed");
    said.extend(rig.feed(end_of(id, 0, Fd::STDERR)));
    said.extend(rig.feed(exited(id, 0)));
    assert_eq!((rig.daemon.has_work(), rig.daemon.inspect().kept), (false, 0));
    assert!(rig.daemon.runs(id), "until all of it is on disk");
    rig.keep_all(&said);
    assert_eq!((rig.daemon.has_work(), rig.daemon.inspect().kept), (false, 1));

    let (client, next) = rig.client();
    let effects = rig.frame(client, Attach { follow: false }.frame(id));
    assert!(matches!(effects[..], [Effect::Replay { command, .. }] if command == id));
    let effects = rig.frame(client, Attach { follow: true }.frame(next));
    assert!(sent::<Done>(&effects, client)[0].error.is_some());
    let effects = rig.frame(client, Commands::default().frame(next));
    let list: Vec<Commands> = sent(&effects, client);
    assert!(list[0].commands[0].title.len() <= limits::TITLE_BYTES_MAX);
}

#[test]
fn stdin_is_taken_in_order_and_within_its_window() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 2)]).frame(id));
    let mut send = |rank: Rank, offset: u64, length: usize, end: bool| {
        let bytes = bytes::Bytes::from(vec![b'x'; length]);
        let chunk = StreamChunk { rank, fd: Fd::STDIN, offset, end, bytes };
        let effects = rig.frame(client, chunk.frame(Kind::Input, id));
        let taken = |effect: &Effect| match effect {
            Effect::Write { bytes, end, .. } => Some((bytes.len(), *end)),
            _ => None,
        };
        effects.iter().filter_map(taken).collect::<Vec<_>>()
    };
    assert_eq!(send(Rank::ALL, 0, 100, false), [(100, false); 2]);
    assert_eq!(send(Rank::ALL, 0, 100, false), [], "known already");
    assert_eq!(send(Rank(1), 200, 10, false), [], "a gap before it");
    assert_eq!(send(Rank(1), 50, 100, false), [(50, false)], "half known");
    assert_eq!(send(Rank(1), 150, 4096, false), [], "no room");
    assert_eq!(send(Rank(1), u64::MAX, 10, true), []);
    assert_eq!(send(Rank(1), 150, 0, true), [(0, true)]);
    assert_eq!(send(Rank(1), 150, 10, false), [], "after the end");
    assert_eq!(send(Rank(9), 0, 10, false), []);
}

#[test]
fn a_child_speaks_only_for_its_own() {
    let mut rig = Rig::owner();
    let (client, up) = rig.client();
    rig.up(client, up, &["a", "b"]);
    let (one, two) = (rig.child(1, 1), rig.child(2, 2));
    let id = CommandId(up.0 + 1);
    rig.frame(client, spawn(&spec(), &[(1, 0, 2), (2, 2, 2)]).frame(id));
    let exit = |rank, count| {
        Exit { rank: Rank(rank), count, status: Status::Exited(0), elapsed_us: 1 }.frame(id)
    };
    for (from, rank, count) in [(two, 0, 1), (one, 1, 2), (one, 0, u32::MAX), (two, 3, 9)] {
        assert!(rig.frame(from, exit(rank, count)).is_empty(), "rank {rank} count {count}");
    }
    assert_eq!(sent::<Exit>(&rig.frame(one, exit(0, 2)), client).len(), 1);
    assert!(rig.frame(one, exit(0, 2)).is_empty(), "said before");

    let query = CommandId(id.0 + 1);
    let targets = vec![HostId(1), HostId(2)];
    rig.frame(client, Query { targets, question: Question::Ping }.frame(query));
    let pong = Reply { host: HostId(1), answer: Answered::Pong }.frame(query);
    assert!(rig.frame(two, pong.clone()).is_empty(), "another host's answer");
    assert_eq!(sent::<Reply>(&rig.frame(one, pong), client).len(), 1);
    assert_eq!(sent::<Reply>(&rig.close(two), client).len(), 1);

    let reach = Reach { down: vec![(HostId(1), "a lie".into())] };
    assert!(rig.close(two).is_empty());
    let two = rig.child(2, 3);
    rig.frame(two, reach.frame(CommandId::NONE));
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
}
