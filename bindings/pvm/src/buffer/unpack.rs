//! Data out of a buffer, converted where another machine wrote it.
//!
//! Bytes of strangers: every length is checked before it is used. A failure stores nothing and
//! leaves the buffer at its end, so that what follows fails too, as in PVM. Called by `task/`.

use super::{Body, Buffer};
use crate::code::{PvmError, Result};
use crate::encoding::{ByteOrder, Encoding};
use crate::kind::Kind;
use crate::memory::Places;

impl Buffer {
    /// Items of one kind (`pvm_upkint` and its like). `NoData` where the message has fewer,
    /// `BadMsg` where its sender's machine cannot be read.
    pub fn unpack(&mut self, kind: Kind, mut places: Places<'_>) -> Result<()> {
        match self.encoding {
            Encoding::Xdr(order) => {
                let len = places.count().saturating_mul(kind.xdr_size());
                let padding = self.encoding.padding(len);
                let bytes = self.take(len, padding)?;
                from_xdr(kind, order, bytes, &mut places);
                Ok(())
            }
            Encoding::Raw => {
                let bytes = self.take(places.bytes(), 0)?;
                copy(bytes, &mut places);
                Ok(())
            }
            Encoding::InPlace | Encoding::Alien(_) => Err(PvmError::BadMsg),
        }
    }

    /// A string with its final NUL; the slice ends with it, whatever the sender wrote.
    pub fn unpack_string(&mut self, mut store: impl FnMut(&[u8])) -> Result<()> {
        let len = usize::try_from(self.unpack_int()?).map_err(|_| PvmError::BadMsg)?;
        let padding = self.encoding.padding(len);
        let bytes = self.take(len, padding)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(len.saturating_sub(1));
        store(&bytes[..end.min(len)]);
        Ok(())
    }

    pub fn unpack_int(&mut self) -> Result<i32> {
        let mut word = [0; 4];
        self.unpack(Kind::Int, Places::of(&mut word, 4))?;
        Ok(i32::from_ne_bytes(word))
    }

    /// Bytes not yet unpacked.
    pub fn rest(&self) -> usize {
        self.len() - self.read.unwrap_or(0).min(self.len())
    }

    /// The next `len` bytes. Padding that is missing at the very end is forgiven.
    pub(super) fn take(&mut self, len: usize, padding: usize) -> Result<&[u8]> {
        let rest = self.rest();
        let (Some(read), Body::Shut(bytes)) = (&mut self.read, &self.body) else {
            return Err(PvmError::NoData);
        };
        let start = *read;
        if len > rest {
            *read = bytes.len();
            return Err(PvmError::NoData);
        }
        *read = (start + len + padding).min(bytes.len());
        Ok(&bytes[start..start + len])
    }
}

fn copy(bytes: &[u8], places: &mut Places<'_>) {
    if let Some(run) = places.run() {
        run.copy_from_slice(bytes);
        return;
    }
    let size = bytes.len() / places.count().max(1);
    places.fill(|i, place| place.copy_from_slice(&bytes[i * size..][..size]));
}

fn from_xdr(kind: Kind, order: ByteOrder, bytes: &[u8], places: &mut Places<'_>) {
    let word = |i: usize| {
        let raw: [u8; 4] = bytes[4 * i..][..4].try_into().unwrap_or_default();
        match order {
            ByteOrder::Little => i32::from_le_bytes(raw),
            ByteOrder::Big => i32::from_be_bytes(raw),
        }
    };
    match kind {
        Kind::Short | Kind::UShort => {
            places.fill(|i, place| place.copy_from_slice(&(word(i) as u16).to_ne_bytes()));
        }
        Kind::Long => {
            places.fill(|i, place| place.copy_from_slice(&i64::from(word(i)).to_ne_bytes()));
        }
        Kind::ULong => {
            places.fill(|i, place| place.copy_from_slice(&u64::from(word(i) as u32).to_ne_bytes()));
        }
        _ => {
            copy(bytes, places);
            if order != ByteOrder::OWN && kind != Kind::Byte {
                places.fill(|_, place| {
                    place.chunks_exact_mut(kind.word()).for_each(<[u8]>::reverse);
                });
            }
        }
    }
}
