//! Hosts below a relay: asked for upwards, admitted downwards, lost, removed, and asked for again.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;

fn join(number: u32, boot: u64) -> Frame {
    let (number, parent, facts) = (HostId(number), HostId(1), Box::new(Facts::default()));
    Join { number, parent, boot, key: [7; 32], facts }.frame(CommandId::NONE)
}

fn word(number: u32, verdict: Verdict) -> Frame {
    Admission { number: HostId(number), verdict }.frame(CommandId::NONE)
}

fn admitted(number: u32, boot: u64) -> Frame {
    word(
        number,
        Verdict::Admitted { boot, incarnation: Incarnation(4), ticket: vec![5], adopt: false },
    )
}

/// An owner with the relay 1 and the known hosts 2 and 3.
fn owner() -> (Rig, LinkId, LinkId, CommandId) {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["relay", "b", "c"]);
    let relay = rig.child(1, 1);
    (rig, relay, client, CommandId(id.0 + 1))
}

/// A relay 1 with a parent and the daemon of host 2, which said hello.
fn relay() -> (Rig, LinkId, LinkId) {
    let mut rig = Rig::host(1);
    let parent = rig.parent();
    let (leaf, _) = rig.open(Peer::Child(HostId(2)));
    let effects = rig.frame(leaf, host_hello(2, 9));
    assert_eq!(sent::<Join>(&effects, parent)[0].boot, 9);
    (rig, parent, leaf)
}

#[test]
fn the_owner_admits_and_learns_the_way() {
    let (mut rig, relay, client, id) = owner();
    let effects = rig.frame(relay, join(2, 9));
    assert!(matches!(effects[..], [Effect::Admit { number: HostId(2), .. }]));
    let effects = rig.feed(Input::Admitted { link: relay, ticket: vec![5] });
    let word: Vec<Admission> = sent(&effects, relay);
    assert!(
        matches!(&word[0].verdict, Verdict::Admitted { boot: 9, ticket, .. } if ticket == &[5])
    );
    assert_eq!(rig.daemon.inspect().routes.len(), 2);
    let effects = rig.frame(client, spawn(&spec(), &[(1, 0, 1), (2, 1, 1)]).frame(id));
    assert_eq!(sent::<Spawn>(&effects, relay)[0].targets.len(), 2);
    assert!(redials(&rig.close(relay), 1));
    let lost = rig.not_found(1, true);
    assert_eq!(sent::<Exit>(&lost, client).len(), 1, "the relay's own");
    assert!(redials(&lost, 2), "whom it carried may be reached another way");
    assert_eq!(sent::<Exit>(&rig.not_found(2, true), client).len(), 1);
    assert!(matches!(rig.daemon.host_state(HostId(2)), Some(HostState::Down { .. })));
}

#[test]
fn a_relay_gets_only_hosts_that_are_known_and_free() {
    let (mut rig, relay, ..) = owner();
    let direct = rig.child(3, 3);
    for number in [0, 1, 3, 99] {
        let effects = rig.frame(relay, join(number, 9));
        let word: Vec<Admission> = sent(&effects, relay);
        assert!(matches!(word[0].verdict, Verdict::Refused { .. }), "h{number}");
    }
    assert_eq!(rig.daemon.inspect().routes, [(HostId(1), relay), (HostId(3), direct)]);
}

#[test]
fn signatures_come_back_in_the_order_asked() {
    let (mut rig, relay, ..) = owner();
    rig.frame(relay, join(3, 33));
    rig.frame(relay, join(2, 22));
    for (number, boot) in [(3, 33), (2, 22)] {
        let effects = rig.feed(Input::Admitted { link: relay, ticket: vec![5] });
        let word = sent::<Admission>(&effects, relay).remove(0);
        assert_eq!(word.number, HostId(number));
        assert!(matches!(word.verdict, Verdict::Admitted { boot: said, .. } if said == boot));
    }
    assert!(rig.feed(Input::Admitted { link: relay, ticket: vec![5] }).is_empty());
}

