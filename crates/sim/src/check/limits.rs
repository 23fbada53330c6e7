//! No frame is larger than its receiver takes, and bytes that leave are bytes that arrive: the
//! header of every frame is decoded again as the peer would.

use super::Held;
use posse_wire::{Frame, Kind};

pub fn frame(frame: &Frame) -> Held {
    let header = frame.header();
    let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
    let kind = Kind::from_number(u16::from_le_bytes([header[4], header[5]]));
    if length != frame.body.len() || kind.as_ref() != Ok(&frame.kind) {
        return Err(format!("header of a {} frame says {length} bytes", frame.kind.name()));
    }
    if length > frame.kind.body_max() {
        return Err(format!("a {} frame of {length} bytes is sent", frame.kind.name()));
    }
    Ok(())
}
