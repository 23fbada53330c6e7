//! Messages within messages (`pvm_pkmesg`, `pvm_pkmesgbody`, `pvm_upkmesg`).
//!
//! A packed message is nine words of heading and its body. Called by `task/buffers.rs`.

use bytes::{BufMut, Bytes};

use super::{Body, Buffer, Heading};
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::kind::Kind;
use crate::memory::Items;

/// Words before the body, as many as PVM has, so that lengths are the same.
const WORDS: usize = 9;

impl Buffer {
    /// Append another message with its heading. `NotImpl` where this one is left in place.
    pub fn pack_message(&mut self, inner: &mut Buffer) -> Result<()> {
        if self.encoding == Encoding::InPlace {
            return Err(PvmError::NotImpl);
        }
        let body = inner.bytes();
        let len = i32::try_from(body.len()).map_err(|_| PvmError::NoMem)?;
        let Heading { context, tag, wait_id, checksum, source, destination } = inner.heading;
        let encoding = inner.encoding.wire() as i32;
        // The last word is spare: PVM has one more than there are fields.
        let words: [i32; WORDS] =
            [len, context, tag, wait_id, encoding, checksum, source, destination, 0];
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        self.pack(Kind::Int, Items::of(&words, 4))?;
        self.pack(Kind::Byte, Items::of(&body, 1))
    }

    /// Append the body of another message. `Mismatch` where it is written otherwise.
    pub fn pack_body(&mut self, inner: &mut Buffer) -> Result<()> {
        if self.encoding != inner.encoding {
            return Err(PvmError::Mismatch);
        }
        if let Body::Places(more) = &inner.body {
            let more = more.clone();
            return match &mut self.body {
                Body::Places(pieces) => {
                    pieces.extend(more);
                    Ok(())
                }
                _ => Err(PvmError::Mismatch),
            };
        }
        let body = inner.bytes();
        self.growing(body.len())?.put_slice(&body);
        Ok(())
    }

    /// Take out what `pack_message` put in.
    pub fn unpack_message(&mut self) -> Result<Buffer> {
        let mut words = [0; WORDS];
        for word in &mut words {
            *word = self.unpack_int()?;
        }
        let [len, context, tag, wait_id, encoding, checksum, source, destination, _spare] = words;
        let len = usize::try_from(len).map_err(|_| PvmError::BadMsg)?;
        let padding = self.encoding.padding(len);
        let body = Bytes::copy_from_slice(self.take(len, padding)?);
        let heading = Heading { context, tag, wait_id, checksum, source, destination };
        Ok(Buffer::received(heading, Encoding::from_wire(encoding as u32), body))
    }
}
