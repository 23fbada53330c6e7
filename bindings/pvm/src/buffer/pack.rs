//! Data into a buffer, in its encoding.
//!
//! What is packed is checked first, so that a failure changes nothing. Called by `task/`.

use bytes::{BufMut, Bytes};

use super::{Body, Buffer, Part};
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::kind::Kind;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::memory::{Items, Piece};

impl Buffer {
    /// Items of one kind (`pvm_pkint` and its like).
    ///
    /// `Overflow` where a long does not fit the 4 bytes that XDR has for it, `NoMem` past 2 GiB,
    /// `NotImpl` for data in place with a stride.
    pub fn pack(&mut self, kind: Kind, items: Items<'_>) -> Result<()> {
        match self.encoding {
            Encoding::Xdr(_) => self.pack_xdr(kind, items),
            Encoding::Raw => self.pack_raw(items),
            Encoding::InPlace => self.place(items),
            Encoding::Alien(_) => Err(PvmError::BadMsg),
        }
    }

    /// A string: its length with the final NUL, then its bytes (`pvm_pkstr`).
    pub fn pack_string(&mut self, text: &[u8]) -> Result<()> {
        if self.encoding == Encoding::InPlace {
            return Err(PvmError::NotImpl);
        }
        let len = i32::try_from(text.len() + 1).map_err(|_| PvmError::NoMem)?;
        let padding = self.encoding.padding(text.len() + 1);
        let out = self.growing(4 + text.len() + 1 + padding)?;
        out.put_slice(&len.to_ne_bytes());
        out.put_slice(text);
        out.put_bytes(0, 1 + padding);
        Ok(())
    }

    /// The same for what does not outlive the call, such as an argument of `pvm_packf`: it is
    /// copied even where data is left in place.
    pub fn pack_value(&mut self, kind: Kind, value: &[u8]) -> Result<()> {
        match self.encoding {
            Encoding::InPlace => self.add_part(Part::Copied(Bytes::copy_from_slice(value))),
            _ => self.pack(kind, Items::of(value, kind.size())),
        }
    }

    /// A string among the arguments of `pvm_packf`.
    pub fn pack_string_value(&mut self, text: &[u8]) -> Result<()> {
        if self.encoding != Encoding::InPlace {
            return self.pack_string(text);
        }
        let mut raw = Buffer::new(Encoding::Raw, Tid(0));
        raw.pack_string(text)?;
        self.add_part(Part::Copied(raw.bytes()))
    }

    fn pack_raw(&mut self, items: Items<'_>) -> Result<()> {
        let out = self.growing(items.bytes())?;
        copy(items, out);
        Ok(())
    }

    fn pack_xdr(&mut self, kind: Kind, items: Items<'_>) -> Result<()> {
        let fits = match kind {
            Kind::Long => items.each().all(|item| i32::try_from(long(item)).is_ok()),
            Kind::ULong => items.each().all(|item| u32::try_from(long(item) as u64).is_ok()),
            _ => true,
        };
        if !fits {
            return Err(PvmError::Overflow);
        }
        let len = items.count() * kind.xdr_size();
        let padding = self.encoding.padding(len);
        let out = self.growing(len + padding)?;
        match kind {
            Kind::Short => put_words(out, items, |item| i32::from(short(item))),
            Kind::UShort => put_words(out, items, |item| i32::from(short(item) as u16)),
            Kind::Long | Kind::ULong => put_words(out, items, |item| long(item) as i32),
            _ => copy(items, out),
        }
        out.put_bytes(0, padding);
        Ok(())
    }

    fn place(&mut self, items: Items<'_>) -> Result<()> {
        let run = items.run().ok_or(PvmError::NotImpl)?;
        self.add_part(Part::Placed(Piece::new(run)))
    }

    fn add_part(&mut self, part: Part) -> Result<()> {
        // One that came in, or was read, has bytes instead of places and is emptied.
        if self.read.take().is_some() || !matches!(self.body, Body::Places(_)) {
            self.body = Body::Places(vec![]);
        }
        let Body::Places(parts) = &mut self.body else { return Err(PvmError::NotImpl) };
        let placed: usize = parts.iter().map(Part::bytes).sum();
        if placed + part.bytes() > MESSAGE_BYTES_MAX {
            return Err(PvmError::NoMem);
        }
        if part.bytes() > 0 {
            parts.push(part);
        }
        Ok(())
    }
}

fn copy(items: Items<'_>, out: &mut Vec<u8>) {
    match items.run() {
        Some(run) => out.put_slice(run),
        None => items.each().for_each(|item| out.put_slice(item)),
    }
}

/// A word for each item, written to room that is made at once.
fn put_words(out: &mut Vec<u8>, items: Items<'_>, word: impl Fn(&[u8]) -> i32) {
    let start = out.len();
    out.resize(start + 4 * items.count(), 0);
    let (words, _) = out[start..].as_chunks_mut();
    for (place, item) in words.iter_mut().zip(items.each()) {
        *place = word(item).to_ne_bytes();
    }
}

fn short(item: &[u8]) -> i16 {
    item.try_into().map_or(0, i16::from_ne_bytes)
}

fn long(item: &[u8]) -> i64 {
    item.try_into().map_or(0, i64::from_ne_bytes)
}
