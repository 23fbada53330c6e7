//! What the control state's shell is told and asked: who asks in whose name, which process holds
//! what, and the ways of messages between control states.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer, Registry};
use posse_wire::msg::{Control, Exit, Names, Status, Voters};
use posse_wire::{CommandId, Frame, HostId, Message, Rank};
use rig::*;

/// An owner that was asked for two hosts.
fn vm() -> (Rig, LinkId, CommandId) {
    let mut rig = Rig::owner();
    let (client, first) = rig.client();
    rig.up(client, first, &["a", "b"]);
    (rig, client, first)
}

fn control(from: u32, to: u32) -> Frame {
    Control { to: HostId(to), from: HostId(from), body: vec![7] }.frame(CommandId::NONE)
}

fn is_for_us(effects: &[Effect], host: u32) -> bool {
    let is = |e: &Effect| matches!(e, Effect::Control { from, .. } if *from == HostId(host));
    effects.iter().any(is)
}

fn sent(effects: &[Effect]) -> usize {
    let is_control = |e: &&Effect| match e {
        Effect::Send { frame, .. } => frame.kind == posse_wire::Kind::Control,
        _ => false,
    };
    effects.iter().filter(is_control).count()
}

#[test]
fn messages_go_down_up_or_nowhere_and_a_child_speaks_for_its_own() {
    let (mut rig, _, _) = vm();
    let (one, two) = (rig.child(1, 1), rig.child(2, 1));
    let (a, b) = (1, 2);
    assert!(is_for_us(&rig.frame(one, control(a, 0)), a));
    assert_eq!(sent(&rig.frame(one, control(a, b))), 1);
    // As another, or to one that nobody reaches.
    let lie = rig.frame(one, control(b, 0));
    assert!(!is_for_us(&lie, b) && sent(&lie) == 0);
    assert_eq!(sent(&rig.frame(two, control(b, 9))), 0);
    let body = vec![1];
    assert_eq!(sent(&rig.feed(Input::ControlSend { to: HostId(b), body: body.clone() })), 1);
    assert_eq!(sent(&rig.feed(Input::ControlSend { to: HostId(9), body })), 0);
}

#[test]
fn a_relay_passes_on_what_its_parent_says_and_sends_nothing_back() {
    let mut rig = Rig::host(3);
    let parent = rig.parent();
    assert!(is_for_us(&rig.frame(parent, control(8, 3)), 8));
    assert_eq!(sent(&rig.frame(parent, control(8, 9))), 0);
    assert_eq!(sent(&rig.feed(Input::ControlSend { to: HostId(9), body: vec![1] })), 1);
}

#[test]
fn questions_are_the_shells_and_a_front_end_that_goes_is_told() {
    let mut rig = Rig::owner();
    let (client, first) = rig.client();
    let asked = rig.frame(client, Names::Open.frame(first));
    let is_names = |e: &Effect| match e {
        Effect::Registry { ask, id, .. } => (ask, *id) == (&Registry::Names(Names::Open), first),
        _ => false,
    };
    assert!(asked.iter().any(is_names), "{asked:?}");
    let asked = rig.frame(client, Voters::default().frame(first));
    let is_voters = |e: &Effect| matches!(e, Effect::Registry { ask: Registry::Voters, .. });
    assert!(asked.iter().any(is_voters), "{asked:?}");
    assert_eq!(rig.daemon.client_first(client), Some(first));
    assert!(rig.daemon.has_client(first));
    let gone = rig.close(client);
    let is_gone = |e: &Effect| matches!(e, Effect::ClientGone { first: f, .. } if *f == first);
    assert!(gone.iter().any(is_gone), "{gone:?}");
    assert!(!rig.daemon.has_client(first));
    // A stranger that never said hello held nothing.
    let (link, _) = rig.open(Peer::Local);
    let gone = rig.close(link);
    assert!(!gone.iter().any(|e| matches!(e, Effect::ClientGone { .. })), "{gone:?}");
}

#[test]
fn who_holds_a_name_is_a_process_that_is_not_over() {
    let (mut rig, client, first) = vm();
    let child = rig.child(1, 1);
    let id = CommandId(first.0 + 1);
    rig.frame(client, spawn(&spec(), &[(1, 0, 2), (0, 2, 1)]).frame(id));
    let life = |host: u32| Some((HostId(host), posse_wire::Incarnation(1)));
    assert_eq!(rig.daemon.holder(id, Rank(0)), life(1));
    assert_eq!(rig.daemon.holder(id, Rank(2)), life(0));
    assert_eq!(rig.daemon.holder(id, Rank(3)), None);
    assert_eq!(rig.daemon.holder(CommandId(1), Rank(0)), None);
    let exit = Exit { rank: Rank(0), count: 1, status: Status::Exited(0), elapsed_us: 1 };
    let over = rig.frame(child, exit.frame(id));
    let is_over = |e: &Effect| matches!(e, Effect::Over { rank: Rank(0), count: 1, .. });
    assert!(over.iter().any(is_over), "{over:?}");
    assert_eq!(rig.daemon.holder(id, Rank(0)), None);
    assert_eq!(rig.daemon.holder(id, Rank(1)), life(1));
}
