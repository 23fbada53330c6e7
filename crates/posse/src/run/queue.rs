//! What has arrived of a command and was not taken yet, in order of arrival, and how much of the
//! command is over. Bounded by credit. Pure; called by `inbox` under its lock.

use super::event::RunEvent;
use super::inbox::Shape;
use super::stream::{Kept, Stream};
use crate::error::Failure;
use crate::limits::CROWDED_ENTRIES_MAX;
use posse_wire::msg::Exit;
use posse_wire::{Fd, Rank, StreamAck, StreamChunk};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Debug)]
enum Entry {
    Chunk { stream: usize },
    Exit(Exit),
    CutOff(Rank),
}

#[derive(Debug)]
pub(super) struct Queue {
    shape: Shape,
    order: VecDeque<Entry>,
    streams: Vec<Stream>,
    exited: Vec<bool>,
    left: u32,
    /// Every stream has a reader of its own; `order` holds exits alone.
    readers: bool,
}

/// What to do about a taken event besides handing it on.
pub(super) struct Taken {
    pub(super) event: RunEvent,
    pub(super) ack: Option<StreamAck>,
}

impl Queue {
    pub(super) fn new(shape: Shape) -> Queue {
        let streams = shape.size as usize * shape.outputs.len();
        Queue {
            order: VecDeque::new(),
            streams: (0..streams).map(|_| Stream::default()).collect(),
            exited: vec![false; shape.size as usize],
            left: shape.size,
            readers: false,
            shape,
        }
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Every process is over.
    pub(super) fn has_exited(&self) -> bool {
        self.left == 0
    }

    fn index(&self, rank: Rank, fd: Fd) -> Option<usize> {
        let column = self.shape.outputs.iter().position(|output| *output == fd)?;
        let row = (rank.0 < self.shape.size).then_some(rank.0 as usize)?;
        Some(row * self.shape.outputs.len() + column)
    }

    pub(super) fn stream(&mut self, rank: Rank, fd: Fd) -> Option<&mut Stream> {
        let index = self.index(rank, fd)?;
        self.streams.get_mut(index)
    }

    pub(super) fn output(&mut self, chunk: StreamChunk) -> Result<(), Failure> {
        let (rank, fd) = (chunk.rank, chunk.fd);
        let known = self.index(rank, fd).filter(|_| !self.exited[rank.0 as usize]);
        let Some(stream) = known else {
            let text = format!("output {} of process {}, which has none", fd.0, rank.0);
            return Err(Failure::Nonsense(text));
        };
        let crowded = self.order.len() > CROWDED_ENTRIES_MAX || self.readers;
        let window = u64::from(self.shape.window);
        let kept = self.streams[stream].receive(chunk, window, crowded)?;
        if kept == Kept::New && !self.readers {
            self.order.push_back(Entry::Chunk { stream });
        }
        Ok(())
    }

    /// The ranks that are over now.
    pub(super) fn exit(&mut self, exit: Exit) -> Result<std::ops::Range<u32>, Failure> {
        let (first, count) = (exit.rank.0, exit.count);
        let end = first.checked_add(count).filter(|end| *end <= self.shape.size && count > 0);
        let ranks = end.map(|end| &mut self.exited[first as usize..end as usize]);
        match ranks {
            Some(ranks) if !ranks.contains(&true) => ranks.fill(true),
            _ => {
                let text = format!("exit of {count} processes from {first} on");
                return Err(Failure::Nonsense(text));
            }
        }
        self.left -= count;
        self.order.push_back(Entry::Exit(exit));
        Ok(first..first + count)
    }

    pub(super) fn cut_off(&mut self, rank: Rank) {
        self.order.push_back(Entry::CutOff(rank));
    }

    pub(super) fn take(&mut self) -> Option<Taken> {
        while let Some(entry) = self.order.pop_front() {
            match entry {
                Entry::Chunk { stream } => {
                    if let Some(taken) = self.take_chunk(stream) {
                        return Some(taken);
                    }
                }
                Entry::CutOff(rank) => {
                    return Some(Taken { event: RunEvent::CutOff { rank }, ack: None });
                }
                Entry::Exit(mut exit) => {
                    let (rank, status) = (exit.rank, exit.status.clone());
                    let elapsed = Duration::from_micros(exit.elapsed_us);
                    exit.rank.0 += 1;
                    exit.count -= 1;
                    if exit.count > 0 {
                        self.order.push_front(Entry::Exit(exit));
                    }
                    return Some(Taken {
                        event: RunEvent::Exit { rank, status, elapsed },
                        ack: None,
                    });
                }
            }
        }
        None
    }

    /// `None` where the stream was closed since.
    fn take_chunk(&mut self, at: usize) -> Option<Taken> {
        let columns = self.shape.outputs.len();
        let (rank, fd) = (Rank((at / columns) as u32), self.shape.outputs[at % columns]);
        let stream = self.streams.get_mut(at)?;
        let (bytes, end) = stream.take()?;
        let offset = stream.due_ack(u64::from(self.shape.window));
        let ack = offset.map(|offset| StreamAck { rank, fd, offset, closed: false, again: false });
        Some(Taken { event: RunEvent::Output { rank, fd, bytes, end }, ack })
    }

    /// From now on each stream is read by itself.
    pub(super) fn give_readers(&mut self) {
        self.readers = true;
        self.order.retain(|entry| !matches!(entry, Entry::Chunk { .. }));
    }

    pub(super) fn is_exited(&self, rank: Rank) -> bool {
        self.exited.get(rank.0 as usize).copied().unwrap_or(true)
    }

    pub(super) fn streams_of(&mut self, ranks: std::ops::Range<u32>) -> &mut [Stream] {
        let columns = self.shape.outputs.len();
        &mut self.streams[ranks.start as usize * columns..ranks.end as usize * columns]
    }

    pub(super) fn all_streams(&mut self) -> &mut [Stream] {
        &mut self.streams
    }
}