#[test]
fn the_relay_passes_the_word_on() {
    let (mut rig, parent, leaf) = relay();
    assert!(rig.frame(parent, admitted(2, 8)).is_empty(), "meant for another life");
    let effects = rig.frame(parent, admitted(2, 9));
    let welcome = sent::<Welcome>(&effects, leaf).remove(0);
    assert_eq!((welcome.incarnation, welcome.ticket), (Incarnation(4), vec![5]));
    assert!(rig.frame(parent, admitted(2, 9)).is_empty(), "said before");
    assert!(sent::<Reach>(&rig.close(leaf), parent).is_empty(), "it may be found");
    let effects = rig.not_found(2, true);
    assert_eq!(sent::<Reach>(&effects, parent)[0].down[0].0, HostId(2));
    assert_eq!(rig.daemon.inspect().joins, 0);
}

#[test]
fn a_word_that_comes_too_late_is_taken_back() {
    let (mut rig, parent, leaf) = relay();
    rig.close(leaf);
    let effects = rig.frame(parent, admitted(2, 9));
    assert_eq!(sent::<Reach>(&effects, parent)[0].down[0].0, HostId(2));
    assert!(rig.daemon.inspect().routes.is_empty());
}

#[test]
fn refused_and_removed_reach_the_host() {
    let (mut rig, parent, leaf) = relay();
    let effects = rig.frame(parent, word(2, Verdict::Refused { reason: "not yours".into() }));
    assert_eq!(refusal(&effects).unwrap(), "not yours");
    assert!(closes(&effects, leaf));

    let (mut rig, parent, leaf) = relay();
    rig.frame(parent, admitted(2, 9));
    let effects = rig.frame(parent, word(2, Verdict::Removed { purge: true }));
    assert_eq!(sent::<Down>(&effects, leaf), [Down { purge: true }]);
    assert!(closes(&effects, leaf));
}

#[test]
fn removing_a_host_below_a_relay_leaves_the_relay() {
    let (mut rig, relay, client, id) = owner();
    rig.frame(relay, join(2, 9));
    rig.feed(Input::Admitted { link: relay, ticket: vec![5] });
    let remove = Remove { hosts: vec![HostId(2)], purge: false };
    let effects = rig.frame(client, remove.frame(id));
    assert!(!closes(&effects, relay));
    let word: Vec<Admission> = sent(&effects, relay);
    assert_eq!(word[0].verdict, Verdict::Removed { purge: false });
    assert_eq!(rig.daemon.inspect().routes, [(HostId(1), relay)]);
}

#[test]
fn a_new_parent_is_asked_for_all_hosts_below() {
    let (mut rig, parent, leaf) = relay();
    rig.frame(parent, admitted(2, 9));
    rig.close(parent);
    let (link, _) = rig.open(Peer::Parent);
    let effects = rig.frame(link, welcome(1));
    assert_eq!(sent::<Join>(&effects, link).len(), 1);
    assert!(rig.frame(link, admitted(2, 9)).is_empty());
    assert_eq!(rig.daemon.inspect().routes, [(HostId(2), leaf)]);
}

#[test]
fn a_relay_below_a_relay_is_only_passed_through() {
    let (mut rig, parent, below) = relay();
    rig.frame(parent, admitted(2, 9));
    let effects = rig.frame(below, join(5, 50));
    assert_eq!(sent::<Join>(&effects, parent)[0].number, HostId(5));
    let effects = rig.frame(parent, admitted(5, 50));
    assert_eq!(sent::<Admission>(&effects, below)[0].number, HostId(5));
    let effects = rig.frame(parent, spawn(&spec(), &[(5, 0, 1)]).frame(CommandId(8)));
    assert_eq!(sent::<Spawn>(&effects, below).len(), 1);
    rig.close(below);
    let mut effects = rig.not_found(2, true);
    effects.extend(rig.not_found(5, true));
    assert_eq!(sent::<Reach>(&effects, parent).len(), 2);
    assert_eq!(sent::<Exit>(&effects, parent).len(), 1);
}

#[test]
fn a_direct_link_takes_a_host_from_its_relay_and_spares_the_relay() {
    let (mut rig, relay, ..) = owner();
    rig.frame(relay, join(2, 9));
    rig.feed(Input::Admitted { link: relay, ticket: vec![5] });
    let direct = rig.child(2, 10);
    assert_eq!(rig.daemon.inspect().routes, [(HostId(1), relay), (HostId(2), direct)]);
    let lost = Reach { down: vec![(HostId(2), "refused".into())] };
    rig.frame(relay, lost.frame(CommandId::NONE));
    assert_eq!(rig.daemon.host_state(HostId(2)), Some(&HostState::Up));
}

