//! Boards at a real state machine of a daemon, over sockets that can be cut and a daemon that can
//! be replaced by one that knows nothing.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Error, ProcessId, Vm};
use bytes::BytesMut;
use posse_proto::{Config, Daemon, Effect, Input, LinkId, Peer, Time};
use posse_wire::msg::{Enrol, Enrolled, Facts, Hello, Role};
use posse_wire::{CommandId, Frame, HostId, Kind, Message, VmId, decode_frame, limits};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(60);

struct Place {
    daemon: Daemon,
    sockets: HashMap<LinkId, UnixStream>,
    links: u64,
    /// It can be connected to.
    is_there: bool,
}

type Job = Box<dyn FnOnce(&mut Place) + Send>;

/// The daemon has a thread of its own.
#[derive(Clone)]
struct Shell(SyncSender<Job>);

fn daemon(boot: u64) -> Daemon {
    let config = Config {
        vm: VmId([1; 16]),
        vm_name: "test".into(),
        host: HostId::OWNER,
        name: "here".into(),
        boot,
        key: [0; 32],
        facts: Facts::default(),
        down_after: limits::DOWN_AFTER,
        linger: limits::LINGER,
        kept_max: limits::KEPT_MAX,
        epoch_ms: 0,
    };
    Daemon::new(config, Time(0))
}

impl Place {
    fn feed(&mut self, input: Input) -> Vec<(LinkId, Frame)> {
        let mut effects = Vec::new();
        self.daemon.handle(Time(0), input, &mut effects);
        let mut sent = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send { link, frame } => {
                    if let Some(mut socket) = self.sockets.get(&link) {
                        let _cut_meanwhile = socket.write_all(&frame.to_bytes());
                    }
                    sent.push((link, frame));
                }
                Effect::Close { link } => drop(self.sockets.remove(&link)),
                _ => {}
            }
        }
        sent
    }

    /// A process that takes part: its connection, which is none of a socket, and its id.
    fn process(&mut self) -> (LinkId, ProcessId) {
        let link = self.open();
        let (wire, wire_oldest) = (posse_wire::WIRE_VERSION, posse_wire::WIRE_VERSION_OLDEST);
        let hello = Hello { wire, wire_oldest, vm: VmId([1; 16]), role: Role::Process };
        self.feed(Input::Frame { link, frame: hello.frame(CommandId::NONE) });
        let frame = Enrol { claims: None }.frame(CommandId(1));
        let sent = self.feed(Input::Frame { link, frame });
        let enrolled = sent.iter().find(|(_, frame)| frame.kind == Kind::Enrolled).unwrap();
        (link, Enrolled::decode(&enrolled.1).unwrap().process)
    }

    fn cut(&mut self) {
        for (link, socket) in std::mem::take(&mut self.sockets) {
            let _gone = socket.shutdown(Shutdown::Both);
            self.feed(Input::LinkClosed { link, why: "cut".into() });
        }
    }

    fn open(&mut self) -> LinkId {
        self.links += 1;
        let link = LinkId(self.links);
        self.feed(Input::LinkOpened { link, peer: Peer::Local });
        link
    }
}

impl Shell {
    fn new() -> Shell {
        let (jobs, todo) = sync_channel::<Job>(0);
        thread::spawn(move || {
            let (daemon, sockets) = (daemon(1), HashMap::new());
            let mut place = Place { daemon, sockets, links: 0, is_there: true };
            todo.iter().for_each(|job| job(&mut place));
        });
        Shell(jobs)
    }

