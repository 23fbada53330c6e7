//! Detached commands: in the end their origin has every byte and every exit of all processes whose
//! hosts live and are linked, whatever was lost meanwhile; and no process waits for anything but
//! the disk of its own host.

use super::bytes::{self, Sink};
use super::truth::CommandTruth;
use super::{Held, exits};
use crate::pattern::Pattern;
use crate::plan::SECOND;
use posse_wire::msg::{Exit, Status};
use posse_wire::{Fd, Frame, Kind, Message, Rank, StreamChunk};
use std::collections::BTreeMap;

/// For so long a process may have written more than may be read, while its host is well.
pub const HELD_UP: u64 = SECOND;

/// A disk that was full is tried again within this.
pub const AFTER_FULL: u64 = 2 * SECOND;

/// What the origin has kept, frame by frame.
pub fn whole(
    frames: &[Frame],
    mut sinks: BTreeMap<(Rank, Fd), Sink>,
    pattern: &Pattern,
    truth: &CommandTruth,
    lives: impl Fn(usize, u32) -> bool,
) -> Held {
    let mut over: BTreeMap<Rank, Status> = BTreeMap::new();
    for frame in frames {
        match frame.kind {
            Kind::Output => {
                let chunk = StreamChunk::decode(frame).map_err(|error| error.to_string())?;
                let at = (chunk.rank, chunk.fd);
                let sink = sinks.get_mut(&at).ok_or("a stream nobody asked for")?;
                if over.contains_key(&chunk.rank) {
                    return Err(format!("output of rank {} after its exit", chunk.rank.0));
                }
                bytes::arrived(sink, pattern, &chunk)?;
                sink.got = sink.got.max(chunk.upto());
                sink.ended |= chunk.end;
            }
            _ => {
                let exit = Exit::decode(frame).map_err(|error| error.to_string())?;
                for rank in exit.rank.0..exit.rank.0 + exit.count {
                    exits::once(over.insert(Rank(rank), exit.status.clone()).is_some())?;
                }
            }
        }
    }
    for (rank, process) in &truth.ranks {
        if process.host_died || !process.forgotten || !lives(process.host, process.life) {
            continue;
        }
        let Some(status) = over.get(rank) else {
            return Err(format!("nothing says how rank {} ended", rank.0));
        };
        if matches!(status, Status::Lost { .. }) {
            return Err(format!("rank {} is {status:?}, and its host lives", rank.0));
        }
        exits::truthful(status, Some(process), false)?;
        for ((_, fd), sink) in sinks.range((*rank, Fd(0))..=(*rank, Fd(u16::MAX))) {
            bytes::complete(sink, *fd, status, Some(process))?;
        }
    }
    Ok(())
}

pub fn held_up(us: u64) -> Held {
    Err(format!("has written more than may be read for {us} us, and its host is well"))
}
