//! The messages that the vm itself sends to a task: notices, and output of children.
//!
//! Bodies are integers in `PvmDataDefault`, in the form of pvm_notify(3PVM), and for output what
//! PVM's daemons send: tid, a count, and so many bytes. Made by machines, read by programs and by
//! `output.rs`.

use bytes::Bytes;
use posse::CommandId;
pub use posse::pvm::Heard;

use crate::Tid;
use crate::buffer::Buffer;
use crate::code::{PvmError, Result};
use crate::encoding::{ByteOrder, Encoding};
use crate::kind::Kind;
use crate::memory::{Items, Places};

/// The count in a message about output that says something else.
pub const OUTPUT_ENDED: i32 = 0;
pub const OUTPUT_NEW: i32 = -1;
pub const OUTPUT_SPAWNED: i32 = -2;

/// The encoding that all of these have.
pub fn encoding() -> u32 {
    Encoding::Xdr(ByteOrder::OWN).wire()
}

/// A task or a host is gone.
pub fn gone(tid: Tid) -> Result<Bytes> {
    body(&[tid.0], &[])
}

/// Hosts were added.
pub fn added(hosts: &[Tid]) -> Result<Bytes> {
    let mut words = vec![hosts.len() as i32];
    words.extend(hosts.iter().map(|host| host.0));
    body(&words, &[])
}

/// A task was spawned, as one of this command, whose output goes where its parent's does.
pub fn output_spawned(tid: Tid, parent: Tid, command: CommandId) -> Result<Bytes> {
    begun(tid, OUTPUT_SPAWNED, parent, command)
}

/// A task has begun to be heard; its output goes where its parent's does.
pub fn output_new(tid: Tid, parent: Tid, command: CommandId) -> Result<Bytes> {
    begun(tid, OUTPUT_NEW, parent, command)
}

fn begun(tid: Tid, how: i32, parent: Tid, command: CommandId) -> Result<Bytes> {
    let (upper, lower) = ((command.0 >> 32) as i32, command.0 as i32);
    body(&[tid.0, how, parent.0, upper, lower], &[])
}

pub fn output_text(tid: Tid, text: &[u8]) -> Result<Bytes> {
    body(&[tid.0, text.len() as i32], text)
}

pub fn output_ended(tid: Tid) -> Result<Bytes> {
    body(&[tid.0, OUTPUT_ENDED], &[])
}

fn body(words: &[i32], text: &[u8]) -> Result<Bytes> {
    let mut buffer = Buffer::new(Encoding::Xdr(ByteOrder::OWN), Tid::DAEMON);
    let words: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    buffer.pack(Kind::Int, Items::of(&words, 4))?;
    buffer.pack(Kind::Byte, Items::of(text, 1))?;
    Ok(buffer.bytes())
}

pub fn read_output(buffer: &mut Buffer) -> Result<Heard> {
    let tid = Tid(buffer.unpack_int()?);
    let count = buffer.unpack_int()?;
    let Ok(len) = usize::try_from(count) else { return Ok(Heard::Began(tid, None)) };
    if len == 0 {
        return Ok(Heard::Ended(tid));
    }
    // Checked before room is made for it.
    if len > buffer.rest() {
        return Err(PvmError::NoData);
    }
    let mut text = vec![0; len];
    buffer.unpack(Kind::Byte, Places::of(&mut text, 1))?;
    Ok(Heard::Text(tid, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::Heading;

    fn read(body: Bytes) -> Result<Heard> {
        let encoding = Encoding::from_wire(encoding());
        read_output(&mut Buffer::received(Heading::default(), encoding, body))
    }

    #[test]
    fn output_is_read_as_it_was_written() {
        let (tid, parent) = (Tid(0x40002), Tid(0x40001));
        let new = output_new(tid, parent, CommandId(3));
        assert_eq!(new.and_then(read), Ok(Heard::Began(tid, None)));
        assert_eq!(output_text(tid, b"hi\n").and_then(read), Ok(Heard::Text(tid, b"hi\n".into())));
        assert_eq!(output_ended(tid).and_then(read), Ok(Heard::Ended(tid)));
        assert!(read(Bytes::from_static(&[1, 2, 3])).is_err());
    }
}
