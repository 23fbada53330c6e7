//! A host that is not heard: others are asked, one of them becomes its relay, or the reason names
//! them.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;
use std::time::Duration;

const SUSPECT_AFTER: Duration = Duration::from_millis(3_500);

/// An owner with four hosts that take links, 1 and 2 on one network, 3 and 4 on others.
fn owner() -> (Rig, [LinkId; 4]) {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up_by(client, id, &["a", "b", "c", "d"], Launcher::Ssh);
    let nets = [1, 1, 3, 4];
    let links = [1, 2, 3, 4].map(|number: u32| {
        let (link, _) = rig.open(Peer::Child(HostId(number)));
        let listens = format!("10.0.{}.{number}:7", nets[number as usize - 1]);
        rig.frame(link, host_at(number, &listens));
        rig.feed(Input::Admitted { link, ticket: vec![1] });
        link
    });
    (rig, links)
}

fn host_at(number: u32, listens: &str) -> Frame {
    let facts = Box::new(Facts { listens: listens.to_owned(), ..Facts::default() });
    let (number, lead) = (HostId(number), Lead::default());
    hello(Role::Host { number, boot: 1, key: [7; 32], lead, facts })
}

/// Who is asked to look for host 1, over which links.
fn asked(effects: &[Effect]) -> Vec<(u32, LinkId)> {
    let seek = |effect: &Effect| match effect {
        Effect::SendSeek { link, seek } if seek.number == HostId(1) => Some((seek.at.0, *link)),
        _ => None,
    };
    effects.iter().filter_map(seek).collect()
}

fn sought(rig: &mut Rig, link: LinkId, at: u32, gone: bool) -> Vec<Effect> {
    let (at, number, why) = (HostId(at), HostId(1), "no route".to_owned());
    rig.frame(link, Sought { at, number, gone, why }.frame(CommandId::NONE))
}

fn why_down(rig: &Rig) -> Option<String> {
    match rig.daemon.host_state(HostId(1))? {
        HostState::Down { why } => Some(why.clone()),
        _ => None,
    }
}

fn join(parent: u32) -> Frame {
    let (number, parent, facts) = (HostId(1), HostId(parent), Box::new(Facts::default()));
    Join { number, parent, boot: 1, key: [7; 32], facts }.frame(CommandId::NONE)
}

#[test]
fn a_neighbour_and_hosts_of_other_networks_are_asked_once_it_is_suspect() {
    let (mut rig, [_, b, c, d]) = owner();
    let early = rig.pass(Duration::from_millis(2_500), &[b, c, d]);
    assert_eq!(asked(&early), []);
    let effects = rig.pass(Duration::from_secs(1), &[b, c, d]);
    assert_eq!(asked(&effects), [(2, b), (3, c), (4, d)]);
}

#[test]
fn who_does_not_hear_most_asks_nobody() {
    let (mut rig, [_, b, c, _]) = owner();
    let effects = rig.pass(SUSPECT_AFTER, &[b, c]);
    let asks = asked(&effects);
    assert!(!asks.is_empty() && asks.iter().all(|(by, _)| [2, 3].contains(by)), "{asks:?}");
    let (mut rig, [_, b, ..]) = owner();
    let effects = rig.pass(SUSPECT_AFTER, &[b]);
    assert_eq!(asked(&effects), [], "it is cut off itself");
    assert!(rig.daemon.seeks_withheld().is_some());
    let (mut rig, _) = owner();
    let effects = rig.pass(SUSPECT_AFTER, &[]);
    assert_eq!(asked(&effects), []);
}

#[test]
fn who_reaches_it_becomes_its_relay_and_the_silent_link_is_left() {
    let (mut rig, [a, b, c, d]) = owner();
    rig.pass(SUSPECT_AFTER, &[b, c, d]);
    assert!(matches!(rig.frame(c, join(3))[..], [Effect::Admit { .. }]));
    let effects = rig.feed(Input::Admitted { link: c, ticket: vec![1] });
    assert!(closes(&effects, a));
    let word = sent::<Admission>(&effects, c).remove(0);
    let Verdict::Admitted { incarnation, .. } = word.verdict else { panic!("{word:?}") };
    assert_eq!(incarnation, Incarnation(1), "the same life");
    assert!(rig.daemon.inspect().routes.contains(&(HostId(1), c)));
    assert_eq!(rig.daemon.host_state(HostId(1)), Some(&HostState::Up));
    // The next one comes too late.
    let word = sent::<Admission>(&rig.frame(d, join(4)), d).remove(0);
    assert!(matches!(word.verdict, Verdict::Refused { .. }));
}

