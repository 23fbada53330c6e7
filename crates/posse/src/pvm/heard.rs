//! What a task is told of the output of others: by messages of PVM's form, from their spawner.
//!
//! Integers in `PvmDataDefault` (4 bytes each, in the sender's order): the tid, a count, and so
//! many bytes; where the count is not above 0 it says something else. Of one that begins there
//! follow its parent, and the command that it is of, the upper half first: by that, which PVM does
//! not have, its output can be had from the vm. Values only.

use posse_wire::CommandId;

use super::Tid;

/// What such a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// A task was spawned, or has begun to be heard.
    Began(Tid, Option<CommandId>),
    Text(Tid, Vec<u8>),
    Ended(Tid),
}

/// The byte order of the encoding, which stands before a message's body.
const XDR_LITTLE: u32 = 0x1100_0000;

/// Encoding and wait id.
const HEADING_BYTES: usize = 8;

impl Heard {
    /// Of a whole payload as it travels; `None` for what is no such message.
    pub fn read(payload: &[u8]) -> Option<Heard> {
        let encoding = u32::from_le_bytes(*payload.first_chunk()?);
        let word = |at: usize| {
            let bytes = *payload.get(at..)?.first_chunk()?;
            Some(match encoding {
                XDR_LITTLE => i32::from_le_bytes(bytes),
                _ => i32::from_be_bytes(bytes),
            })
        };
        let (tid, count) = (Tid(word(HEADING_BYTES)?), word(HEADING_BYTES + 4)?);
        let text = &payload[HEADING_BYTES + 8..];
        let half = |at: usize| Some(u64::from(word(HEADING_BYTES + at)?.cast_unsigned()));
        let command = || Some(CommandId(half(12)? << 32 | half(16)?));
        match usize::try_from(count) {
            Err(_) => Some(Heard::Began(tid, command())),
            Ok(0) => Some(Heard::Ended(tid)),
            Ok(count) => Some(Heard::Text(tid, text.get(..count)?.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(little: bool, count: i32, text: &[u8]) -> Vec<u8> {
        let encoding = if little { XDR_LITTLE } else { 0x1000_0000 };
        let words = [0x40002, count].map(|w: i32| if little { w.to_le() } else { w.to_be() });
        let heading = encoding.to_le_bytes().into_iter().chain([0; 4]);
        let words = words.into_iter().flat_map(i32::to_ne_bytes);
        heading.chain(words).chain(text.iter().copied()).collect()
    }

    #[test]
    fn output_is_read_in_both_orders() {
        let tid = Tid(0x40002);
        for little in [true, false] {
            let read = |count, text| Heard::read(&payload(little, count, text));
            assert_eq!(read(-2, b""), Some(Heard::Began(tid, None)));
            assert_eq!(read(3, b"hi\n\0"), Some(Heard::Text(tid, b"hi\n".into())));
            assert_eq!(read(0, b""), Some(Heard::Ended(tid)));
            assert_eq!(read(9, b"hi\n\0"), None);
        }
        assert_eq!(Heard::read(b"short"), None);
        let halves = [7u32.to_le_bytes(), [0; 4], 9u32.to_le_bytes()].concat();
        let command = Some(CommandId(9));
        let read = Heard::read(&payload(true, -1, &halves));
        assert_eq!(read, Some(Heard::Began(Tid(0x40002), command)), "its parent, then its command");
    }
}
