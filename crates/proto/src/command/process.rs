//! One process on this host, as far as bytes and deadlines go: how much of each output may still
//! be sent, how much of each input is held, what is to happen when. The process itself is the
//! shell's.

use crate::Time;
use bytes::Bytes;
use posse_wire::msg::{Exit, Spec, Status};
use posse_wire::{Fd, Rank, StreamAck, StreamChunk};
use std::collections::{BTreeMap, VecDeque};

/// An output stream at its source.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub sent: u64,
    pub acked: u64,
    pub ended: bool,
    /// What was sent and not acknowledged, as it was sent: it comes again over a new link. Nothing
    /// of a detached command, which is kept on disk.
    unacked: VecDeque<Bytes>,
    recalls: bool,
    /// Where in the kept file its end stands.
    pub end_at: Option<u64>,
    /// When bytes came, or credit for more: since then it could have been read to its end.
    pub moved: Time,
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
    /// When that is.
    pub(crate) kill_due: Option<Time>,
    /// Said when it was over; kept, as what is unacknowledged, until the command is settled.
    pub(crate) exit: Option<Exit>,
    /// Where in the kept file that stands.
    pub(crate) exit_at: Option<u64>,
    /// The origin waits for it, as far as is known.
    pub(crate) wanted: bool,
}

/// The outputs that are carried; a terminal has one for all.
pub(crate) fn output_fds(spec: &Spec) -> impl Iterator<Item = Fd> {
    let outputs = spec.pipes.iter().filter(|pipe| !pipe.input).map(|pipe| Fd(pipe.fd));
    let terminal = spec.terminal.is_some();
    outputs.filter(move |fd| !terminal || *fd == Fd::STDOUT)
}

impl Process {
    pub(crate) fn new(spec: &Spec, now: Time) -> Self {
        let output = |fd| {
            let window = u64::from(spec.window);
            let outgoing = Outgoing {
                sent: 0,
                acked: 0,
                ended: false,
                unacked: VecDeque::new(),
                recalls: !spec.detached,
                end_at: None,
                moved: now,
                window,
            };
            (fd, outgoing)
        };
        let input = |fd| {
            let window = u64::from(spec.input_window);
            let (expected, written, acked) = (0, 0, 0);
            (Fd(fd), Incoming { expected, written, acked, ended: false, closed: false, window })
        };
        let ins = spec.pipes.iter().filter(|pipe| pipe.input);
        Process {
            outputs: output_fds(spec).map(output).collect(),
            inputs: ins.map(|pipe| input(pipe.fd)).collect(),
            started: now,
            status: None,
            timed_out: false,
            ending: false,
            kill_due: None,
            exit: None,
            exit_at: None,
            wanted: true,
        }
    }

    /// Reaped, though its outputs may still be open.
    pub(crate) fn is_reaped(&self) -> bool {
        self.status.is_some() || self.exit.is_some()
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

    /// Takes the next bytes of it, `end` with the last: the chunk to send.
    pub fn send(&mut self, rank: Rank, fd: Fd, bytes: Bytes, end: bool) -> StreamChunk {
        let offset = self.sent;
        self.sent += bytes.len() as u64;
        self.ended = end;
        if self.recalls && !bytes.is_empty() {
            self.unacked.push_back(bytes.clone());
        }
        StreamChunk { rank, fd, offset, end, bytes }
    }

    /// The consumer wants no more of it.
    pub fn close(&mut self) {
        self.ended = true;
        self.unacked.clear();
    }

    /// All that was sent and not acknowledged, and the end where it has come to that.
    pub fn again(&self, rank: Rank, fd: Fd) -> Vec<StreamChunk> {
        let mut offset = self.acked;
        let mut chunks = Vec::with_capacity(self.unacked.len() + 1);
        for bytes in &self.unacked {
            chunks.push(StreamChunk { rank, fd, offset, end: false, bytes: bytes.clone() });
            offset += bytes.len() as u64;
        }
        if self.ended {
            chunks.push(StreamChunk { rank, fd, offset, end: true, bytes: Bytes::new() });
        }
        chunks
    }

    /// Nothing is left that could still be read and sent now.
    pub fn starved(&self) -> bool {
        self.sent >= self.allowed()
    }

    /// Whether more may be read because of it.
    pub fn acknowledge(&mut self, ack: &StreamAck, now: Time) -> bool {
        let news = ack.offset > self.acked && ack.offset <= self.sent;
        if news {
            self.forget(ack.offset - self.acked);
            self.acked = ack.offset;
            self.moved = now;
        }
        news && !self.ended
    }

    fn forget(&mut self, mut count: u64) {
        while let Some(first) = self.unacked.front_mut() {
            if first.len() as u64 > count {
                *first = first.slice(count as usize..);
                return;
            }
            count -= first.len() as u64;
            self.unacked.pop_front();
        }
    }
}

impl Incoming {
    /// What its sender is to know after a link was lost on the way: how much was taken, and from
    /// where to send again.
    pub fn again(&mut self, rank: Rank, fd: Fd) -> Vec<StreamAck> {
        self.acked = self.written;
        let taken = StreamAck { rank, fd, offset: self.written, closed: self.closed, again: false };
        let missed = StreamAck { offset: self.expected, again: true, ..taken };
        if self.closed { vec![taken] } else { vec![taken, missed] }
    }

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
