//! Who is let in, and what strangers are told.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;
use std::time::Duration;

#[test]
fn a_client_gets_ids_of_its_own() {
    let mut rig = Rig::owner();
    let (_, one) = rig.client();
    let (_, other) = rig.client();
    assert_eq!(one.origin(), HostId::OWNER);
    assert!(other.0 - one.0 >= 256);
}

#[test]
fn ids_of_another_life_are_others() {
    let mut one = Rig::owner();
    let mut other = Rig::owner();
    other.daemon = posse_proto::Daemon::new(config(0, 0x7777_0000), posse_proto::Time(0));
    assert_ne!(one.client().1, other.client().1);
}

#[test]
fn another_version_or_vm_or_role_is_refused() {
    let future = |wire_oldest| Hello { wire: 99, wire_oldest, vm: VM, role: Role::Client };
    let mut rig = Rig::owner();
    let (link, _) = rig.open(Peer::Local);
    let effects = rig.frame(link, future(98).frame(CommandId::NONE));
    assert!(refusal(&effects).unwrap().contains("no common wire version"));
    assert!(closes(&effects, link));
    let (link, _) = rig.open(Peer::Local);
    assert!(refusal(&rig.frame(link, future(1).frame(CommandId::NONE))).is_none());

    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    let mut other = Hello::decode(&host_hello(1, 1)).unwrap();
    other.vm = VmId([9; 16]);
    let effects = rig.frame(link, other.frame(CommandId::NONE));
    assert_eq!(refusal(&effects).unwrap(), "this is another vm");

    for (peer, hello) in [
        (Peer::Local, host_hello(1, 1)),
        (Peer::Child(HostId(1)), hello(Role::Client)),
        (Peer::Child(HostId(1)), host_hello(2, 1)),
    ] {
        let (link, _) = rig.open(peer);
        assert!(refusal(&rig.frame(link, hello)).unwrap().contains("role is not yours"));
    }
}

#[test]
fn nothing_but_a_hello_is_taken_from_a_stranger() {
    for peer in [Peer::Local, Peer::Parent, Peer::Child(HostId(1))] {
        for kind in Kind::ALL {
            let mut rig = Rig::owner();
            let (link, _) = rig.open(peer.clone());
            let body = bytes::Bytes::new();
            let effects = rig.frame(link, Frame { kind: *kind, flags: 0, id: CommandId(1), body });
            assert!(closes(&effects, link), "{peer:?} {}", kind.name());
            assert_eq!(rig.daemon.inspect().links, 0);
        }
    }
}

#[test]
fn the_reason_of_a_refusal_is_not_lost() {
    let mut rig = Rig::host(3);
    let (link, _) = rig.open(Peer::Parent);
    let refused = Refused { reason: "this is another vm".into() }.frame(CommandId::NONE);
    let effects = rig.frame(link, refused);
    assert!(closes(&effects, link));
    assert!(refusal(&effects).is_none(), "a refusal is not answered with one");
}

#[test]
fn a_welcome_for_another_host_or_in_another_version_is_refused() {
    let mut rig = Rig::host(3);
    let (link, _) = rig.open(Peer::Parent);
    assert!(refusal(&rig.frame(link, welcome(4))).unwrap().contains("another host"));
    let (link, _) = rig.open(Peer::Parent);
    let mut future = Welcome::decode(&welcome(3)).unwrap();
    future.wire = 99;
    assert!(refusal(&rig.frame(link, future.frame(CommandId::NONE))).is_some());
}

#[test]
fn hello_is_said_once() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    let effects = rig.frame(link, host_hello(1, 1));
    assert!(matches!(effects[..], [Effect::Admit { .. }]));
    assert_eq!(refusal(&rig.frame(link, host_hello(1, 2))).unwrap(), "said hello twice");
    assert!(rig.feed(Input::Admitted { link, ticket: vec![1] }).is_empty());
}

#[test]
fn silence_in_the_handshake_ends_it() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    // A hundred daemons that start on a busy computer need their time.
    assert!(!closes(&rig.pass(Duration::from_secs(29), &[]), link));
    let effects = rig.pass(Duration::from_secs(2), &[]);
    assert!(closes(&effects, link));
    let stages: Vec<Launch> = sent(&effects, client);
    assert!(matches!(stages[0].stage, Stage::Failed { .. }));
    assert_eq!(sent::<Done>(&effects, client).len(), 1);
}

#[test]
fn a_host_that_was_removed_is_not_let_in_by_a_late_hello() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let (early, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(early, host_hello(1, 1));
    let remove = Remove { hosts: vec![HostId(1)], purge: false };
    rig.frame(client, remove.frame(CommandId(id.0 + 1)));
    let effects = rig.feed(Input::Admitted { link: early, ticket: vec![1] });
    assert!(refusal(&effects).unwrap().contains("no longer of this vm"));
    let (late, _) = rig.open(Peer::Child(HostId(1)));
    assert!(refusal(&rig.frame(late, host_hello(1, 1))).is_some());
    assert!(rig.daemon.inspect().routes.is_empty());
}

#[test]
fn a_new_link_takes_the_place_of_the_old_one() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let old = rig.child(1, 5);
    let new = rig.child(1, 5);
    assert_eq!(rig.daemon.inspect().routes, [(HostId(1), new)]);
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
    assert!(rig.frame(old, Heartbeat::default().frame(CommandId::NONE)).is_empty());
    assert_eq!(rig.daemon.inspect().links, 2);
}

#[test]
fn a_second_link_that_fails_does_not_take_a_host_down() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    rig.child(1, 5);
    let (second, _) = rig.open(Peer::Child(HostId(1)));
    rig.close(second);
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
}

/// The vm may end while a host is launched; its daemon is nobody's then.
#[test]
fn a_host_that_never_came_to_its_vm_ends_soon_and_another_lingers() {
    let ends = |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::Exit { .. }));
    let mut orphan = Rig::host(1);
    let (link, _) = orphan.open(Peer::Parent);
    let _ = orphan.close(link);
    assert!(ends(&orphan.pass(limits::JOIN_WITHIN + limits::LOOK_EVERY, &[])));
    let mut host = Rig::host(1);
    let parent = host.parent();
    let _ = host.close(parent);
    assert!(!ends(&host.pass(limits::JOIN_WITHIN + limits::LOOK_EVERY, &[])));
}
