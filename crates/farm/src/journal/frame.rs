//! One record: 4 bytes length, 4 bytes CRC-32, 8 bytes "durable up to", then the body in postcard.
//! All numbers are little-endian. The checksum covers the third field and the body. It is the form
//! of the control state's log too.

use super::Record;
use posse_wire::encode_value;

/// Before each body.
pub(super) const HEADER_BYTES: usize = 16;

/// Makes records for one file, and counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer {
    /// Bytes of earlier files.
    base: u64,
    written: u64,
    durable: u64,
}

impl Writer {
    /// Goes on behind what `scan` found to be good.
    pub fn behind(offset: u64) -> Writer {
        Writer { base: 0, written: offset, durable: offset }
    }

    /// Offset of the end: bytes of this file and of all before it.
    pub fn end(&self) -> u64 {
        self.base + self.written
    }

    /// Bytes of this file.
    pub fn file_bytes(&self) -> u64 {
        self.written
    }

    /// All up to this offset is on disk.
    pub fn durable(&mut self, upto: u64) {
        let here = upto.saturating_sub(self.base).min(self.written);
        self.durable = self.durable.max(here);
    }

    /// The next record goes to a new file.
    pub fn next_file(&mut self) {
        *self = Writer { base: self.end(), written: 0, durable: 0 };
    }

    pub fn push(&mut self, record: &Record, out: &mut Vec<u8>) {
        let body = encode_value(record);
        let durable = self.durable.to_le_bytes();
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&checksum(&durable, &body).to_le_bytes());
        out.extend_from_slice(&durable);
        out.extend_from_slice(&body);
        self.written += (HEADER_BYTES + body.len()) as u64;
    }
}

pub(super) fn checksum(durable: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(durable);
    hasher.update(body);
    hasher.finalize()
}
