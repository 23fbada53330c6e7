//! Detached commands at their sources: kept on the host first, sent up from there at the pace of
//! acknowledgements, said again as it is asked for, held until the origin drops it, offered to
//! another one.

#![allow(clippy::unwrap_used)]

mod rig;

use posse_proto::{Effect, Input, LinkId, Peer};
use posse_wire::msg::*;
use posse_wire::*;
use rig::*;

const ID: CommandId = CommandId(8);
const OUT: Fd = Fd::STDOUT;

fn kept_spec() -> Spec {
    let pipes = vec![Pipe { fd: 1, input: false }];
    Spec { detached: true, pipes, ..spec() }
}

/// What its root would send for these ranks of host 1; rank 9 runs on the root's own host.
fn ask(first: u32, count: u32) -> Spawn {
    let targets = vec![Target { host: HostId::OWNER, first: Rank(9), count: 1 }];
    let origin = Origin { number: 4, targets };
    Spawn { size: 10, origin, ..spawn(&kept_spec(), &[(1, first, count)]) }
}

fn ask_again(first: u32, count: u32, anew: u32) -> Frame {
    Spawn { again: true, anew, ..ask(first, count) }.frame(ID)
}

fn ack(rank: u32, offset: u64) -> Frame {
    let (rank, fd, closed, again) = (Rank(rank), OUT, false, false);
    StreamAck { rank, fd, offset, closed, again }.frame(Kind::OutputAck, ID)
}

fn frames(effects: &[Effect], kind: Kind) -> Vec<Frame> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send { frame, .. } if frame.kind == kind => Some(frame.clone()),
        _ => None,
    });
    sent.collect()
}

/// Output that is sent: rank, offset, length, end.
fn said(effects: &[Effect]) -> Vec<(u32, u64, usize, bool)> {
    let frames = frames(effects, Kind::Output).into_iter();
    let chunks = frames.map(|frame| StreamChunk::decode(&frame).unwrap());
    chunks.map(|chunk| (chunk.rank.0, chunk.offset, chunk.bytes.len(), chunk.end)).collect()
}

fn exits(effects: &[Effect]) -> Vec<u32> {
    let frames = frames(effects, Kind::Exit).into_iter();
    frames.map(|frame| Exit::decode(&frame).unwrap().rank.0).collect()
}

/// A host with a disk: what is kept, and what of it is read back.
struct Host {
    rig: Rig,
    file: Vec<Frame>,
    fetches: usize,
}

impl Host {
    fn new() -> Host {
        Host { rig: Rig::host(1), file: Vec::new(), fetches: 0 }
    }

    fn length(&self) -> u64 {
        self.file.iter().map(|frame| frame.to_bytes().len() as u64).sum()
    }

    /// Carries out what concerns the disk; returns all effects.
    fn settle(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        let mut at = 0;
        while at < effects.len() {
            let more = match effects[at].clone() {
                Effect::Keep { command, frame } => {
                    self.file.push(frame.clone());
                    let end = self.length();
                    self.rig.feed(Input::Kept { command, frame, end })
                }
                Effect::Fetch { command, from, bytes_max } => {
                    self.fetches += 1;
                    let (mut position, mut frames, mut bytes) = (0, Vec::new(), 0);
                    for frame in &self.file {
                        let length = frame.to_bytes().len();
                        if position >= from && (bytes + length <= bytes_max || bytes == 0) {
                            frames.push(frame.clone());
                            bytes += length;
                        }
                        position += length as u64;
                    }
                    self.rig.feed(Input::Fetched { command, from, frames })
                }
                _ => Vec::new(),
            };
            effects.extend(more);
            at += 1;
        }
        effects
    }

    fn frame(&mut self, link: LinkId, frame: Frame) -> Vec<Effect> {
        let effects = self.rig.frame(link, frame);
        self.settle(effects)
    }

    fn write(&mut self, rank: u32, length: usize, end: bool) -> Vec<Effect> {
        let (command, rank, fd) = (ID, Rank(rank), OUT);
        let bytes = bytes::Bytes::from(vec![b'x'; length]);
        let effects = self.rig.feed(Input::Output { command, rank, fd, bytes, end });
        self.settle(effects)
    }