/// A host that another one could not reach is launched from here: it no longer hangs on that one.
#[test]
fn a_launch_from_elsewhere_that_failed_is_over() {
    let (mut rig, relay, client, id) = owner();
    let via = Some(HostId(1));
    let ordered = rig.up_via(client, id, &["d"], via);
    assert_eq!(sent::<Deploy>(&ordered, relay)[0].number, HostId(4));
    let (cause, why, hint) = (Cause::Unreachable, "no way".to_owned(), String::new());
    let stage = Stage::Failed { cause, why, hint };
    let news = Launch { name: String::new(), number: HostId(4), stage };
    let told = rig.frame(relay, news.frame(CommandId::NONE));
    assert!(!sent::<Launch>(&told, client).is_empty());
    let effects = rig.up(client, CommandId(id.0 + 1), &["d"]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Launch { .. })));
    rig.close(relay);
    assert_eq!(rig.daemon.host_state(HostId(4)), Some(&HostState::Launching));
    // Old news change nothing either.
    assert!(sent::<Launch>(&rig.frame(relay, news.frame(CommandId::NONE)), client).is_empty());
}

#[test]
fn a_launch_from_elsewhere_ends_with_its_launcher() {
    let (mut rig, relay, client, id) = owner();
    rig.up_via(client, id, &["d"], Some(HostId(1)));
    rig.close(relay);
    assert_eq!(rig.daemon.host_state(HostId(4)), Some(&HostState::Launching), "it may be found");
    rig.not_found(1, true);
    assert!(matches!(rig.daemon.host_state(HostId(4)), Some(HostState::Down { .. })));
}

#[test]
fn a_host_given_up_by_a_relay_that_is_lost_then_is_given_up() {
    let (mut rig, relay, client, id) = owner();
    rig.frame(relay, join(2, 9));
    rig.feed(Input::Admitted { link: relay, ticket: vec![5] });
    rig.frame(client, spawn(&spec(), &[(2, 0, 2)]).frame(id));
    let down = vec![(HostId(2), "its link closed before it was admitted".to_owned())];
    let effects = rig.frame(relay, Reach { down }.frame(CommandId::NONE));
    assert!(sent::<Exit>(&effects, client).is_empty(), "the relay may find it, and says so then");
    assert!(sent::<Exit>(&rig.close(relay), client).is_empty(), "it is looked for");
    let exits: Vec<Exit> = sent(&rig.not_found(2, true), client);
    assert_eq!(exits.iter().map(|exit| exit.count).sum::<u32>(), 2, "nobody else will say it");
}

#[test]
fn a_host_given_up_above_a_relay_is_another_incarnation_without_a_new_link() {
    let (mut rig, parent, leaf) = relay();
    rig.frame(parent, admitted(2, 9));
    let id = CommandId::new(HostId::OWNER, 1);
    rig.frame(parent, spawn(&spec(), &[(2, 0, 1)]).frame(id));
    let (boot, incarnation, ticket) = (9, Incarnation(5), vec![5]);
    let raised = word(2, Verdict::Admitted { boot, incarnation, ticket, adopt: false });
    let effects = rig.frame(parent, raised);
    assert_eq!(sent::<Welcome>(&effects, leaf)[0].incarnation, Incarnation(5));
    assert!(sent::<Spawn>(&effects, leaf)[0].again, "whatever became of the relay's own command");
    let mut host = Rig::host(2);
    let up = host.parent();
    host.frame(up, spawn(&spec(), &[(2, 0, 1)]).frame(CommandId::new(HostId(1), 1)));
    let again = Welcome { incarnation: Incarnation(5), ..Welcome::decode(&welcome(2)).unwrap() };
    let effects = host.frame(up, again.frame(CommandId::NONE));
    assert!(refusal(&effects).is_none());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Signal { .. })), "it ends it");
    assert_eq!(host.daemon.incarnation(), Incarnation(5));
}
