//! Front ends on a host that does not lead: served by the daemon that does, through the tree.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::{Rig, hello, sent, spawn, spec};

/// The owner's daemon and one host, and the link between them at either.
struct Two {
    owner: Rig,
    host: Rig,
    child: LinkId,
    parent: LinkId,
}

impl Two {
    fn new() -> Two {
        let (mut owner, mut host) = (Rig::owner(), Rig::host(1));
        let (client, id) = owner.client();
        owner.up(client, id, &["lab1"]);
        let child = owner.child(1, 1);
        let parent = host.parent();
        Two { owner, host, child, parent }
    }

    /// The host joined by a code.
    fn lent() -> Two {
        let (mut owner, mut host) = (Rig::owner(), Rig::host(1));
        owner.daemon.add_invited("desk").unwrap();
        let child = owner.child(1, 1);
        let parent = host.parent();
        Two { owner, host, child, parent }
    }

    /// What the front end at the host gets when it says this.
    fn say(&mut self, link: LinkId, frame: Frame) -> Vec<Effect> {
        let up = self.host.frame(link, frame);
        self.carry(up)
    }

    /// Carries what the host said up, and what comes back down, until nothing is left.
    fn carry(&mut self, up: Vec<Effect>) -> Vec<Effect> {
        let mut heard = Vec::new();
        let mut up = up;
        loop {
            let (upwards, here): (Vec<_>, Vec<_>) = up.into_iter().partition(
                |effect| matches!(effect, Effect::Send { link, .. } if *link == self.parent),
            );
            heard.extend(here);
            let mut down = Vec::new();
            for frame in frames(upwards) {
                down.extend(self.owner.frame(self.child, frame));
            }
            let down: Vec<_> = down
                .into_iter()
                .filter(|e| matches!(e, Effect::Send { link, .. } if *link == self.child))
                .collect();
            if down.is_empty() {
                return heard;
            }
            up = Vec::new();
            for frame in frames(down) {
                up.extend(self.host.frame(self.parent, frame));
            }
        }
    }

    fn client(&mut self) -> (LinkId, CommandId, Vec<HostEntry>) {
        let (link, _) = self.host.open(Peer::Local);
        let heard = self.say(link, hello(Role::Client));
        let welcome = sent::<Welcome>(&heard, link).remove(0);
        (link, CommandId(welcome.command_first), welcome.hosts.hosts)
    }
}

fn frames(effects: Vec<Effect>) -> Vec<Frame> {
    let frame = |effect| match effect {
        Effect::Send { frame, .. } => Some(frame),
        _ => None,
    };
    effects.into_iter().filter_map(frame).collect()
}

#[test]
fn it_is_welcomed_by_the_daemon_that_leads() {
    let mut two = Two::new();
    let (link, first, hosts) = two.client();
    assert_eq!((first.origin(), hosts.len()), (HostId::OWNER, 2));
    let id = CommandId(first.0 + 1);
    let heard = two.say(link, Commands::default().frame(id));
    assert_eq!(sent::<Commands>(&heard, link).len(), 1);
}

#[test]
fn its_commands_run_anywhere_but_on_the_owners_machine() {
    let mut two = Two::new();
    let (link, id, _) = two.client();
    let heard = two.say(link, spawn(&spec(), &[(1, 0, 1), (0, 1, 1)]).frame(id));
    assert!(heard.iter().any(|effect| matches!(effect, Effect::Start { rank: Rank(0), .. })));
    let exit = sent::<Exit>(&heard, link).remove(0);
    assert_eq!(exit.rank, Rank(1));
    assert!(matches!(exit.status, Status::Lost { outcome: Outcome::NotDone, .. }));
}

#[test]
fn it_may_not_change_the_vm() {
    let mut two = Two::new();
    let (link, id, _) = two.client();
    let heard = two.say(link, Down { purge: false }.frame(id));
    assert!(sent::<Done>(&heard, link)[0].error.is_some());
    let heard = two.say(link, Remove { hosts: vec![HostId(1)], purge: true }.frame(id));
    assert!(sent::<Done>(&heard, link)[0].error.is_some());
}