    fn exit(&mut self, rank: u32) -> Vec<Effect> {
        let effects = self.rig.feed(exited(ID, rank));
        self.settle(effects)
    }
}

#[test]
fn credit_comes_from_the_own_disk() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    let effects = host.frame(parent, ask(0, 1).frame(ID));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepHead { .. })));
    let effects = host.rig.feed(output(ID, 0, b"hello", false));
    assert!(said(&effects).is_empty(), "not before it is kept");
    let effects = host.settle(effects);
    assert_eq!(said(&effects), [(0, 0, 5, false)]);
    let may_read = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Read { upto, .. } => Some(*upto),
            _ => None,
        })
    };
    assert_eq!(may_read(&effects), Some(5 + 4096), "without a word from above");
    host.rig.close(parent);
    for _ in 0..100 {
        assert!(may_read(&host.write(0, 4096, false)).is_some(), "nobody is there, and it goes on");
    }
    assert_eq!(host.fetches, 0);
}

#[test]
fn what_goes_up_is_bounded_and_goes_on_with_acknowledgements() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    host.frame(parent, ask(0, 2).frame(ID));
    let mut sent = Vec::new();
    for _ in 0..5 {
        sent.extend(said(&host.write(0, 4096, false)));
    }
    assert_eq!(sent, [(0, 0, 4096, false), (0, 4096, 4096, false)], "two streams' windows");
    assert_eq!(host.fetches, 0, "what is under way is not read ahead of its time");
    let effects = host.frame(parent, ack(0, 4096));
    assert_eq!(said(&effects), [(0, 8192, 4096, false)], "read back");
    let mut sent = Vec::new();
    for acked in 2..=5 {
        sent.extend(said(&host.frame(parent, ack(0, acked * 4096))));
    }
    assert_eq!(sent, [(0, 12288, 4096, false), (0, 16384, 4096, false)]);
    let fetches = host.fetches;
    assert_eq!(said(&host.write(1, 10, false)), [(1, 0, 10, false)], "at the end of the file");
    assert_eq!(host.fetches, fetches);
}

#[test]
fn an_origin_that_comes_back_gets_what_it_has_not() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    host.frame(parent, ask(0, 2).frame(ID));
    host.write(0, 100, true);
    host.exit(0);
    host.write(1, 100, false);
    host.frame(parent, ack(0, 100));
    host.frame(parent, ack(1, 40));
    host.rig.close(parent);
    host.write(1, 100, true);
    host.exit(1);
    let parent = host.rig.parent();
    let effects = host.frame(parent, ask_again(0, 2, 0));
    assert_eq!(said(&effects), [(0, 100, 0, true), (1, 40, 60, false), (1, 100, 100, true)]);
    assert_eq!(exits(&effects), [0, 1], "ends are never acknowledged");
    assert_eq!(sent::<Resumed>(&effects, parent)[0].anew, 0);
    // It knows of the first by now.
    let effects = host.frame(parent, ask_again(1, 1, 0));
    assert_eq!((said(&effects).len(), exits(&effects)), (2, vec![1]));
    assert_eq!(host.rig.daemon.inspect().held, [ID]);
}

#[test]
fn an_origin_that_lost_all_gets_all() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    host.frame(parent, ask(0, 1).frame(ID));
    host.write(0, 100, false);
    host.write(0, 100, true);
    host.exit(0);
    host.frame(parent, ack(0, 200));
    host.rig.close(parent);
    let parent = host.rig.parent();
    let effects = host.frame(parent, ask_again(0, 1, 77));
    assert_eq!(sent::<Resumed>(&effects, parent)[0].anew, 77);
    assert_eq!(said(&effects), [(0, 0, 100, false), (0, 100, 100, true)]);
    assert_eq!(exits(&effects), [0]);
    let settled = Settled { commands: vec![ID] }.frame(CommandId::NONE);
    let effects = host.frame(parent, settled);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Unkeep { command: ID })));
    assert!(host.rig.daemon.inspect().held.is_empty());
}

fn asks_to_offer() -> Frame {
    let welcome = Welcome::decode(&welcome(1)).unwrap();
    Welcome { adopt: true, ..welcome }.frame(CommandId::NONE)
}