    fn with<T: Send + 'static>(&self, job: impl FnOnce(&mut Place) -> T + Send + 'static) -> T {
        let (done, result) = sync_channel(1);
        self.0.send(Box::new(move |place| done.send(job(place)).unwrap())).unwrap();
        result.recv().unwrap()
    }

    fn close(&self, link: LinkId) {
        self.with(move |place| place.feed(Input::LinkClosed { link, why: "gone".into() }));
    }

    fn connect(&self) -> Option<Result<Vm, Error>> {
        let (front, back) = UnixStream::pair().unwrap();
        let socket = back.try_clone().unwrap();
        let link = self.with(move |place| {
            let link = place.is_there.then(|| place.open())?;
            place.sockets.insert(link, socket);
            Some(link)
        })?;
        let shell = self.clone();
        thread::spawn(move || shell.read(link, back));
        Some(Vm::from_stream(front))
    }

    fn read(&self, link: LinkId, mut socket: UnixStream) {
        let (mut input, mut some) = (BytesMut::new(), [0; 4096]);
        while let Ok(count @ 1..) = socket.read(&mut some) {
            input.extend_from_slice(&some[..count]);
            while let Some(frame) = decode_frame(&mut input, usize::MAX).unwrap() {
                self.with(move |place| {
                    if place.sockets.contains_key(&link) {
                        place.feed(Input::Frame { link, frame });
                    }
                });
            }
        }
        self.with(move |place| {
            if place.sockets.remove(&link).is_some() {
                place.feed(Input::LinkClosed { link, why: "gone".into() });
            }
        });
    }

    fn cut(&self) {
        self.with(Place::cut);
    }

    /// Another daemon, with as many processes of the same ids.
    fn replace(&self, processes: usize) {
        self.with(move |place| {
            place.cut();
            place.daemon = daemon(2);
            for _ in 0..processes {
                place.process();
            }
        });
    }

    fn board(&self) -> (LinkId, Board) {
        let (link, process) = self.with(Place::process);
        let first = self.connect().unwrap().unwrap().link();
        let shell = self.clone();
        (link, Board::new(process, first, Box::new(move || shell.connect())).unwrap())
    }

    fn wait_for(&self, held: usize) {
        let until = Instant::now() + WITHIN;
        while self.with(|place| place.daemon.inspect().board) != held {
            assert!(Instant::now() < until, "{held} are to be held");
            thread::yield_now();
        }
    }
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + WITHIN)
}

/// A barrier of two, in a thread.
fn waiting(board: &Board) -> JoinHandle<Result<(), Error>> {
    let groups = board.groups();
    thread::spawn(move || groups.barrier("g", Some(2), OnDeath::Fail, soon()))
}

/// The daemon has said that this one waits.
fn until_told(board: &Board) {
    let until = Instant::now() + WITHIN;
    while !board.has_waiter() {
        assert!(Instant::now() < until, "the wait is to begin");
        thread::yield_now();
    }
}

#[test]
fn members_meet_and_a_deadline_takes_a_wait_back() {
    let shell = Shell::new();
    let ((_, a), (_, b)) = (shell.board(), shell.board());
    assert_eq!(a.groups().join("g").unwrap(), 0);
    assert_eq!(b.groups().join("g").unwrap(), 1);
    let members = [a.process(), b.process()].map(Some);
    assert_eq!(a.groups().members("g").unwrap(), members);
    let passed = Instant::now();
    let late = a.groups().barrier("g", None, OnDeath::WaitOn, Some(passed)).unwrap_err();
    assert!(late.is_deadline());
    let wait = waiting(&a);
    b.groups().barrier("g", Some(2), OnDeath::Fail, soon()).unwrap();
    wait.join().unwrap().unwrap();
    let error = b.groups().join("g").unwrap_err();
    let why = GroupError::AlreadyMember { instance: 1 };
    assert!(matches!(&error, Error::Group { why: is, .. } if *is == why), "{error}");
    a.groups().leave("g").unwrap();
    assert_eq!(b.groups().members("g").unwrap(), [None, Some(b.process())]);
    assert_eq!(b.groups().list().unwrap().len(), 1);
    let (first, second) = (a.contexts().allot().unwrap(), b.contexts().allot().unwrap());
    assert_ne!(first, second);
    a.contexts().free(second).unwrap();
    assert!(matches!(b.contexts().free(second), Err(Error::NoSuchContext)));
}

