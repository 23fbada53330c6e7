//! What front ends ask about the vm, and what outlives the owner's daemon.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Daemon, Effect, Input, Peer, Time};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;

fn next(id: CommandId, by: u64) -> CommandId {
    CommandId(id.0 + by)
}

#[test]
fn an_up_ends_when_all_its_hosts_are_up_failed_or_removed() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let effects = rig.up(client, id, &["a", "b", "c"]);
    assert_eq!(effects.iter().filter(|e| matches!(e, Effect::Launch { .. })).count(), 3);
    rig.child(1, 1);
    let (cause, why, hint) = (Cause::Refused, "refused".to_owned(), String::new());
    let stage = Stage::Failed { cause, why: why.clone(), hint };
    rig.feed(posse_proto::Input::Launch { number: HostId(2), stage });
    assert_eq!(rig.daemon.host_state(HostId(2)), Some(&HostState::Down { why }));
    let remove = Remove { hosts: vec![HostId(3), HostId(77)], purge: false };
    let effects = rig.frame(client, remove.frame(next(id, 1)));
    assert_eq!(sent::<Done>(&effects, client).len(), 2, "the up and the remove");
    assert_eq!(rig.daemon.inspect().ups, 0);
}

#[test]
fn a_launch_ends_with_the_last_who_wants_it() {
    let mut rig = Rig::owner();
    let ((one, id), (other, other_id)) = (rig.client(), rig.client());
    rig.up(one, id, &["a"]);
    assert!(!rig.up(other, other_id, &["a"]).iter().any(|e| matches!(e, Effect::Launch { .. })));
    let stops = |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::StopLaunch { .. }));
    assert!(!stops(&rig.close(one)));
    assert!(stops(&rig.close(other)));
    assert!(matches!(rig.daemon.host_state(HostId(1)), Some(HostState::Down { .. })));
}

#[test]
fn the_owner_is_not_removed_and_only_it_brings_up() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let remove = Remove { hosts: vec![HostId::OWNER], purge: false };
    let effects = rig.frame(client, remove.frame(id));
    assert!(sent::<Done>(&effects, client)[0].error.as_ref().unwrap().contains("posse down"));
    let mut rig = Rig::host(4);
    let (client, id) = rig.client();
    let effects = rig.up(client, id, &["a"]);
    assert!(sent::<Done>(&effects, client)[0].error.is_some());
}

#[test]
fn settings_fit_a_welcome() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let half = vec![0; limits::SETTING_BYTES_MAX / 2];
    let mut set = |name: &str, value: Option<Vec<u8>>| {
        let effects = rig.frame(client, Set { name: name.into(), value }.frame(id));
        sent::<Done>(&effects, client)[0].error.is_none()
    };
    assert!(set("one", Some(half.clone())));
    assert!(!set("other", Some(half.clone())));
    assert!(set("one", Some(half.clone())), "in its own place");
    assert!(set("one", None));
    assert!(set("other", Some(half)));
    let (link, _) = rig.open(posse_proto::Peer::Local);
    let effects = rig.frame(link, hello(Role::Client));
    let Effect::Send { frame, .. } = &effects[0] else { panic!("no welcome") };
    assert!(frame.body.len() < Kind::Welcome.body_max());
}

#[test]
fn events_are_told_as_they_come_and_from_the_past() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.frame(client, Watch { recent: false }.frame(id));
    rig.up(client, next(id, 1), &["a"]);
    let (link, _) = rig.open(posse_proto::Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    let effects = rig.feed(posse_proto::Input::Admitted { link, ticket: vec![1] });
    assert!(matches!(sent::<Event>(&effects, client)[0].what, Happening::HostUp { .. }));
    let (late, id) = rig.client();
    let effects = rig.frame(late, Watch { recent: true }.frame(id));
    assert_eq!(sent::<Event>(&effects, late).len(), 1);
}

