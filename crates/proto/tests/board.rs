//! Groups, mailbox and contexts, kept by the daemon that leads: who may ask for whom, what a death
//! is to those who wait, and how a daemon that has just come to lead is told what was held.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::{Rig, hello, sent};

const ASK: CommandId = CommandId(77);

fn process(host: u32, sequence: u32) -> ProcessId {
    ProcessId::new(HostId(host), Incarnation(1), sequence).unwrap()
}

/// A process of this host, its connection, and the client by which it asks.
struct Asking {
    by: ProcessId,
    process: LinkId,
    client: LinkId,
}

fn asking(rig: &mut Rig) -> Asking {
    let (process, _) = rig.open(Peer::Local);
    rig.frame(process, hello(Role::Process));
    let effects = rig.frame(process, Enrol { claims: None }.frame(ASK));
    let by = sent::<Enrolled>(&effects, process)[0].process;
    Asking { by, process, client: rig.client().0 }
}

fn groups(rig: &mut Rig, who: &Asking, id: u64, ask: GroupAsk) -> Vec<Effect> {
    rig.frame(who.client, Group { by: who.by, ask }.frame(CommandId(id)))
}

fn group(rig: &mut Rig, who: &Asking, ask: GroupAsk) -> Grouped {
    let effects = groups(rig, who, 1, ask);
    sent::<Grouped>(&effects, who.client).pop().unwrap()
}

fn mail(rig: &mut Rig, who: &Asking, ask: MailAsk) -> Option<Mailed> {
    let effects = rig.frame(who.client, Mail { by: who.by, ask }.frame(CommandId(2)));
    sent::<Mailed>(&effects, who.client).pop()
}

fn name() -> String {
    "workers".to_owned()
}

fn join() -> GroupAsk {
    GroupAsk::Join { name: name() }
}

fn rejoin(instance: u32, round: u64) -> GroupAsk {
    GroupAsk::Rejoin { name: name(), instance, round, is_frozen: false }
}

fn barrier(count: Option<u32>, again: Option<Heard>) -> GroupAsk {
    GroupAsk::Barrier { name: name(), count, strict: true, again }
}

fn put(seq: u64, flags: MailFlags) -> MailAsk {
    MailAsk::Put { seq, name: name(), flags, value: vec![seq as u8] }
}

fn get(flags: MailFlags) -> MailAsk {
    MailAsk::Get { name: name(), index: 0, flags }
}

fn heard(round: u64, members: u32, count: u32) -> Heard {
    Heard { round, members, count }
}

#[test]
fn members_wait_for_each_other_and_hear_of_a_death() {
    let mut rig = Rig::owner();
    let (a, b, c) = (asking(&mut rig), asking(&mut rig), asking(&mut rig));
    for (who, instance) in [(&a, 0), (&b, 1), (&c, 2)] {
        assert_eq!(group(&mut rig, who, join()), Grouped::Joined { instance, round: 0 });
    }
    let waiting = Grouped::Waiting(heard(0, 3, 2));
    assert_eq!(group(&mut rig, &a, barrier(Some(2), None)), waiting);
    let effects = groups(&mut rig, &b, 9, barrier(Some(2), None));
    let passed = Grouped::Passed { round: 1 };
    assert_eq!(sent::<Grouped>(&effects, a.client), std::slice::from_ref(&passed));
    assert_eq!(sent::<Grouped>(&effects, b.client), [passed]);
    group(&mut rig, &a, barrier(None, None));
    let effects = rig.close(c.process);
    let died = GroupError::MemberDied { process: Some(c.by) };
    assert_eq!(sent::<Grouped>(&effects, a.client), [Grouped::Refused(died)]);
    let members = GroupAsk::Members { name: name(), behind: None };
    let members = group(&mut rig, &b, members);
    let both = vec![(0, a.by), (1, b.by)];
    assert_eq!(members, Grouped::Members { members: both, more: false });
}

