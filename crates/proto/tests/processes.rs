//! Processes that have ids: who gets which, whose messages arrive, who is told of a death.

#![allow(clippy::unwrap_used)]

mod rig;

use bytes::Bytes;
use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::{Rig, hello, sent, spawn, spec};

const ASK: CommandId = CommandId(77);

fn process(host: u32, sequence: u32) -> ProcessId {
    ProcessId::new(HostId(host), Incarnation(1), sequence).unwrap()
}

fn enrol(rig: &mut Rig, claims: Option<ProcessId>) -> (LinkId, ProcessId) {
    let (link, _) = rig.open(Peer::Local);
    rig.frame(link, hello(Role::Process));
    let effects = rig.frame(link, Enrol { claims }.frame(ASK));
    (link, sent::<Enrolled>(&effects, link)[0].process)
}

fn message(from: ProcessId, to: ProcessId) -> Frame {
    Packet { from, to, bytes: Bytes::from_static(b"hello") }.frame()
}

fn packets(effects: &[Effect], to: LinkId) -> Vec<Packet> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send { link, frame } if *link == to && frame.kind == Kind::Message => Some(frame),
        _ => None,
    });
    frames.map(|frame| Packet::decode(frame).unwrap()).collect()
}

#[test]
fn a_process_claims_the_id_that_it_was_started_with_once() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let started = Spec { parent: Some(process(0, 9)), ..spec() };
    let effects = rig.frame(client, spawn(&started, &[(0, 0, 2)]).frame(id));
    let ids: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Start { process, .. } => *process,
            _ => None,
        })
        .collect();
    assert_eq!(ids, [process(0, 1), process(0, 2)]);
    let entries = rig.daemon.enrolled(Some(id));
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].parent, Some(process(0, 9)));
    assert_eq!(entries[0].state, EnrolledState::Started);
    assert_eq!(enrol(&mut rig, Some(ids[0])).1, ids[0]);
    assert_eq!(enrol(&mut rig, Some(ids[0])).1, process(0, 3), "its child, with its environment");
    assert_eq!(enrol(&mut rig, Some(process(1, 2))).1, process(0, 4), "of another host");
    assert_eq!(enrol(&mut rig, None).1, process(0, 5));
    assert_eq!(rig.daemon.enrolled(None).len(), 5);
}

#[test]
fn messages_go_to_their_process_and_only_under_the_own_name() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["lab1"]);
    let child = rig.child(1, 5);
    let (a, first) = enrol(&mut rig, None);
    let (b, second) = enrol(&mut rig, None);
    let effects = rig.frame(a, message(first, second));
    assert_eq!(packets(&effects, b)[0].bytes, "hello");
    let far = process(1, 4);
    assert_eq!(packets(&rig.frame(a, message(first, far)), child).len(), 1);
    assert_eq!(packets(&rig.frame(child, message(far, first)), a).len(), 1);
    assert!(rig.frame(a, message(second, first)).is_empty(), "another's name");
    assert!(rig.frame(child, message(process(2, 1), first)).is_empty(), "a host elsewhere");
    assert!(rig.frame(child, message(far, process(1, 5))).is_empty(), "it knows its own");
}

#[test]
fn a_message_for_nobody_is_answered_so() {
    let mut rig = Rig::owner();
    let (a, first) = enrol(&mut rig, None);
    for nobody in [process(0, 9), process(7, 1)] {
        let effects = rig.frame(a, message(first, nobody));
        let gone = sent::<Gone>(&effects, a);
        assert_eq!(gone[0].process, nobody);
    }
}

#[test]
fn followers_are_told_of_an_end_once() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["lab1"]);
    let child = rig.child(1, 5);
    let (a, first) = enrol(&mut rig, None);
    let (b, second) = enrol(&mut rig, None);
    let far = process(1, 4);
    for (link, by) in [(a, first), (child, far), (a, first)] {
        assert!(rig.frame(link, Follow { by }.frame(CommandId(second.0))).is_empty());
    }
    let effects = rig.close(b);
    assert_eq!(sent::<Gone>(&effects, a).len(), 1);
    assert_eq!(sent::<Gone>(&effects, child)[0].process, second);
    let effects = rig.frame(a, Follow { by: first }.frame(CommandId(second.0)));
    assert_eq!(sent::<Gone>(&effects, a).len(), 1, "it is over already");
}

#[test]
fn one_that_never_enrolled_ends_too() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, spawn(&spec(), &[(0, 0, 1)]).frame(id));
    let (a, first) = enrol(&mut rig, None);
    rig.frame(a, Follow { by: first }.frame(CommandId(process(0, 1).0)));
    let (command, rank) = (id, Rank(0));
    let effects = rig.feed(Input::Exited { command, rank, status: Status::Exited(3) });
    let gone = sent::<Gone>(&effects, a);
    assert_eq!((gone[0].process, gone[0].why.as_str()), (process(0, 1), "it exited with 3"));
    let why = "it exited with 3".to_owned();
    assert_eq!(rig.daemon.enrolled(Some(id))[0].state, EnrolledState::Over { why });
}

#[test]
fn a_lost_host_is_told_to_all_and_followers_hear_of_its_processes() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["lab1", "lab2"]);
    let lab1 = rig.child(1, 5);
    let lab2 = rig.child(2, 5);
    let (a, first) = enrol(&mut rig, None);
    let effects = rig.frame(a, Follow { by: first }.frame(CommandId(process(1, 4).0)));
    assert_eq!(sent::<Follow>(&effects, lab1).len(), 1);
    rig.close(lab1);
    let effects = rig.not_found(1, true);
    assert_eq!(sent::<Gone>(&effects, a)[0].process, process(1, 4));
    assert_eq!(sent::<Lost>(&effects, lab2)[0].hosts, [(HostId(1), Incarnation(1))]);
}

