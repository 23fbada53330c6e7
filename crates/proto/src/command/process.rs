//! One process on this host, as far as bytes and deadlines go: how much of each output may still
//! be sent, how much of each input is held, what is to happen when. The process itself is the
//! shell's.

use crate::Time;
use bytes::Bytes;
use posse_wire::msg::{Pipe, Spec, Status};
use posse_wire::{Fd, StreamAck, StreamChunk};
use std::collections::BTreeMap;

/// An output stream at its source.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub sent: u64,
    pub acked: u64,
    pub ended: bool,
    window: u64,
}

/// An input stream at the process.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Offset of the next byte that is taken.
    pub expected: u64,
    /// Bytes that are in the process's pipe.
    pub written: u64,
    acked: u64,
    pub ended: bool,
    pub closed: bool,
    window: u64,
}

/// A process that runs here.
#[derive(Debug)]
pub struct Process {
    pub(crate) outputs: BTreeMap<Fd, Outgoing>,
    pub(crate) inputs: BTreeMap<Fd, Incoming>,
    pub(crate) started: Time,
    /// Set when it was reaped; it is over when its outputs have ended too.
    pub(crate) status: Option<(Status, u64)>,
    pub(crate) timed_out: bool,
    /// A polite signal was sent; SIGKILL follows.
    pub(crate) ending: bool,
}

impl Process {
    pub(crate) fn new(spec: &Spec, now: Time) -> Self {
        let output = |fd| {
            let window = u64::from(spec.window);
            (Fd(fd), Outgoing { sent: 0, acked: 0, ended: false, window })
        };
        let input = |fd| {
            let window = u64::from(spec.input_window);
            let (expected, written, acked) = (0, 0, 0);
            (Fd(fd), Incoming { expected, written, acked, ended: false, closed: false, window })
        };
        let (ins, outs): (Vec<Pipe>, Vec<Pipe>) = spec.pipes.iter().partition(|pipe| pipe.input);
        let mut outputs: BTreeMap<_, _> = outs.iter().map(|pipe| output(pipe.fd)).collect();
        if spec.terminal.is_some() {
            outputs.retain(|fd, _| *fd == Fd::STDOUT);
        }
        Process {
            outputs,
            inputs: ins.iter().map(|pipe| input(pipe.fd)).collect(),
            started: now,
            status: None,
            timed_out: false,
            ending: false,
        }
    }

    /// Reaped, and all it wrote has been sent.
    pub(crate) fn is_over(&self) -> bool {
        self.status.is_some() && self.outputs.values().all(|output| output.ended)
    }

    /// Microseconds since its start.
    pub fn elapsed_us(&self, now: Time) -> u64 {
        now.0.saturating_sub(self.started.0)
    }
}

impl Outgoing {
    /// Up to where the source may read.
    pub fn allowed(&self) -> u64 {
        self.acked + self.window
    }

    /// Nothing is left that could still be read and sent now.
    pub fn starved(&self) -> bool {
        self.sent >= self.allowed()
    }

    pub fn acknowledge(&mut self, ack: &StreamAck) -> bool {
        let news = ack.offset > self.acked && ack.offset <= self.sent;
        if news {
            self.acked = ack.offset;
        }
        news
    }
}

impl Incoming {
    /// The part of a chunk that is new and for which there is room; `None` where there is none.
    /// What comes after a gap is not taken: its sender will send again from the gap on.
    pub fn take(&mut self, chunk: &StreamChunk) -> Option<(Bytes, bool)> {
        if self.closed || self.ended || chunk.offset > self.expected {
            return None;
        }
        let known = self.expected - chunk.offset;
        if known > chunk.bytes.len() as u64 {
            return None;
        }
        let fresh = chunk.bytes.slice(known as usize..);
        let held = self.expected - self.written;
        if (fresh.is_empty() && !chunk.end) || held + fresh.len() as u64 > self.window {
            return None;
        }
        self.expected += fresh.len() as u64;
        self.ended = chunk.end;
        Some((fresh, chunk.end))
    }

    /// More is in the pipe: the offset to acknowledge, where one is due.
    pub fn wrote(&mut self, bytes: u64) -> Option<u64> {
        self.written = (self.written + bytes).min(self.expected);
        let due = self.written - self.acked >= self.window / 4 || self.written == self.expected;
        if !due || self.acked == self.written {
            return None;
        }
        self.acked = self.written;
        Some(self.acked)
    }
}
