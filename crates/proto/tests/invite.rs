//! Hosts that join by a code: their numbers, their links, and their leaving.

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;

fn invite(uses: u32) -> Frame {
    Invite { uses, for_ms: 1000, at: Vec::new(), port: 0 }.frame(CommandId(7))
}

fn leave() -> Frame {
    let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
    Apply { wire, wire_oldest, vm: VM, wish: Application::Leave }.frame(CommandId::NONE)
}

/// The host `number` comes by a link of its own.
fn come(rig: &mut Rig, number: u32) -> LinkId {
    let (link, _) = rig.open(Peer::Child(HostId(number)));
    rig.frame(link, host_hello(number, 1));
    rig.feed(Input::Admitted { link, ticket: vec![1] });
    link
}

fn state(rig: &mut Rig, number: u32) -> Option<HostState> {
    let (client, id) = rig.client();
    let effects = rig.frame(client, Hosts::default().frame(id));
    let hosts: Vec<Hosts> = sent(&effects, client);
    let found = hosts.iter().flat_map(|part| &part.hosts).find(|host| host.number.0 == number);
    found.map(|host| host.state.clone())
}

#[test]
fn codes_are_the_owners() {
    let mut owner = Rig::owner();
    let (client, _) = owner.client();
    let effects = owner.frame(client, invite(1));
    assert!(matches!(&effects[..], [Effect::Invite { ask, .. }] if ask.uses == 1), "{effects:?}");
}

#[test]
fn a_host_that_joined_comes_goes_and_leaves() {
    let mut owner = Rig::owner();
    let number = owner.daemon.add_invited("desk");
    assert_eq!(number, Ok(HostId(1)));
    assert!(owner.daemon.is_invited(HostId(1)) && !owner.daemon.is_invited(HostId(0)));
    assert!(matches!(state(&mut owner, 1), Some(HostState::Down { .. })));
    let link = come(&mut owner, 1);
    assert_eq!(state(&mut owner, 1), Some(HostState::Up));
    let taken = owner.daemon.add_invited("desk");
    assert!(taken.is_err_and(|why| why.contains("already")));
    // Its link is lost: the shell says that it dials by itself, and it does.
    let effects = owner.close(link);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Redial { .. })), "{effects:?}");
    owner.not_found(1, false);
    assert_eq!(state(&mut owner, 1), Some(HostState::Suspect));
    let link = come(&mut owner, 1);
    assert_eq!(state(&mut owner, 1), Some(HostState::Up));
    let effects = owner.frame(link, leave());
    assert_eq!(sent::<Down>(&effects, link).len(), 1);
    assert_eq!(state(&mut owner, 1), None);
    assert!(!owner.daemon.is_invited(HostId(1)));
}

#[test]
fn a_later_one_of_the_name_is_another_host() {
    let mut owner = Rig::owner();
    assert_eq!(owner.daemon.add_invited("desk"), Ok(HostId(1)));
    assert_eq!(owner.daemon.add_invited("desk"), Ok(HostId(2)), "the first never came");
    owner.feed(Input::Tick);
    assert_eq!(state(&mut owner, 1), None);
    for odd in ["", "-x", "a/b", "a b", "\u{1b}[2J", &"x".repeat(300)] {
        assert!(owner.daemon.add_invited(odd).is_err(), "{odd:?}");
    }
    assert!(owner.daemon.add_invited("here").is_err(), "the owner's own name");
}

#[test]
fn another_host_can_not_leave_so() {
    let mut owner = Rig::owner();
    let (client, id) = owner.client();
    owner.up(client, id, &["lab1"]);
    let link = come(&mut owner, 1);
    owner.frame(link, leave());
    assert_eq!(state(&mut owner, 1), Some(HostState::Up));
}