#[test]
fn a_member_that_dies_ends_the_wait() {
    let shell = Shell::new();
    let ((_, a), (link, b)) = (shell.board(), shell.board());
    a.groups().join("g").unwrap();
    b.groups().join("g").unwrap();
    let wait = waiting(&a);
    until_told(&a);
    shell.close(link);
    let error = wait.join().unwrap().unwrap_err();
    assert!(error.to_string().contains("died"), "{error}");
}

#[test]
fn letters_are_left_read_and_waited_for() {
    let shell = Shell::new();
    let ((_, a), (_, b)) = (shell.board(), shell.board());
    let reader = b.mailbox();
    let wait = thread::spawn(move || reader.get("m", 0, MailFlags::WAIT, soon()));
    assert_eq!(a.mailbox().put("m", MailFlags::default(), b"one").unwrap(), 0);
    let letter = wait.join().unwrap().unwrap();
    assert_eq!((letter.owner, letter.value), (Some(a.process()), b"one".to_vec()));
    let error = b.mailbox().delete("m", 0).unwrap_err();
    assert!(matches!(error, Error::Mail { why: MailError::Denied, .. }), "{error}");
    assert_eq!(b.mailbox().list().unwrap().len(), 1);
    let late = b.mailbox().get("n", 0, MailFlags::WAIT, Some(Instant::now()));
    assert!(late.unwrap_err().is_deadline());
    shell.wait_for(1);
}

#[test]
fn a_cut_ends_nothing() {
    let shell = Shell::new();
    let ((_, a), (_, b)) = (shell.board(), shell.board());
    a.groups().join("g").unwrap();
    b.groups().join("g").unwrap();
    let wait = waiting(&a);
    until_told(&a);
    shell.cut();
    b.groups().barrier("g", Some(2), OnDeath::Fail, soon()).unwrap();
    wait.join().unwrap().unwrap();
}

#[test]
fn another_daemon_is_told_what_is_held_and_waits_go_on() {
    let shell = Shell::new();
    let ((_, a), (_, b)) = (shell.board(), shell.board());
    b.groups().join("g").unwrap();
    assert_eq!(a.groups().join("g").unwrap(), 1);
    a.mailbox().put("m", MailFlags::MULTI, b"one").unwrap();
    a.mailbox().put("m", MailFlags::MULTI | MailFlags::OVERWRITABLE, b"two").unwrap();
    b.mailbox().get("m", 1, MailFlags::DELETE, None).unwrap();
    let context = a.contexts().allot().unwrap();
    let reader = b.mailbox();
    let letter = thread::spawn(move || reader.get("later", 0, MailFlags::WAIT, soon()));
    let wait = waiting(&a);
    until_told(&a);
    shell.wait_for(5);
    shell.replace(2);
    // Two members, a letter, a context, a read that waits.
    shell.wait_for(5);
    assert_eq!((a.groups().instance("g"), b.groups().instance("g")), (Some(1), Some(0)));
    let entries = a.mailbox().list().unwrap();
    assert_eq!(entries.iter().map(|entry| entry.index).collect::<Vec<_>>(), [0], "one was taken");
    b.groups().barrier("g", Some(2), OnDeath::Fail, soon()).unwrap();
    wait.join().unwrap().unwrap();
    a.mailbox().put("later", MailFlags::default(), b"now").unwrap();
    assert_eq!(letter.join().unwrap().unwrap().value, b"now");
    b.contexts().free(context).unwrap();
}

#[test]
fn a_lost_vm_ends_every_wait() {
    let shell = Shell::new();
    let (_, a) = shell.board();
    a.groups().join("g").unwrap();
    let wait = waiting(&a);
    until_told(&a);
    shell.with(|place| place.is_there = false);
    shell.cut();
    let error = wait.join().unwrap().unwrap_err();
    assert!(matches!(&error, Error::Disconnected { .. }), "{error}");
    assert!(a.groups().join("h").is_err());
}