#[test]
fn on_a_host_the_leaders_word_counts_and_what_was_asked_is_asked_again() {
    let mut rig = Rig::host(2);
    let parent = rig.parent();
    let (a, first) = enrol(&mut rig, None);
    let target = process(1, 4);
    let effects = rig.frame(a, Follow { by: first }.frame(CommandId(target.0)));
    assert_eq!(sent::<Follow>(&effects, parent).len(), 1);
    rig.close(parent);
    let (again, _) = rig.open(Peer::Parent);
    let effects = rig.frame(again, rig::welcome(2));
    assert_eq!(sent::<Follow>(&effects, again), [Follow { by: first }]);
    let lost = |life| {
        let (hosts, why) = (vec![(HostId(1), Incarnation(life))], "silent".to_owned());
        Lost { hosts, why }.frame(CommandId::NONE)
    };
    assert!(rig.frame(again, lost(2)).is_empty(), "another life");
    assert_eq!(sent::<Gone>(&rig.frame(again, lost(1)), a).len(), 1);
    assert!(rig.frame(again, lost(1)).is_empty());
}

#[test]
fn two_processes_of_a_host_meet_and_others_do_not() {
    let mut rig = Rig::owner();
    let (a, first) = enrol(&mut rig, None);
    let (b, second) = enrol(&mut rig, None);
    let mut meet = |link: LinkId, with: ProcessId| {
        let effects = rig.frame(link, Meet { key: None, answers: false }.frame(CommandId(with.0)));
        effects.iter().find_map(|effect| match effect {
            Effect::Meet { a, b, number } => Some((*a, *b, *number)),
            _ => None,
        })
    };
    assert_eq!(meet(a, second), Some(((a, first), (b, second), 1)));
    assert_eq!(meet(b, first), Some(((b, second), (a, first), 2)), "anew, with a greater number");
    for stranger in [first, process(0, 99), process(1, 1), ProcessId(0)] {
        assert_eq!(meet(a, stranger), None, "{stranger}");
    }
    let parted = rig.frame(a, Part {}.frame(CommandId(second.0)));
    assert!(parted.is_empty());
    rig.close(b);
    let effects = rig.frame(a, Meet { key: None, answers: false }.frame(CommandId(second.0)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Meet { .. })), "it is over");
}

#[test]
fn an_end_that_nobody_could_be_told_is_told_over_the_next_way_up() {
    let mut rig = Rig::host(2);
    let parent = rig.parent();
    let (link, own) = enrol(&mut rig, None);
    let by = process(1, 4);
    assert!(rig.frame(parent, Follow { by }.frame(CommandId(own.0))).is_empty());
    rig.close(parent);
    assert!(rig.close(link).is_empty(), "there is no way");
    let (again, _) = rig.open(Peer::Parent);
    let gone = sent::<Gone>(&rig.frame(again, rig::welcome(2)), again);
    assert_eq!((gone.len(), gone[0].process), (1, own));
    rig.close(again);
    let (third, _) = rig.open(Peer::Parent);
    assert!(sent::<Gone>(&rig.frame(third, rig::welcome(2)), third).is_empty(), "once");
}

#[test]
fn a_host_that_is_found_again_is_told_what_ended_meanwhile_and_one_that_is_down_is_not() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["lab1", "lab2"]);
    let (lab1, lab2) = (rig.child(1, 5), rig.child(2, 5));
    let (a, first) = enrol(&mut rig, None);
    for (child, host) in [(lab1, 1), (lab2, 2)] {
        rig.frame(child, Follow { by: process(host, 4) }.frame(CommandId(first.0)));
        rig.close(child);
    }
    assert!(sent::<Gone>(&rig.close(a), lab1).is_empty());
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, rig::host_hello(1, 5));
    let found = rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert_eq!(sent::<Gone>(&found, link)[0].process, first);
    rig.not_found(2, true);
    let (link, _) = rig.open(Peer::Child(HostId(2)));
    rig.frame(link, rig::host_hello(2, 6));
    let another_life = rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert!(sent::<Gone>(&another_life, link).is_empty());
}

#[test]
fn who_had_one_started_is_told_that_it_never_ran() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let (a, parent) = enrol(&mut rig, None);
    let started = Spec { parent: Some(parent), ..spec() };
    rig.frame(client, spawn(&started, &[(0, 0, 2)]).frame(id));
    let entries = rig.daemon.enrolled(Some(id));
    assert_eq!(entries[0].state, EnrolledState::Started, "as the first answer may say");
    let (command, rank, why) = (id, Rank(0), "not found".to_owned());
    let effects = rig.feed(Input::NotStarted { command, rank, why });
    let gone = sent::<Gone>(&effects, a);
    assert_eq!((gone.len(), gone[0].process), (1, entries[0].process));
    rig.frame(a, Follow { by: parent }.frame(CommandId(entries[1].process.0)));
    let (rank, why) = (Rank(1), "not found".to_owned());
    let effects = rig.feed(Input::NotStarted { command, rank, why });
    assert_eq!(sent::<Gone>(&effects, a).len(), 1, "once, also where it follows");
}
