//! What waits to be written on a link: frames in their order, and a heartbeat before them.
//!
//! For: never cutting a frame, however little the descriptor took of it. Not for: writing, nor
//! for a bound: whoever pushes looks at `bytes`. Called by `link.rs`.

use crate::limits::SLICES_MAX;
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::os::fd::OwnedFd;

#[derive(Debug, Default)]
pub struct Output {
    queue: VecDeque<Part>,
    bytes: usize,
    /// The front part belongs to a frame that is partly written: nothing may go before the rest.
    begun: bool,
}

#[derive(Debug)]
struct Part {
    bytes: Bytes,
    /// The last of its frame.
    ends: bool,
    /// They go with its first byte.
    descriptors: Vec<OwnedFd>,
}

impl Part {
    fn new(bytes: Bytes, ends: bool) -> Part {
        Part { bytes, ends, descriptors: Vec::new() }
    }
}

impl Output {
    /// What waits in all.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A whole frame, or whole records.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.queue.push_back(Part::new(bytes, true));
        }
    }

    /// A whole frame that these go with.
    pub fn push_with(&mut self, bytes: Bytes, descriptors: Vec<OwnedFd>) {
        self.bytes += bytes.len();
        self.queue.push_back(Part { bytes, ends: true, descriptors });
    }

    /// What goes with the next byte; then only this part is in `slices`.
    pub fn descriptors(&self) -> &[OwnedFd] {
        self.queue.front().map_or(&[], |part| &part.descriptors)
    }

    /// A frame in two parts, of which none is empty.
    pub fn push_two(&mut self, header: Bytes, body: Bytes) {
        self.bytes += header.len();
        self.queue.push_back(Part::new(header, false));
        self.push(body);
    }

    /// A whole frame that goes before all of which nothing was written yet.
    pub fn push_first(&mut self, bytes: Bytes) {
        let end = self.queue.iter().position(|part| part.ends).map_or(0, |end| end + 1);
        let at = if self.begun { end } else { 0 };
        self.bytes += bytes.len();
        self.queue.insert(at, Part::new(bytes, true));
    }

    /// What the next writev(2) may take.
    pub fn slices(&self) -> Vec<IoSlice<'_>> {
        let alone = |part: &Part| !part.descriptors.is_empty();
        let first = self.queue.front().into_iter();
        let more = self.queue.iter().skip(1).take_while(|part| !alone(part));
        let more = more.take(if self.descriptors().is_empty() { SLICES_MAX - 1 } else { 0 });
        first.chain(more).map(|part| IoSlice::new(&part.bytes)).collect()
    }

    /// So much was written.
    pub fn advance(&mut self, mut count: usize) {
        self.bytes -= count;
        while let Some(front) = self.queue.front_mut() {
            if count > 0 {
                front.descriptors.clear();
            }
            if count < front.bytes.len() {
                front.bytes.advance(count);
                self.begun |= count > 0;
                return;
            }
            count -= front.bytes.len();
            self.begun = !front.ends;
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use posse_wire::{CommandId, Frame, Kind, decode_frame, limits};

    fn frame(kind: Kind, bytes: usize) -> Frame {
        Frame { kind, flags: 0, id: CommandId(bytes as u64), body: vec![7; bytes].into() }
    }

    /// Everything that is left, as the peer would get it after `written`.
    fn rest(output: &mut Output, written: &mut BytesMut) {
        while output.bytes() > 0 {
            let count = output.slices().iter().map(|slice| slice.len()).sum();
            output.slices().iter().for_each(|slice| written.extend_from_slice(slice));
            output.advance(count);
        }
    }

    /// A descriptor may stop anywhere, within a header too, or between it and its body.
    #[test]
    fn a_heartbeat_cuts_no_frame_wherever_the_writing_stopped() {
        let frames = [frame(Kind::Output, 40), frame(Kind::Output, 30), frame(Kind::Output, 50)];
        let all: Vec<u8> = frames.iter().flat_map(Frame::to_bytes).collect();
        let heartbeat = frame(Kind::Heartbeat, 0);
        for stop in 0..=all.len() {
            let mut output = Output::default();
            for frame in &frames {
                output.push_two(Bytes::copy_from_slice(&frame.header()), frame.body.clone());
            }
            assert_eq!(output.bytes(), all.len());
            output.advance(stop);
            output.push_first(heartbeat.to_bytes().into());
            let mut written = BytesMut::from(&all[..stop]);
            rest(&mut output, &mut written);
            let mut got = Vec::new();
            while let Some(frame) = decode_frame(&mut written, limits::CHUNK_BYTES_MAX).unwrap() {
                got.push(frame);
            }
            let at = got.iter().position(|frame| frame.kind == Kind::Heartbeat).unwrap();
            let before: usize = got[..at].iter().map(|frame| frame.to_bytes().len()).sum();
            assert!(before >= stop && before - stop < 66, "stopped at {stop}, before {before}");
            got.remove(at);
            assert_eq!(got, frames, "stopped at {stop}");
        }
    }
}
