//! A process that takes part in messages, as a test plays it: its connection to the daemon of its
//! host, and the id that it got there. Called by tests of what processes hold together.

use bytes::BytesMut;
use posse_wire::msg::{Enrol, Enrolled, Hello, Role};
use posse_wire::{CommandId, Kind, Message, ProcessId, VmId, decode_frame};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// It takes part as long as the connection is there.
#[must_use]
#[track_caller]
pub fn enrolled(vm: &str) -> (UnixStream, ProcessId) {
    let mut socket = posse_net::local::connect(vm).expect("the daemon of this host");
    socket.set_nonblocking(false).expect("a socket");
    let (wire, wire_oldest) = (posse_wire::WIRE_VERSION, posse_wire::WIRE_VERSION_OLDEST);
    let hello = Hello { wire, wire_oldest, vm: VmId([0; 16]), role: Role::Process };
    for frame in [hello.frame(CommandId::NONE), Enrol { claims: None }.frame(CommandId(1))] {
        socket.write_all(&frame.to_bytes()).expect("a daemon that reads");
    }
    let (mut input, mut some) = (BytesMut::new(), [0; 4096]);
    loop {
        while let Some(frame) = decode_frame(&mut input, usize::MAX).expect("frames") {
            if frame.kind == Kind::Enrolled {
                let enrolled = Enrolled::decode(&frame).expect("an id");
                return (socket, enrolled.process);
            }
        }
        let count = socket.read(&mut some).expect("a daemon that answers");
        assert!(count > 0, "the daemon closed it");
        input.extend_from_slice(&some[..count]);
    }
}
