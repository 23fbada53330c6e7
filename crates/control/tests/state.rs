//! What commands do, one after the other, and that no bytes of a stranger make a voter fall over.

#![allow(clippy::unwrap_used)]

use posse_control::consensus::{Config, Input, Node, Output, PeerMessage, VoterId, founded};
use posse_control::log::scan;
use posse_control::state::{
    Admission, Answer, Change, ClientId, Command, Cursor, Expect, Found, Host, HostRow, Loader,
    Owner, Proposal, Question, Signature, Standing, State, Token, Watch, Watches,
};
use posse_wire::msg::{HostRequest, Launcher};
use posse_wire::{CommandId, HostId, Incarnation, Lead, Rank, decode_value, limits};
use proptest::prelude::*;

struct Log {
    state: State,
    index: u64,
    client: ClientId,
    seq: u64,
    changes: Vec<Change>,
}

impl Log {
    fn new() -> Self {
        let log = State::default();
        let mut log = Log { state: log, index: 0, client: ClientId(0), seq: 0, changes: vec![] };
        let Answer::Opened(client) = log.as_client(ClientId(0), 0, Command::Open) else { panic!() };
        log.client = client;
        log.apply(up(1, 1));
        log.apply(up(2, 1));
        log.changes.clear();
        log
    }

    fn as_client(&mut self, client: ClientId, seq: u64, command: Command) -> Answer {
        self.index += 1;
        self.state.apply(self.index, Proposal { client, seq, command }, &mut self.changes)
    }

    fn apply(&mut self, command: Command) -> Answer {
        self.seq += 1;
        self.as_client(self.client, self.seq, command)
    }
}

fn request(name: &str) -> HostRequest {
    let name = name.to_owned();
    HostRequest { name, user: None, port: None, slots: None, launcher: Launcher::Local }
}

fn host(standing: Standing, incarnation: u32) -> Host {
    let ticket = Signature([[0; 32]; 2]);
    let (boot, key, parent, facts) = (1, [0; 32], HostId(0), Default::default());
    let admission = Some(Box::new(Admission { boot, key, ticket, parent, facts }));
    let (incarnation, launcher) = (Incarnation(incarnation), "ssh".into());
    Host { request: request("a"), standing, incarnation, launcher, slots: 1, admission }
}

fn rows(number: u32, host: Option<Host>) -> Command {
    let (number, host) = (HostId(number), host.map(Box::new));
    Command::Hosts(vec![HostRow { number, host }])
}

fn up(number: u32, incarnation: u32) -> Command {
    rows(number, Some(host(Standing::Up, incarnation)))
}

fn owner(incarnation: u32, process: u32) -> Owner {
    let (host, incarnation) = (HostId(1), Incarnation(incarnation));
    Owner { host, incarnation, command: CommandId(1), rank: Rank(process) }
}

fn register(name: &str, owner: Owner, expect: Expect) -> Command {
    Command::Register { name: name.into(), value: b"v".to_vec(), owner, expect }
}

#[test]
fn the_end_of_a_life_releases_what_it_had() {
    let down = || rows(1, Some(host(Standing::Down { why: "x".into() }, 1)));
    for (over, next) in [(up(1, 2), 2), (down(), 1), (rows(1, None), 1)] {
        let mut log = Log::new();
        let answer = log.apply(register("n", owner(1, 1), Expect::Absent));
        assert!(matches!(answer, Answer::Version(_)));
        // Said again: nothing new.
        assert_eq!(log.apply(up(1, 1)), Answer::Done);
        assert!(log.state.names.get("n").is_some());
        assert_eq!(log.apply(over), Answer::Done);
        assert!(log.state.names.get("n").is_none());
        if next == 2 {
            assert_eq!(log.apply(register("n", owner(1, 1), Expect::Absent)), Answer::NoHost);
        }
        let answer = log.apply(register("n", owner(2, 1), Expect::Absent));
        assert_eq!(matches!(answer, Answer::Version(_)), next == 2, "{answer:?}");
    }
}