/// The host joined by a code: its user is not the vm's owner.
#[test]
fn that_of_a_lent_computer_starts_programs_there_alone() {
    let mut two = Two::lent();
    let (other, other_id) = two.owner.client();
    two.owner.up(other, other_id, &["lab2"]);
    two.owner.child(2, 1);
    let (link, id, _) = two.client();
    let heard = two.say(link, spawn(&spec(), &[(1, 0, 1), (2, 1, 1), (0, 2, 1)]).frame(id));
    let starts = |effect: &&Effect| matches!(effect, Effect::Start { .. });
    assert_eq!(heard.iter().filter(starts).count(), 1);
    let exits = sent::<Exit>(&heard, link);
    let denied: Vec<Rank> = exits.iter().map(|exit| exit.rank).collect();
    assert_eq!(denied, [Rank(1), Rank(2)], "{exits:?}");
}

#[test]
fn that_of_a_lent_computer_may_not_reach_out() {
    let own = |id: CommandId| CommandId(id.0 + 1);
    let says: [fn(CommandId) -> Frame; 3] = [
        |id| Attach { follow: true }.frame(id),
        |id| Job(Piece { at: 0, more: false, bytes: vec![1] }).frame(id),
        |_| End { rank: None, signal: 15 }.frame(CommandId::new(HostId::OWNER, 1)),
    ];
    for say in says {
        let mut two = Two::lent();
        // The command that it would end is the owner's.
        let (other, first) = two.owner.client();
        two.owner
            .frame(other, spawn(&spec(), &[(0, 0, 1)]).frame(CommandId::new(HostId::OWNER, 1)));
        let (link, id, _) = two.client();
        assert_ne!(first, id);
        let heard = two.say(link, say(own(id)));
        let why = sent::<Refused>(&heard, link);
        assert!(why.first().is_some_and(|why| why.reason.contains("joined by a code")), "{why:?}");
    }
}

#[test]
fn that_of_a_lent_computer_changes_no_settings() {
    let set = |name: &str, id| Set { name: name.into(), value: Some(b"x".to_vec()) }.frame(id);
    for (mut two, refused) in [(Two::lent(), true), (Two::new(), false)] {
        let (link, id, _) = two.client();
        for (name, is_refused) in [("load", refused), ("mask-ok", false)] {
            let heard = two.say(link, set(name, id));
            assert_eq!(sent::<Done>(&heard, link)[0].error.is_some(), is_refused, "{name}");
        }
        let (owner, _) = two.owner.open(Peer::Local);
        let welcome = two.owner.frame(owner, hello(Role::Client));
        let kept = sent::<Welcome>(&welcome, owner).remove(0).settings;
        assert_eq!(kept.is_empty(), refused, "{kept:?}");
    }
}

#[test]
fn when_it_goes_its_command_ends() {
    let mut two = Two::new();
    let (link, id, _) = two.client();
    two.say(link, spawn(&spec(), &[(1, 0, 1)]).frame(id));
    let gone = two.host.close(link);
    let heard = two.carry(gone);
    assert!(heard.iter().any(|effect| matches!(effect, Effect::Signal { .. })), "{heard:?}");
}

#[test]
fn when_the_way_is_lost_it_is_told() {
    let mut two = Two::new();
    let (link, ..) = two.client();
    let effects = two.host.close(two.parent);
    let told = sent::<Refused>(&effects, link);
    assert!(told[0].reason.contains("try again"), "{told:?}");
    assert!(two.owner.close(two.child).iter().all(|e| !matches!(e, Effect::Close { .. })));
}

/// Its host hangs below another one since a moment ago, and this daemon was not told so yet.
#[test]
fn one_whose_host_is_not_known_there_yet_is_told_to_try_again() {
    let mut two = Two::new();
    let passed = |what| Passed { host: HostId(7), client: 1, what }.frame(CommandId::NONE);
    let effects = two.owner.frame(two.child, passed(Passing::Opened));
    let told = sent::<Passed>(&effects, two.child);
    assert_eq!((told.len(), told[0].host, told[0].client), (1, HostId(7), 1));
    assert!(matches!(&told[0].what, Passing::Closed { why } if why.contains("try again")));
    let rest = two.owner.frame(two.child, passed(Passing::Bytes(vec![1])));
    assert!(rest.is_empty());
}