#[test]
fn a_process_of_another_host_is_followed_there_and_spoken_for_from_there_alone() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["lab1"]);
    let child = rig.child(1, 1);
    let far = process(1, 4);
    let guest = |rig: &mut Rig, frame: Frame| {
        let pass = |what| Passed { host: HostId(1), client: 1, what }.frame(CommandId::NONE);
        let bytes = frame.to_bytes().to_vec();
        if frame.kind == Kind::Hello {
            rig.frame(child, pass(Passing::Opened));
        }
        rig.frame(child, pass(Passing::Bytes(bytes)))
    };
    guest(&mut rig, hello(Role::Client));
    let effects = guest(&mut rig, Group { by: far, ask: join() }.frame(CommandId(5)));
    let me = ProcessId::of_daemon(HostId(0), Incarnation(1));
    assert_eq!(sent::<Follow>(&effects, child), [Follow { by: me }]);
    assert_eq!(sent::<Passed>(&effects, child).len(), 1);
    assert_eq!(rig.daemon.inspect().board, 1);
    // A link that was remade: the answer may have been lost.
    rig.close(child);
    let (again, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(again, rig::host_hello(1, 1));
    let effects = rig.feed(Input::Admitted { link: again, ticket: vec![1] });
    assert_eq!(sent::<Follow>(&effects, again), [Follow { by: me }]);
    assert_eq!(rig.daemon.inspect().board, 1, "it keeps what it holds");
    rig.frame(again, Gone { process: far, why: "it ended".into() }.frame(CommandId(me.0)));
    assert_eq!(rig.daemon.inspect().board, 0);
}

#[test]
fn nobody_speaks_for_others_or_for_the_dead() {
    let mut rig = Rig::owner();
    let a = asking(&mut rig);
    for by in [process(1, 1), process(0, 99), ProcessId::of_daemon(HostId(0), Incarnation(1))] {
        let liar = Asking { by, ..asking(&mut rig) };
        let answer = group(&mut rig, &liar, join());
        assert!(matches!(answer, Grouped::Refused(GroupError::Other { .. })), "{answer:?}");
        let answer = mail(&mut rig, &liar, put(1, MailFlags::default()));
        assert!(matches!(answer, Some(Mailed::Refused(MailError::Other { .. }))));
    }
    group(&mut rig, &a, join());
    rig.close(a.process);
    let answer = group(&mut rig, &a, join());
    assert!(matches!(answer, Grouped::Refused(GroupError::Other { .. })));
    assert_eq!(rig.daemon.inspect().board, 0);
}

#[test]
fn a_lost_host_takes_its_processes_out_of_their_groups() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["lab1"]);
    let child = rig.child(1, 1);
    for frame in [
        hello(Role::Client),
        Group { by: process(1, 4), ask: join() }.frame(CommandId(5)),
        Mail { by: process(1, 4), ask: put(1, MailFlags::PERSISTENT) }.frame(CommandId(6)),
    ] {
        let pass = |what| Passed { host: HostId(1), client: 1, what }.frame(CommandId::NONE);
        if frame.kind == Kind::Hello {
            rig.frame(child, pass(Passing::Opened));
        }
        rig.frame(child, pass(Passing::Bytes(frame.to_bytes().to_vec())));
    }
    assert_eq!(rig.daemon.inspect().board, 2);
    rig.close(child);
    rig.not_found(1, true);
    assert_eq!(rig.daemon.inspect().board, 1);
    let a = asking(&mut rig);
    let found = mail(&mut rig, &a, get(MailFlags::default())).unwrap();
    assert!(matches!(found, Mailed::Found { owner: None, .. }), "{found:?}");
}