#[test]
fn a_host_offers_what_it_has_when_it_is_asked() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    host.frame(parent, ask(2, 2).frame(ID));
    host.rig.close(parent);
    let (link, _) = host.rig.open(Peer::Parent);
    let offers: Vec<Offer> = sent(&host.rig.frame(link, asks_to_offer()), link);
    assert_eq!(offers[0].targets, [Target { host: HostId(1), first: Rank(2), count: 2 }]);
    assert_eq!((offers[0].size, &offers[0].origin), (10, &ask(2, 2).origin));
}

/// A later life of an owner that had two hosts up, and nothing else on its disk.
fn without_disk() -> Rig {
    let mut rig = Rig::owner();
    let (client, id) = rig.client();
    rig.up(client, id, &["a", "b"]);
    for host in 1..3 {
        rig.child(host, u64::from(host));
    }
    let table = rig.daemon.table();
    let mut again = Rig::owner();
    again.daemon = posse_proto::Daemon::new(config(0, 2), again.now);
    again.daemon.restore(&table).unwrap();
    again
}

fn offer(host: u32, first: u32, count: u32) -> Offer {
    let targets = vec![Target { host: HostId(host), first: Rank(first), count }];
    let origin = Origin { targets: Vec::new(), ..ask(0, 1).origin };
    Offer { size: 3, spec: kept_spec().encode(), targets, origin }
}

#[test]
fn an_owner_without_its_disk_takes_over_what_hosts_have() {
    let mut rig = without_disk();
    let id = CommandId::new(HostId::OWNER, 8);
    let link = |rig: &mut Rig, host: u32| {
        let (link, _) = rig.open(Peer::Child(HostId(host)));
        rig.frame(link, host_hello(host, u64::from(host)));
        let effects = rig.feed(Input::Admitted { link, ticket: vec![1] });
        assert!(sent::<Welcome>(&effects, link)[0].adopt);
        link
    };
    let first = link(&mut rig, 1);
    let effects = rig.frame(first, offer(1, 0, 1).frame(id));
    let asked: Vec<Spawn> = sent(&effects, first);
    assert!(asked[0].again && asked[0].anew != 0);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepHead { .. })));
    let anew = asked[0].anew;
    let exit = Exit { rank: Rank(0), count: 1, status: Status::Exited(0), elapsed_us: 1 };
    let early = rig.frame(first, exit.frame(id));
    assert!(early.is_empty(), "from before it was asked");
    rig.frame(first, Resumed { host: HostId(1), anew }.frame(id));
    let effects = rig.frame(first, exit.frame(id));
    rig.keep_all(&effects);
    assert!(rig.daemon.runs(id), "others have not been heard, and have time");
    let effects = rig.pass(limits::OFFERS_WITHIN, &[first]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Stuck { .. })));
    assert_eq!(rig.daemon.inspect().adrift, [id]);

    let second = link(&mut rig, 2);
    let effects = rig.frame(second, offer(2, 1, 2).frame(id));
    let asked: Vec<Spawn> = sent(&effects, second);
    assert_eq!(asked[0].targets, [Target { host: HostId(2), first: Rank(1), count: 2 }]);
    rig.frame(second, Resumed { host: HostId(2), anew }.frame(id));
    let exit = Exit { rank: Rank(1), count: 2, ..exit };
    let effects = rig.frame(second, exit.frame(id));
    rig.keep_all(&effects);
    assert_eq!((rig.daemon.inspect().commands, rig.daemon.inspect().kept), (0, 1));
    let (client, next) = rig.client();
    let lists: Vec<Commands> = sent(&rig.frame(client, Commands::default().frame(next)), client);
    assert_eq!(lists[0].commands[0].number, 4, "as it was known by");
    assert!(rig.frame(second, offer(2, 1, 2).frame(id)).is_empty(), "known");
}

