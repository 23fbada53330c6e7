//! The daemon's end of a connection, one frame at a time. Every receive has a deadline, so that a
//! test that waits for what never comes fails instead of hanging.

use bytes::{Bytes, BytesMut};
use posse::{
    CommandId, Facts, Fd, HostEntry, HostId, HostState, Incarnation, Outcome, Rank, Status, Vm,
};
use posse_wire::msg::{Exit, Hello, Hosts, Led, Role, Spawn, Spec, Welcome};
use posse_wire::{Frame, Kind, Message, StreamAck, StreamChunk, decode_frame, limits};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub const WITHIN: Duration = Duration::from_secs(60);

pub struct StandIn {
    socket: UnixStream,
    input: BytesMut,
}

pub fn host(number: u32, name: &str) -> HostEntry {
    HostEntry {
        number: HostId(number),
        name: name.to_owned(),
        incarnation: Incarnation(1),
        state: HostState::Up,
        launcher: "local".to_owned(),
        parent: HostId::OWNER,
        rtt_us: 100,
        slots: 1,
        key: [0; 32],
        facts: Facts { cores: number * 2, ..Facts::default() },
    }
}

pub fn welcome(hosts: Vec<HostEntry>) -> Welcome {
    Welcome {
        wire: 1,
        vm_name: "test".to_owned(),
        host: HostId::OWNER,
        incarnation: Incarnation(1),
        led: Led::default(),
        ticket: Vec::new(),
        command_first: 100,
        command_count: 1000,
        hosts: Hosts { hosts, more: false },
        settings: vec![("directory".to_owned(), b"/tmp".to_vec())],
        adopt: false,
    }
}

/// A vm of the hosts `h1` to `hN` and the other end of its connection.
pub fn vm(hosts: u32) -> (Vm, StandIn) {
    let entries = (1..=hosts).map(|number| host(number, &format!("h{number}"))).collect();
    vm_with(welcome(entries))
}

pub fn vm_with(welcome: Welcome) -> (Vm, StandIn) {
    vm_of([welcome.frame(CommandId::NONE)].into_iter())
}

/// A daemon that begins with these frames.
pub fn vm_of(frames: impl Iterator<Item = Frame>) -> (Vm, StandIn) {
    let (front, back) = UnixStream::pair().unwrap();
    back.set_read_timeout(Some(WITHIN)).unwrap();
    back.set_write_timeout(Some(WITHIN)).unwrap();
    let mut daemon = StandIn { socket: back, input: BytesMut::new() };
    // More than a socket holds; the first ones wait there until the front end has said hello.
    let opening = std::thread::spawn(move || Vm::from_stream(front).unwrap());
    frames.for_each(|frame| daemon.send(&frame));
    let vm = opening.join().unwrap();
    let (_, hello) = daemon.expect::<Hello>();
    assert_eq!(hello.role, Role::Client);
    (vm, daemon)
}

impl StandIn {
    pub fn send(&mut self, frame: &Frame) {
        self.send_bytes(&frame.to_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// As [`StandIn::send_bytes`], to a front end that may have gone in disgust.
    pub fn try_send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }

    pub fn try_receive(&mut self) -> Option<Frame> {
        loop {
            let frame = decode_frame(&mut self.input, limits::CONTROL_FRAME_BYTES_MAX).unwrap();
            if frame.is_some() {
                return frame;
            }
            let mut some = [0; 65536];
            let count = self.socket.read(&mut some).expect("a frame within the deadline");
            if count == 0 {
                return None;
            }
            self.input.extend_from_slice(&some[..count]);
        }
    }

    pub fn receive(&mut self) -> Frame {
        self.try_receive().expect("a frame before the end of the connection")
    }

    pub fn expect<M: Message>(&mut self) -> (CommandId, M) {
        let frame = self.receive();
        (frame.id, M::decode(&frame).unwrap())
    }

    pub fn spawn(&mut self) -> (CommandId, Spawn, Spec) {
        let (id, spawn) = self.expect::<Spawn>();
        let spec = Spec::decode(&spawn.spec).unwrap();
        (id, spawn, spec)
    }

    pub fn ack(&mut self) -> StreamAck {
        let frame = self.receive();
        assert_eq!(frame.kind, Kind::OutputAck);
        StreamAck::decode(&frame).unwrap()
    }

    pub fn input(&mut self) -> StreamChunk {
        let frame = self.receive();
        assert_eq!(frame.kind, Kind::Input);
        StreamChunk::decode(&frame).unwrap()
    }

    pub fn output(&mut self, id: CommandId, rank: u32, fd: Fd, offset: u64, bytes: &[u8]) {
        self.chunk(id, rank, fd, offset, bytes, false);
    }

    pub fn end_output(&mut self, id: CommandId, rank: u32, fd: Fd, offset: u64) {
        self.chunk(id, rank, fd, offset, &[], true);
    }

    fn chunk(&mut self, id: CommandId, rank: u32, fd: Fd, offset: u64, bytes: &[u8], end: bool) {
        let bytes = Bytes::copy_from_slice(bytes);
        let chunk = StreamChunk { rank: Rank(rank), fd, offset, end, bytes };
        self.send(&chunk.frame(Kind::Output, id));
    }

    pub fn input_ack(&mut self, id: CommandId, rank: u32, offset: u64, closed: bool) {
        let ack = StreamAck { rank: Rank(rank), fd: Fd::STDIN, offset, closed, again: false };
        self.send(&ack.frame(Kind::InputAck, id));
    }

    pub fn exit(&mut self, id: CommandId, rank: u32, count: u32, status: Status) {
        let exit = Exit { rank: Rank(rank), count, status, elapsed_us: 1500 };
        self.send(&exit.frame(id));
    }
}

pub fn lost() -> Status {
    Status::Lost { why: "gone".to_owned(), outcome: Outcome::Unknown }
}