#[test]
fn an_owner_hears_when_its_entry_is_taken_and_a_second_try_is_no_second_change() {
    let mut rig = Rig::owner();
    let (a, b) = (asking(&mut rig), asking(&mut rig));
    let flags = MailFlags::MULTI | MailFlags::OVERWRITABLE;
    let first = mail(&mut rig, &a, put(1, flags)).unwrap();
    assert_eq!(mail(&mut rig, &a, put(1, flags)), Some(first.clone()), "asked again");
    let Mailed::Stored(at) = first else { panic!("{first:?}") };
    assert_eq!(at.index, 0);
    let ask = get(MailFlags::DELETE);
    let effects = rig.frame(b.client, Mail { by: b.by, ask }.frame(CommandId(3)));
    assert!(matches!(sent::<Mailed>(&effects, b.client)[0], Mailed::Found { .. }));
    assert_eq!(sent::<Mailed>(&effects, a.client), [Mailed::Taken { name: name(), at }]);
    let keep = MailAsk::Keep { name: name(), flags, value: vec![1], at };
    assert_eq!(mail(&mut rig, &a, keep), Some(Mailed::Taken { name: name(), at }));
    assert_eq!(mail(&mut rig, &b, get(MailFlags::WAIT)), None, "it waits");
    rig.close(b.process);
    assert_eq!(rig.daemon.inspect().board, 0);
}

/// A daemon that has just come to lead: an earlier one led.
fn second_life(hosts: &[&str]) -> Rig {
    let mut before = Rig::owner();
    let (client, id) = before.client();
    before.up(client, id, hosts);
    for number in 1..=hosts.len() as u32 {
        before.child(number, 1);
    }
    let mut rig = Rig::owner();
    rig.daemon.restore(&before.daemon.table()).unwrap();
    rig.feed(Input::Tick);
    rig
}

fn time_passes(rig: &mut Rig) -> Vec<Effect> {
    rig.pass(limits::TOLD_WITHIN, &[])
}

#[test]
fn who_tells_keeps_its_number_and_all_others_wait_so_long() {
    let mut rig = second_life(&[]);
    let (a, b) = (asking(&mut rig), asking(&mut rig));
    assert!(groups(&mut rig, &b, 9, join()).is_empty(), "held");
    assert_eq!(group(&mut rig, &a, rejoin(0, 3)), Grouped::Joined { instance: 0, round: 3 });
    let effects = time_passes(&mut rig);
    let joined = Grouped::Joined { instance: 1, round: 3 };
    assert_eq!(sent::<Grouped>(&effects, b.client), [joined]);
    assert_eq!(rig.daemon.inspect().board, 2);
}

#[test]
fn a_barrier_that_was_passed_while_the_leader_died_lets_the_others_go() {
    let mut rig = second_life(&[]);
    let (a, b) = (asking(&mut rig), asking(&mut rig));
    group(&mut rig, &b, rejoin(1, 6));
    let again = Some(heard(6, 2, 2));
    assert_eq!(group(&mut rig, &b, barrier(Some(2), again)), Grouped::Waiting(heard(6, 2, 2)));
    let effects = groups(&mut rig, &a, 9, rejoin(0, 7));
    assert_eq!(sent::<Grouped>(&effects, b.client), [Grouped::Passed { round: 7 }]);
    // The next one is for both.
    time_passes(&mut rig);
    group(&mut rig, &b, barrier(Some(2), None));
    let effects = groups(&mut rig, &a, 9, barrier(Some(2), None));
    assert_eq!(sent::<Grouped>(&effects, b.client), [Grouped::Passed { round: 8 }]);
}

/// It was asked for, and the answer, that it waits for so many, was lost with the leader.
#[test]
fn a_wait_for_as_many_as_there_are_is_counted_when_all_have_told() {
    let mut rig = second_life(&[]);
    let (a, b) = (asking(&mut rig), asking(&mut rig));
    assert_eq!(group(&mut rig, &a, rejoin(0, 0)), Grouped::Joined { instance: 0, round: 0 });
    assert!(groups(&mut rig, &a, 5, barrier(None, Some(heard(0, 0, 0)))).is_empty());
    assert_eq!(group(&mut rig, &b, rejoin(1, 0)), Grouped::Joined { instance: 1, round: 0 });
    let effects = time_passes(&mut rig);
    let waits = Heard { members: 0, ..heard(0, 2, 2) };
    assert_eq!(sent::<Grouped>(&effects, a.client), [Grouped::Waiting(waits)]);
    let effects = groups(&mut rig, &b, 6, barrier(None, None));
    assert_eq!(sent::<Grouped>(&effects, a.client), [Grouped::Passed { round: 1 }]);
}