#[test]
fn a_list_goes_in_parts_and_has_all_once() {
    let mut log = Log::new();
    for n in 0..300 {
        let value = vec![7; 1000];
        let (name, owner) = (format!("a/{n:03}"), owner(1, n));
        log.apply(Command::Register { name, value, owner, expect: Expect::Own });
    }
    log.apply(register("b", owner(1, 1), Expect::Own));
    assert_eq!(log.state.names.owners().count(), 300);
    let (mut behind, mut all, mut parts) = (None, vec![], 0);
    loop {
        let question = Question::Names { prefix: "a/".into(), behind };
        let Found::Names { rows, more } = log.state.find(&question) else { panic!() };
        parts += 1;
        all.extend(rows.into_iter().map(|row| row.name));
        behind = all.last().cloned();
        if !more {
            break;
        }
    }
    assert!(parts > 1);
    assert_eq!(all, (0..300).map(|n| format!("a/{n:03}")).collect::<Vec<_>>());
}

#[test]
fn nobody_takes_a_name_from_the_living() {
    let mut log = Log::new();
    let Answer::Version(version) = log.apply(register("n", owner(1, 1), Expect::Absent)) else {
        panic!()
    };
    let taken = Answer::Taken { owner: owner(1, 1), version };
    for expect in [Expect::Absent, Expect::Own, Expect::Version(version)] {
        assert_eq!(log.apply(register("n", owner(1, 2), expect)), taken);
    }
    let Answer::Version(next) = log.apply(register("n", owner(1, 1), Expect::Version(version)))
    else {
        panic!()
    };
    let stale = log.apply(register("n", owner(1, 1), Expect::Version(version)));
    assert_eq!(stale, Answer::Taken { owner: owner(1, 1), version: next });
    log.apply(Command::ProcessGone(owner(1, 1)));
    assert!(matches!(log.apply(register("n", owner(1, 2), Expect::Own)), Answer::Version(_)));
}

#[test]
fn a_retry_is_answered_as_the_first_time_and_what_is_late_is_refused() {
    let mut log = Log::new();
    let client = log.client;
    let command = register("n", owner(1, 1), Expect::Absent);
    let first = log.as_client(client, 10, command.clone());
    assert_eq!(log.as_client(client, 10, command.clone()), first);
    assert_eq!(log.as_client(client, 11, Command::ProcessGone(owner(1, 1))), Answer::Done);
    assert_eq!(log.as_client(client, 9, command.clone()), Answer::Late);
    assert!(log.state.names.is_empty());
    assert_eq!(log.as_client(ClientId(999), 1, command), Answer::NoClient);
}

#[test]
fn only_who_leads_tells_what_is_so() {
    let mut log = Log::new();
    let before = log.client;
    let lead = |term| Command::Lead(Lead { epoch: 1, term });
    let lost = || rows(1, Some(host(Standing::Down { why: "silent".into() }, 1)));
    log.apply(register("n", owner(1, 1), Expect::Absent));
    let Answer::Opened(leader) = log.as_client(ClientId(0), 0, lead(3)) else { panic!() };
    // A leader of before, which was cut off, knows neither.
    assert_eq!(log.apply(lost()), Answer::Superseded);
    assert_eq!(log.apply(Command::ProcessGone(owner(1, 1))), Answer::Superseded);
    assert_eq!(log.as_client(ClientId(0), 0, lead(2)), Answer::Superseded);
    assert!(log.state.names.get("n").is_some());
    // Whose names they are is another matter.
    assert!(matches!(log.apply(register("o", owner(1, 1), Expect::Absent)), Answer::Version(_)));
    // In another life, the same.
    let Answer::Opened(next) = log.as_client(ClientId(0), 0, lead(3)) else { panic!() };
    assert_eq!(log.as_client(leader, 1, lost()), Answer::Superseded);
    let (mut cursor, mut loader) = (Cursor::default(), Loader::default());
    while let Some(chunk) = log.state.chunk(&mut cursor) {
        loader.push(&chunk).unwrap();
    }
    log.state = loader.finish().unwrap();
    assert_eq!(log.as_client(before, 90, lost()), Answer::Superseded);
    assert_eq!(log.as_client(next, 1, lost()), Answer::Done);
    assert!(log.state.names.is_empty());
}