#[test]
fn whom_nobody_was_asked_for_stays_where_it_is() {
    let (mut rig, [a, b, c, d]) = owner();
    rig.pass(SUSPECT_AFTER, &[a, b, c, d]);
    let word = sent::<Admission>(&rig.frame(c, join(3)), c).remove(0);
    assert!(matches!(word.verdict, Verdict::Refused { .. }));
    // It was asked for, and is heard again.
    rig.pass(SUSPECT_AFTER, &[b, c, d]);
    rig.frame(a, Heartbeat::default().frame(CommandId::NONE));
    let word = sent::<Admission>(&rig.frame(c, join(3)), c).remove(0);
    assert!(matches!(word.verdict, Verdict::Refused { .. }));
}

#[test]
fn the_reason_names_those_who_do_not_reach_it_either() {
    let (mut rig, [_, b, c, d]) = owner();
    rig.pass(SUSPECT_AFTER, &[b, c, d]);
    for (at, link) in [(2, b), (3, c)] {
        sought(&mut rig, link, at, false);
    }
    // One that was not asked, and one over another's link.
    sought(&mut rig, b, 1, true);
    sought(&mut rig, b, 4, true);
    assert_eq!(why_down(&rig), None);
    rig.pass(Duration::from_secs(2), &[b, c, d]);
    sought(&mut rig, d, 4, false);
    rig.pass(Duration::from_secs(5), &[b, c, d]);
    let why = "silent for 9 s, b, c and d do not reach it either";
    assert_eq!(why_down(&rig).unwrap(), why);
}

#[test]
fn a_port_that_is_closed_shortens_the_wait() {
    let (mut rig, [a, b, c, d]) = owner();
    rig.pass(SUSPECT_AFTER, &[b, c, d]);
    let effects = sought(&mut rig, c, 3, true);
    assert!(closes(&effects, a) && redials(&effects, 1), "it has a last chance");
    assert_eq!(why_down(&rig), None);
    rig.pass(Duration::from_secs(2), &[b, c, d]);
    let why = "not heard, c finds its port closed";
    assert_eq!(why_down(&rig).unwrap(), why);
}

#[test]
fn a_relay_tells_of_its_doubts_and_takes_another_way_below_it() {
    let mut rig = Rig::host(5);
    let parent = rig.parent();
    let child = |rig: &mut Rig, number: u32| {
        let (link, _) = rig.open(Peer::Child(HostId(number)));
        rig.frame(link, host_hello(number, 1));
        let (incarnation, ticket, adopt) = (Incarnation(1), vec![1], false);
        let verdict = Verdict::Admitted { boot: 1, incarnation, ticket, adopt };
        let number = HostId(number);
        rig.frame(parent, Admission { number, verdict }.frame(CommandId::NONE));
        link
    };
    let (a, b) = (child(&mut rig, 1), child(&mut rig, 2));
    let effects = rig.frame(b, join(2));
    assert!(sent::<Join>(&effects, parent).is_empty(), "it is heard here");
    let effects = rig.pass(SUSPECT_AFTER, &[parent, b]);
    let doubts = sent::<Doubt>(&effects, parent);
    assert!(doubts[0].number == HostId(1) && doubts[0].silent_ms.is_some(), "{doubts:?}");
    let effects = rig.frame(b, join(2));
    assert_eq!(sent::<Join>(&effects, parent).len(), 1);
    assert!(closes(&effects, a));
}

#[test]
fn who_is_asked_looks_and_says_so() {
    let mut rig = Rig::host(2);
    let parent = rig.parent();
    let (at, number, key) = (HostId(2), HostId(1), [7; 32]);
    let (address, warrant) = ("10.0.1.1:7".to_owned(), Warrant::default());
    let seek = Seek { at, number, address, key, warrant };
    let effects = rig.frame(parent, seek.frame(CommandId::NONE));
    assert!(matches!(&effects[..], [Effect::Seek { seek: asked }] if *asked == seek));
    let why = "its port does not answer".to_owned();
    let effects = rig.feed(Input::NotSought { number, gone: false, why: why.clone() });
    assert_eq!(sent::<Sought>(&effects, parent), [Sought { at, number, gone: false, why }]);
}