#[test]
fn hosts_that_are_looked_for_are_waited_for_and_not_for_ever() {
    let mut rig = second_life(&["lab1"]);
    let a = asking(&mut rig);
    assert!(groups(&mut rig, &a, 9, join()).is_empty());
    assert!(sent::<Grouped>(&time_passes(&mut rig), a.client).is_empty());
    let effects = rig.pass(limits::OFFERS_WITHIN, &[]);
    assert_eq!(sent::<Grouped>(&effects, a.client).len(), 1);
}

#[test]
fn any_round_may_be_told() {
    let mut rig = second_life(&[]);
    let a = asking(&mut rig);
    group(&mut rig, &a, rejoin(u32::MAX, u64::MAX));
    time_passes(&mut rig);
    let passed = group(&mut rig, &a, barrier(Some(1), None));
    assert_eq!(passed, Grouped::Passed { round: u64::MAX });
}

#[test]
fn a_member_that_died_with_the_leader_ends_a_strict_wait() {
    let mut rig = second_life(&[]);
    let a = asking(&mut rig);
    group(&mut rig, &a, rejoin(0, 0));
    group(&mut rig, &a, barrier(Some(2), Some(heard(0, 2, 2))));
    let effects = time_passes(&mut rig);
    let died = GroupError::MemberDied { process: None };
    assert_eq!(sent::<Grouped>(&effects, a.client), [Grouped::Refused(died)]);
}

#[test]
fn the_wait_of_a_remade_connection_is_answered_over_the_new_one() {
    let mut rig = Rig::owner();
    let (mut a, b) = (asking(&mut rig), asking(&mut rig));
    group(&mut rig, &a, join());
    group(&mut rig, &b, join());
    let waiting = group(&mut rig, &a, barrier(Some(2), None));
    let Grouped::Waiting(told) = waiting else { panic!("{waiting:?}") };
    rig.close(a.client);
    a.client = rig.client().0;
    groups(&mut rig, &b, 9, barrier(Some(2), None));
    assert!(matches!(group(&mut rig, &a, rejoin(0, 0)), Grouped::Joined { instance: 0, .. }));
    let passed = group(&mut rig, &a, barrier(Some(2), Some(told)));
    assert_eq!(passed, Grouped::Passed { round: 1 });
}

#[test]
fn the_newest_of_what_two_tell_stands() {
    let mut rig = second_life(&[]);
    let (a, b) = (asking(&mut rig), asking(&mut rig));
    let keep = |version, board| {
        let at = Stored { index: 0, version, board };
        MailAsk::Keep { name: name(), flags: MailFlags::OVERWRITABLE, value: vec![1], at }
    };
    assert!(matches!(mail(&mut rig, &a, keep(5, 9)), Some(Mailed::Stored(_))));
    let effects = rig.frame(b.client, Mail { by: b.by, ask: keep(6, 9) }.frame(CommandId(3)));
    assert!(matches!(sent::<Mailed>(&effects, b.client)[0], Mailed::Stored(_)));
    assert!(matches!(sent::<Mailed>(&effects, a.client)[0], Mailed::Taken { .. }));
    assert!(matches!(mail(&mut rig, &a, keep(5, 9)), Some(Mailed::Taken { .. })));
}

#[test]
fn who_holds_something_is_sent_away_when_another_has_led() {
    let mut rig = Rig::owner();
    let (a, b) = (asking(&mut rig), asking(&mut rig));
    group(&mut rig, &a, join());
    let (lead, table) = (Lead { epoch: 1, term: 9 }, rig.daemon.table());
    let effects = rig.feed(Input::Lead { lead, table });
    assert!(rig::closes(&effects, a.client) && !rig::closes(&effects, b.client));
    assert_eq!(rig.daemon.inspect().board, 0);
}

#[test]
fn a_daemon_that_does_not_lead_sends_them_away() {
    let mut rig = Rig::host(3);
    let (client, _) = rig.client();
    rig.parent();
    let effects = rig.frame(client, Group { by: process(3, 1), ask: join() }.frame(ASK));
    assert!(rig::closes(&effects, client));
}
