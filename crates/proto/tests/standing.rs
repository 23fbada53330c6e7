//! Handlers are total: a frame of every kind, well formed or not, on a link of every standing has
//! an answer, and the daemon that gave it still works.

#![allow(clippy::unwrap_used)]

#[path = "../../wire/tests/samples/mod.rs"]
mod samples;

mod rig;

use posse_proto::LinkId;
use posse_wire::{CommandId, Frame, HostId, Kind};
use rig::*;

/// A relay with a parent, a child, a process and a client, which came before there was a parent:
/// all standings at once.
fn relay() -> (Rig, [(&'static str, LinkId); 4]) {
    let mut rig = Rig::host(3);
    let (client, _) = rig.client();
    let parent = rig.parent();
    let child = relayed_child(&mut rig, parent);
    let process = process(&mut rig);
    (rig, [("parent", parent), ("child", child), ("process", process), ("client", client)])
}

fn process(rig: &mut Rig) -> LinkId {
    let (link, _) = rig.open(posse_proto::Peer::Local);
    let effects = rig.frame(link, hello(posse_wire::msg::Role::Process));
    assert!(refusal(&effects).is_none());
    link
}

fn relayed_child(rig: &mut Rig, parent: LinkId) -> LinkId {
    let (link, _) = rig.open(posse_proto::Peer::Child(HostId(7)));
    rig.frame(link, host_hello(7, 1));
    rig.frame(parent, admitted(7, 1));
    link
}

fn admitted(number: u32, boot: u64) -> Frame {
    use posse_wire::msg::{Admission, Verdict};
    use posse_wire::{Incarnation, Message};
    let verdict =
        Verdict::Admitted { boot, incarnation: Incarnation(1), ticket: vec![1], adopt: false };
    Admission { number: HostId(number), verdict }.frame(CommandId::NONE)
}

/// Kinds that a link of this standing may send; all others close it.
fn may(standing: &str, kind: Kind) -> bool {
    use Kind::*;
    match standing {
        "process" => [Heartbeat, Message, Follow, Enrol, Meet, Part].contains(&kind),
        "parent" => {
            matches!(
                kind,
                Heartbeat
                    | Spawn
                    | OutputAck
                    | Input
                    | Signal
                    | End
                    | Resize
                    | Query
                    | Admission
                    | Deploy
                    | Settled
                    | Current
                    | Led
                    | Seek
                    | Control
                    | Lost
                    | Down
            ) || between_daemons(kind)
        }
        "child" => {
            matches!(
                kind,
                Heartbeat
                    | Output
                    | InputAck
                    | Exit
                    | Resumed
                    | Offer
                    | Reply
                    | Join
                    | Launch
                    | Reach
                    | Sought
                    | Doubt
                    | Control
            ) || between_daemons(kind)
        }
        _ => matches!(
            kind,
            Heartbeat
                | Spawn
                | OutputAck
                | Input
                | Signal
                | End
                | Resize
                | Query
                | Attach
                | Up
                | Ask
                | Answer
                | Remove
                | Hosts
                | Set
                | Commands
                | Watch
                | Names
                | Voters
                | Recover
                | Down
        ),
    }
}

/// Of the task farm: asked from below, ordered from above, reported upwards.
fn is_of_farm(standing: &str, kind: Kind) -> bool {
    let said = [("client", Kind::Job), ("parent", Kind::Lease), ("child", Kind::Leased)];
    let files = [
        ("child", Kind::Bring),
        ("parent", Kind::Brought),
        ("parent", Kind::Ship),
        ("child", Kind::Shipped),
    ];
    said.contains(&(standing, kind)) || files.contains(&(standing, kind))
}

/// Either way.
fn between_daemons(kind: Kind) -> bool {
    matches!(kind, Kind::Message | Kind::Follow | Kind::Gone | Kind::Passed | Kind::Introduce)
}

#[test]
fn every_kind_in_every_standing_has_its_answer() {
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Refused) {
        for at in 0..4 {
            let (mut rig, links) = relay();
            let (standing, link) = links[at];
            let effects = rig.frame(link, samples::sample(*kind));
            let closed = closes(&effects, link);
            let may = may(standing, *kind) || is_of_farm(standing, *kind);
            assert_eq!(closed, !may, "{} from a {standing}", kind.name());
            if closed {
                // The sample welcomes another host; one for this host is allowed.
                let meant = (standing, *kind) == ("parent", Kind::Welcome);
                let why = if meant { "another host" } else { kind.name() };
                assert!(refusal(&effects).unwrap().contains(why));
            }
            process(&mut rig);
        }
    }
}

#[test]
fn a_body_of_rubbish_closes_the_link_and_nothing_else() {
    for kind in Kind::ALL {
        for at in 0..4 {
            let (mut rig, links) = relay();
            let body = bytes::Bytes::from_static(&[0xff; 40]);
            let frame = Frame { kind: *kind, flags: 0xffff, id: CommandId(9), body };
            rig.frame(links[at].1, frame);
            for (standing, other) in links.iter().filter(|link| link.1 != links[at].1) {
                let alive = rig.frame(*other, samples::sample(Kind::Heartbeat));
                assert!(!closes(&alive, *other), "{} cost the {standing}", kind.name());
            }
        }
    }
}

#[test]
fn frames_of_a_link_that_is_closed_are_nothing() {
    let (mut rig, links) = relay();
    for (_, link) in links {
        rig.close(link);
        for kind in Kind::ALL {
            assert!(rig.frame(link, samples::sample(*kind)).is_empty());
        }
    }
    let held = rig.daemon.inspect();
    assert_eq!((held.links, held.joins, held.routes.len()), (0, 0, 0));
}