#[test]
fn who_was_unused_for_longest_is_forgotten() {
    let mut log = Log::new();
    for _ in 0..limits::SESSIONS_MAX - 1 {
        log.as_client(ClientId(0), 0, Command::Open);
    }
    assert_eq!(log.apply(Command::ProcessGone(owner(1, 1))), Answer::Done);
    log.as_client(ClientId(0), 0, Command::Open);
    // Used last, so another went.
    assert_eq!(log.apply(Command::ProcessGone(owner(1, 1))), Answer::Done);
}

#[test]
fn waits_and_watches_are_told() {
    let mut watches = Watches::default();
    assert!(watches.begin(Token(1), Watch::WaitFor("a/b".into())));
    assert!(watches.begin(Token(2), Watch::Prefix("a/".into())));
    let change = |version| Change::Name { name: "a/b".into(), version };
    assert_eq!(watches.told(&change(None)), [Token(2)]);
    assert_eq!(watches.told(&change(Some(1))), [Token(2), Token(1)]);
    assert_eq!(watches.told(&change(Some(2))), [Token(2)]);
    watches.end(Token(2));
    assert!(watches.told(&change(Some(3))).is_empty());
}

#[test]
fn a_snapshot_goes_there_and_back() {
    let mut log = Log::new();
    for n in 0..20_000 {
        log.apply(register(&format!("name/{n}"), owner(1, n % 7), Expect::Absent));
    }
    log.apply(Command::Set { name: "s".into(), value: Some(vec![1; 1000]) });
    let (mut cursor, mut loader, mut chunks) = (Cursor::default(), Loader::default(), 0);
    while let Some(chunk) = log.state.chunk(&mut cursor) {
        loader.push(&chunk).unwrap();
        chunks += 1;
    }
    let copy = loader.finish().unwrap();
    assert!(chunks > 5);
    assert_eq!(copy.digest(), log.state.digest());
    assert_eq!(copy.names, log.state.names);
}

fn alone() -> Node {
    let me = VoterId::new(HostId(0), Incarnation(1));
    Node::new(&Config { me, chance: 1, snapshot_after: 1_000 }, founded(me), 0).unwrap()
}

/// Time passes, and the disk is good.
fn run(node: &mut Node, from: u64, upto: u64) -> Vec<Output> {
    let (mut all, mut now) = (vec![], from);
    while now < upto {
        now += 100_000;
        let mut outputs = node.handle(now, Input::Tick);
        while let Some(Output::Persist(persist)) =
            outputs.iter().find(|output| matches!(output, Output::Persist(_))).cloned()
        {
            outputs.retain(|output| !matches!(output, Output::Persist(_)));
            outputs.extend(node.handle(now, Input::Persisted { number: persist.number }));
        }
        all.extend(outputs);
    }
    all
}

#[test]
fn a_host_alone_leads_within_three_seconds_and_answers_when_it_is_on_disk() {
    let mut node = alone();
    run(&mut node, 0, 3_000_000);
    assert!(node.is_leader());
    let open = Proposal { client: ClientId(0), seq: 0, command: Command::Open };
    let outputs = node.handle(3_000_000, Input::Propose { token: Token(5), proposal: open });
    assert!(outputs.iter().all(|output| matches!(output, Output::Persist(_))), "{outputs:?}");
    let Some(Output::Persist(persist)) = outputs.first() else { panic!() };
    let outputs = node.handle(3_000_000, Input::Persisted { number: persist.number });
    let is_answer = |o: &Output| matches!(o, Output::Answer { token: Token(5), result: Ok(_) });
    assert!(outputs.iter().any(is_answer), "{outputs:?}");
}

proptest! {
    #[test]
    fn no_bytes_of_a_stranger_are_too_much(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _refused = Proposal::decode(&bytes);
        let _cut = scan(&bytes);
        let _refused = Loader::default().push(&bytes);
        if let Ok(message) = decode_value::<PeerMessage>(&bytes) {
            let _refused = message.check();
        }
    }
}