#[test]
fn who_ends_a_command_that_was_taken_over_does_not_wait_for_strangers() {
    let mut rig = without_disk();
    let id = CommandId::new(HostId::OWNER, 8);
    let (link, _) = rig.open(Peer::Child(HostId(1)));
    rig.frame(link, host_hello(1, 1));
    rig.feed(Input::Admitted { link, ticket: vec![1] });
    rig.frame(link, offer(1, 1, 1).frame(id));
    let (client, _) = rig.client();
    let effects = rig.frame(client, End { rank: None, signal: 15 }.frame(id));
    let exits = effects.iter().filter_map(|effect| match effect {
        Effect::Keep { frame, .. } => Exit::decode(frame).ok(),
        _ => None,
    });
    let lost: Vec<(u32, u32)> = exits.map(|exit| (exit.rank.0, exit.count)).collect();
    assert_eq!(lost, [(0, 1), (2, 1)]);
    assert_eq!(sent::<End>(&effects, link).len(), 1);
    assert!(rig.daemon.runs(id), "the one that is known is");
}

#[test]
fn what_was_dropped_is_not_taken_over_again() {
    let mut rig = Rig::owner();
    rig.daemon =
        posse_proto::Daemon::new(posse_proto::Config { kept_max: 0, ..config(0, 1) }, rig.now);
    let (client, id) = rig.client();
    rig.up(client, id, &["a"]);
    let link = rig.child(1, 1);
    let id = CommandId(id.0 + 1);
    rig.frame(client, spawn(&kept_spec(), &[(1, 0, 1)]).frame(id));
    let exit = Exit { rank: Rank(0), count: 1, status: Status::Exited(0), elapsed_us: 1 };
    let effects = rig.frame(link, exit.frame(id));
    let effects = rig.keep_all(&effects);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Unkeep { .. })));
    let told = |rig: &mut Rig| {
        let effects = rig.pass(limits::HEARTBEAT_EVERY, &[link, client]);
        sent::<Settled>(&effects, link)
    };
    assert_eq!(told(&mut rig)[0].commands, [id]);
    rig.frame(link, offer(1, 0, 1).frame(id));
    assert_eq!(told(&mut rig)[0].commands, [id]);
    assert_eq!(rig.daemon.inspect().commands, 0);
}

#[test]
fn a_host_takes_the_place_of_a_lost_root() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    host.frame(parent, ask(0, 1).frame(ID));
    host.write(0, 100, false);
    host.frame(parent, ack(0, 100));
    host.rig.close(parent);
    let (lead, table) = (Lead { epoch: 0, term: 1 }, posse_proto::table_of(HostId::OWNER, vec![]));
    let effects = host.rig.feed(Input::Lead { lead, table });
    let head = effects.iter().any(|effect| matches!(effect, Effect::KeepHead { .. }));
    let effects = host.write(0, 10, true);
    assert!(head && said(&effects).is_empty());
    assert!(host.rig.daemon.is_kept(ID));
    host.exit(0);
    assert_eq!(host.file.len(), 3, "once each");
    assert!(host.rig.daemon.runs(ID), "others are waited for");
    let (client, next) = host.rig.client();
    let effects = host.rig.frame(client, Attach { follow: false }.frame(ID));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Replay { .. })));
    let effects = host.rig.frame(client, Commands::default().frame(next));
    assert_eq!(sent::<Commands>(&effects, client)[0].commands[0].number, 4);
}

/// It led, handed the lead back, and leads again: what it asks hosts is said as the first time.
#[test]
fn a_host_that_leads_again_is_the_home_of_its_part_once() {
    let mut host = Host::new();
    let parent = host.rig.parent();
    host.frame(parent, ask(0, 1).frame(ID));
    host.rig.close(parent);
    let table = posse_proto::table_of(HostId::OWNER, vec![]);
    let lead = |term| Lead { epoch: 0, term };
    host.rig.feed(Input::Lead { lead: lead(1), table: table.clone() });
    let follow = |rig: &mut Rig, term| {
        let (link, _) = rig.open(Peer::Parent);
        let led = Led { lead: lead(term), ..Led::default() };
        let welcome = Welcome { led, adopt: true, ..Welcome::decode(&welcome(1)).unwrap() };
        let effects = rig.frame(link, welcome.frame(CommandId::NONE));
        assert!(!rig.daemon.is_leading());
        (link, sent::<Offer>(&effects, link).remove(0))
    };
    let (back, first) = follow(&mut host.rig, 2);
    host.rig.close(back);
    host.rig.feed(Input::Lead { lead: lead(3), table });
    let (_, second) = follow(&mut host.rig, 4);
    assert_eq!(first.origin.targets, second.origin.targets);
}