#[test]
fn suspicion_comes_and_goes_and_death_after_it() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let child = rig.child(1, 1);
    let second = std::time::Duration::from_secs(1);
    rig.pass(3 * second, &[]);
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Suspect));
    rig.pass(second, &[child]);
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
    rig.pass(8 * second, &[]);
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Suspect));
    assert!(closes(&rig.pass(second, &[]), child));
    assert!(matches!(rig.daemon.host_state(HostId(1)), Some(HostState::Down { .. })));
}

#[test]
fn a_daemon_that_slept_suspects_nobody() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let child = rig.child(1, 1);
    rig.now = rig.now + std::time::Duration::from_secs(3600);
    let effects = rig.feed(posse_proto::Input::Tick);
    assert!(!closes(&effects, child));
    assert_eq!(sent::<Heartbeat>(&effects, child).len(), 1, "and says at once that it lives");
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
}

#[test]
fn ten_thousand_hosts_are_told_in_frames_of_a_fair_size() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    let names: Vec<String> = (1..=10_000).map(|number| format!("node{number}")).collect();
    for (at, some) in names.chunks(1000).enumerate() {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        rig.up(client, next(id, at as u64), &some);
    }
    let (link, _) = rig.open(Peer::Local);
    let welcomed = rig.frame(link, hello(Role::Client));
    let asked = rig.frame(client, Hosts::default().frame(next(id, 99)));
    let welcome = sent::<Welcome>(&welcomed, link).remove(0);
    let follow = sent::<Hosts>(&welcomed, link);
    let answer = sent::<Hosts>(&asked, client);
    for effect in welcomed.iter().chain(&asked) {
        if let Effect::Send { frame, .. } = effect {
            assert!(frame.body.len() <= frame.kind.body_max() / 2, "{}", frame.body.len());
        }
    }
    for mut parts in [[vec![welcome.hosts], follow].concat(), answer] {
        assert!(parts.len() > 1 && !parts.pop().unwrap().more);
        assert!(parts.iter().all(|part| part.more));
    }
}

#[test]
fn a_table_is_taken_over_by_the_next_life() {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a", "b"]);
    rig.child(1, 5);
    rig.frame(client, Set { name: "cd".into(), value: Some(vec![1]) }.frame(next(id, 1)));
    let table = rig.daemon.table();

    let mut again = Rig::owner();
    again.daemon = Daemon::new(config(0, 2), Time(0));
    again.daemon.restore(&table).unwrap();
    assert_eq!(again.daemon.incarnation(), Incarnation(2), "the owner's own next life");
    assert_eq!(again.daemon.host_state(HostId(1)), Some(&HostState::Suspect));
    assert!(redials(&again.feed(Input::Tick), 1), "what was up is looked for");
    assert!(matches!(again.daemon.host_state(HostId(2)), Some(HostState::Down { .. })));
    let link = again.child(1, 5);
    assert_eq!(again.daemon.inspect().routes, [(HostId(1), link)]);
    let (client, id) = again.client();
    let hosts: Vec<Hosts> = sent(&again.frame(client, Hosts::default().frame(id)), client);
    let incarnations: Vec<u32> = hosts[0].hosts.iter().map(|h| h.incarnation.0).collect();
    assert_eq!(incarnations, [2, 1, 1], "the same daemon of a keeps its own");
    let effects = again.up(client, next(id, 1), &["c"]);
    assert!(effects.iter().any(|e| matches!(e, Effect::Launch { number: HostId(3), .. })));
    again.child(1, 6);
    let hosts: Vec<Hosts> = sent(&again.frame(client, Hosts::default().frame(id)), client);
    assert_eq!(hosts[0].hosts[1].incarnation, Incarnation(2), "a new one of a counts on");
    for cut in 0..table.len() {
        let mut daemon = Daemon::new(config(0, 3), Time(0));
        assert!(daemon.restore(&table[..cut]).is_err(), "cut to {cut}");
    }
}

fn ends(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Exit { .. }))
}

