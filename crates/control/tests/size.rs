//! What a voter of a very large vm needs: memory for ten thousand hosts and a million names,
//! bytes for a host on the wire. Linux only, since it reads what the kernel says.

#![allow(clippy::unwrap_used)]

use posse_control::state::{
    Admission, Answer, ClientId, Command, Cursor, Expect, Host, HostRow, Loader, Owner, Proposal,
    Signature, Standing, State,
};
use posse_wire::msg::{Facts, HostRequest, Launcher};
use posse_wire::{CommandId, HostId, Incarnation, Rank, encode_value};

const HOSTS: u32 = 10_000;
const NAMES: u32 = 1_000_000;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

struct Client {
    state: State,
    index: u64,
    id: ClientId,
    seq: u64,
}

impl Client {
    fn new() -> Self {
        let mut state = State::default();
        let open = Proposal { client: ClientId(0), seq: 0, command: Command::Open };
        let Answer::Opened(id) = state.apply(1, open, &mut vec![]) else { panic!() };
        Client { state, index: 1, id, seq: 0 }
    }

    fn apply(&mut self, command: Command) -> Answer {
        command.check().unwrap();
        self.index += 1;
        self.seq += 1;
        let proposal = Proposal { client: self.id, seq: self.seq, command };
        self.state.apply(self.index, proposal, &mut vec![])
    }
}

fn request(number: u32) -> HostRequest {
    let name = format!("node{number:05}.cluster");
    HostRequest { name, user: None, port: None, slots: None, launcher: Launcher::Ssh }
}

fn admission(number: u32) -> Admission {
    let facts = Facts {
        hostname: format!("node{number:05}"),
        arch: "x86_64".into(),
        system: "Linux 6.1.0-18-amd64".into(),
        version: "0.1.0".into(),
        cores: 64,
        memory: 256 << 30,
        user: "alice".into(),
        home: "/home/alice".into(),
        pid: 12_345,
        listens: "10.11.12.13:40123".into(),
    };
    let ticket = Signature([[7; 32]; 2]);
    Admission { boot: 0x1234_5678_9abc, key: [9; 32], ticket, parent: HostId(0), facts }
}

fn row(number: u32) -> HostRow {
    let host = Host {
        request: request(number),
        standing: Standing::Up,
        incarnation: Incarnation(1),
        launcher: "direct".into(),
        slots: 64,
        admission: Some(Box::new(admission(number))),
    };
    HostRow { number: HostId(number), host: Some(Box::new(host)) }
}

fn large() -> Client {
    let mut client = Client::new();
    let numbers: Vec<u32> = (1..=HOSTS).collect();
    for batch in numbers.chunks(50) {
        let rows = batch.iter().map(|number| row(*number)).collect();
        assert_eq!(client.apply(Command::Hosts(rows)), Answer::Done);
    }
    for number in 0..NAMES {
        let name = format!("service/{}/instance/{number:07}", number % 100);
        let owner = Owner {
            host: HostId(1 + number % HOSTS),
            incarnation: Incarnation(1),
            command: CommandId(1),
            rank: Rank(number / HOSTS),
        };
        let value = format!("10.0.{}.{}:4567", number >> 8 & 255, number & 255).into_bytes();
        let expect = Expect::Absent;
        let answer = client.apply(Command::Register { name, value, owner, expect });
        assert!(matches!(answer, Answer::Version(_)));
    }
    client
}

#[test]
fn ten_thousand_hosts_and_a_million_names_fit_a_gigabyte() {
    let before = resident();
    let client = large();
    let alone = resident() - before;
    let hosts: usize = client.state.hosts.iter().map(|row| encode_value(&row).len()).sum();
    let each = hosts / HOSTS as usize;
    let (mut cursor, mut loader, mut bytes) = (Cursor::default(), Loader::default(), 0);
    while let Some(chunk) = client.state.chunk(&mut cursor) {
        assert!(chunk.len() <= posse_wire::limits::SNAPSHOT_CHUNK_BYTES_MAX);
        bytes += chunk.len();
        loader.push(&chunk).unwrap();
    }
    let copy = loader.finish().unwrap();
    let both = resident() - before;
    println!(
        "a voter: {} MB; while it takes in a snapshot: {} MB; snapshot {} MB; {each} B a host",
        alone >> 20,
        both >> 20,
        bytes >> 20
    );
    assert_eq!(copy.names.len(), NAMES as usize);
    assert_eq!(copy.hosts, client.state.hosts);
    assert!(both <= 1 << 30, "{both} bytes");
    assert!(each <= 256, "{each} bytes a host");
}
