//! A daemon that led, while another did: it takes that one's table, and looks for the hosts that
//! hung at it all the while.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input};
use posse_wire::msg::{Done, Enrol, Enrolled, Hello, HostState, Led, Role, Welcome};
use posse_wire::{CommandId, HostId, Incarnation, Lead, Message};
use rig::*;

fn lead(term: u64) -> Lead {
    Lead { epoch: 1, term }
}

fn state(rig: &Rig, host: u32) -> (Incarnation, HostState) {
    let rows = rig.daemon.rows();
    let row = rows.iter().find(|(entry, ..)| entry.number == HostId(host)).unwrap();
    (row.0.incarnation, row.0.state.clone())
}

/// A leader with two hosts, and its table as the one that led meanwhile left it: it had a way to
/// the second alone.
fn cut_off() -> (Rig, Vec<u8>) {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a", "b"]);
    rig.child(1, 1);
    rig.child(2, 1);
    rig.feed(Input::Lead { lead: lead(1), table: Vec::new() });
    let mut rows = rig.daemon.rows();
    let first = rows.iter_mut().find(|(entry, ..)| entry.number == HostId(1)).unwrap();
    first.0.state = HostState::Down { why: "the host that led the vm is lost".into() };
    (rig, posse_proto::table_of(HostId(2), rows))
}

#[test]
fn who_led_all_the_while_takes_the_table_of_who_led_meanwhile() {
    let (mut rig, table) = cut_off();
    let effects = rig.feed(Input::Lead { lead: lead(3), table });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Superseded { .. })));
    assert!(rig.daemon.is_leading());
    assert!(redials(&effects, 1) && redials(&effects, 2));
    // The first was declared down, and is another; the second lived on.
    for (host, life) in [(1, 2), (2, 1)] {
        let link = rig.child(host, 1);
        assert_eq!(state(&rig, host), (Incarnation(life), HostState::Up));
        assert!(rig.close(link).iter().all(|effect| !matches!(effect, Effect::Superseded { .. })));
    }
}

/// The other side of a cut had no way to it, and told all its followers so.
#[test]
fn who_led_all_the_while_and_was_declared_down_is_another_life() {
    let (mut rig, _) = cut_off();
    let (process, _) = rig.open(posse_proto::Peer::Local);
    rig.frame(process, hello(Role::Process));
    let enrolled = rig.frame(process, Enrol { claims: None }.frame(CommandId(1)));
    let id = sent::<Enrolled>(&enrolled, process)[0].process;
    let mut rows = rig.daemon.rows();
    let own = rows.iter_mut().find(|(entry, ..)| entry.number == HostId::OWNER).unwrap();
    let before = own.0.incarnation;
    own.0.state = HostState::Down { why: "the host that led the vm is lost".into() };
    let table = posse_proto::table_of(HostId(2), rows);
    let effects = rig.feed(Input::Lead { lead: lead(3), table });
    assert!(id.is_of(before) && !id.is_of(rig.daemon.incarnation()));
    assert!(closes(&effects, process));
    assert_eq!(state(&rig, 0), (Incarnation(before.0 + 1), HostState::Up));
}

#[test]
fn without_a_table_nothing_but_the_lead_is_another() {
    let (mut rig, _) = cut_off();
    let effects = rig.feed(Input::Lead { lead: lead(3), table: Vec::new() });
    assert!(!redials(&effects, 1) && !redials(&effects, 2));
    assert_eq!(state(&rig, 1), (Incarnation(1), HostState::Up));
    let (link, _) = rig.open(posse_proto::Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    let effects = rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert_eq!(sent::<Welcome>(&effects, link)[0].led.lead, lead(3));
}

#[test]
fn who_is_not_found_is_down() {
    let (mut rig, table) = cut_off();
    rig.feed(Input::Lead { lead: lead(3), table });
    rig.not_found(1, true);
    assert!(matches!(state(&rig, 1), (Incarnation(1), HostState::Down { .. })));
}

#[test]
fn who_knows_of_no_voters_makes_nobody_forget_them() {
    let mut rig = Rig::host(1);
    let (link, _) = rig.open(posse_proto::Peer::Parent);
    rig.frame(link, welcome(1));
    let voters = vec![HostId(0), HostId(2)];
    let led = Led { lead: lead(1), leader: HostId(0), voters: voters.clone() };
    rig.frame(link, led.frame(CommandId::NONE));
    rig.close(link);
    let (link, _) = rig.open(posse_proto::Peer::Parent);
    let led = Led { lead: lead(2), leader: HostId(0), voters: Vec::new() };
    let again = Welcome { led, ..Welcome::decode(&welcome(1)).unwrap() };
    rig.frame(link, again.frame(CommandId::NONE));
    let known = rig.daemon.led_by();
    assert_eq!((known.lead, &known.voters), (lead(2), &voters));
}

#[test]
fn what_is_to_be_launched_waits_for_the_lead() {
    let (mut rig, table) = cut_off();
    let (link, _) = rig.open(posse_proto::Peer::Child(HostId(1)));
    let mut hello = Hello::decode(&host_hello(1, 1)).unwrap();
    if let Role::Host { lead: greatest, .. } = &mut hello.role {
        *greatest = lead(2);
    }
    rig.frame(link, hello.frame(CommandId::NONE));
    assert!(!rig.daemon.is_leading());
    let (client, id) = rig.client();
    let launches = |effects: &[Effect]| {
        effects.iter().filter(|effect| matches!(effect, Effect::Launch { .. })).count()
    };
    for id in [id, CommandId(id.0 + 1)] {
        let effects = rig.up(client, id, &["c"]);
        assert_eq!((launches(&effects), sent::<Done>(&effects, client).len()), (0, 0));
    }
    let effects = rig.feed(Input::Lead { lead: lead(3), table });
    assert_eq!(launches(&effects), 1, "both wait for one launch");
    // Again, and for too long.
    let (link, _) = rig.open(posse_proto::Peer::Child(HostId(1)));
    if let Role::Host { lead: greatest, .. } = &mut hello.role {
        *greatest = lead(4);
    }
    rig.frame(link, hello.frame(CommandId::NONE));
    let effects = rig.pass(posse_wire::limits::UP_HELD_WITHIN, &[]);
    let told = sent::<Done>(&effects, client);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|done| done.error.as_ref().unwrap().contains("nothing was started")));
}