/// An owner's daemon in its next life, which looks for hosts 1 and 2.
fn after_a_boot() -> Rig {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a", "b"]);
    rig.child(1, 5);
    rig.child(2, 5);
    let voters = vec![HostId::OWNER, HostId(2)];
    rig.feed(Input::Lead { lead: Lead { epoch: 1, term: 4 }, table: Vec::new() });
    let effects = rig.feed(Input::Voters { voters: voters.clone() });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Persist)), "it is on disk");
    let table = rig.daemon.table();
    rig.daemon = Daemon::new(config(0, 2), Time(0));
    rig.daemon.restore(&table).unwrap();
    assert_eq!(rig.daemon.led_by().voters, voters, "the next life knows who votes");
    rig.feed(Input::Tick);
    rig
}

#[test]
fn the_end_of_the_vm_reaches_hosts_that_are_looked_for() {
    let mut rig = after_a_boot();
    let (client, id) = rig.client();
    assert!(!ends(&rig.frame(client, Down { purge: true }.frame(id))));
    rig.not_found(1, true);
    let (link, _) = rig.open(Peer::Child(HostId(2)));
    rig.frame(link, host_hello(2, 5));
    let effects = rig.feed(Input::Admitted { link, ticket: vec![1] });
    assert!(ends(&effects));
    assert_eq!(sent::<Down>(&effects, link), [Down { purge: true }]);
}

#[test]
fn the_end_of_the_vm_does_not_wait_for_ever() {
    let mut rig = after_a_boot();
    let (client, id) = rig.client();
    assert!(!ends(&rig.frame(client, Down { purge: false }.frame(id))));
    let due = rig.now + limits::DOWN_HELD_WITHIN;
    assert!(rig.daemon.next_tick().is_some_and(|tick| tick <= due));
    assert!(ends(&rig.pass(limits::DOWN_HELD_WITHIN, &[])));
}

#[test]
fn questions_are_shown_one_at_a_time_and_once() {
    let mut rig = Rig::owner();
    let (person, up) = rig.client();
    rig.up(person, up, &["a", "b", "c"]);
    let mut askers = Vec::new();
    let mut shown = Vec::new();
    for host in ["1", "2", "3"] {
        let (asker, id) = rig.client();
        let (host, prompt) = (host.to_owned(), "Password: ".to_owned());
        let effects = rig.frame(asker, Ask { question: 0, host, prompt, secret: true }.frame(id));
        shown.extend(sent::<Ask>(&effects, person));
        askers.push(asker);
    }
    assert_eq!(shown.len(), 1);
    assert!(sent::<Ask>(&rig.close(askers[1]), person).is_empty(), "the first is still there");
    let answer = Answer { question: shown[0].question, text: Some("x".into()) };
    let effects = rig.frame(person, answer.frame(up));
    assert_eq!(sent::<Answer>(&effects, askers[0]).len(), 1);
    let more: Vec<Ask> = sent(&effects, person);
    assert_eq!((more.len(), more[0].host.as_str()), (1, "c"));
    assert_eq!(sent::<Answer>(&rig.close(person), askers[2])[0].text, None);
}

#[test]
fn a_launch_of_a_missing_host_ends_with_its_link() {
    launched_while_missing(false);
    launched_while_missing(true);
}

fn launched_while_missing(gone: bool) {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["one"]);
    let first = rig.child(1, 1);
    assert!(redials(&rig.close(first), 1), "it is looked for");
    let id = CommandId(id.0 + 1);
    rig.up(client, id, &["one"]);
    let effects = rig.not_found(1, gone);
    assert!(sent::<Done>(&effects, client).is_empty(), "the launch goes on");
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 2));
    let effects = rig.close(link);
    let stages: Vec<Launch> = sent(&effects, client);
    assert!(matches!(stages[0].stage, Stage::Failed { .. }));
    assert_eq!(sent::<Done>(&effects, client).len(), 1);
    assert_eq!(rig.daemon.inspect().missing == 0, gone, "an earlier life may still be found");
}
