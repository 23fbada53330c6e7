//! Reads a container as its bytes come: checks limits, order and checksums, and hands on one
//! record after the other, content in the pieces in which it arrives. Pure, and total: any bytes
//! end in records or in `Malformed`. Called by `receive.rs` and `gather.rs`.

use super::limits::{DEPTH_MAX, HEADER_BYTES};
use super::record::{Close, Entry, Kind, Malformed, Totals, read_header};

#[derive(Debug, PartialEq, Eq)]
pub enum Record<'a> {
    Control(&'a [u8]),
    Entry(Entry),
    Data(&'a [u8]),
    Close(Close),
    Leave,
    End(Totals),
}

pub struct Decoder {
    head: [u8; HEADER_BYTES],
    /// Bytes of the head that have come.
    have: usize,
    record: (Kind, usize),
    /// Of a record that is not content.
    body: Vec<u8>,
    all: blake3::Hasher,
    file: blake3::Hasher,
    file_bytes: u64,
    open: bool,
    depth: usize,
    ended: bool,
    entries: u64,
    bytes: u64,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            head: [0; HEADER_BYTES],
            have: 0,
            record: (Kind::Leave, 0),
            body: Vec::new(),
            all: blake3::Hasher::new(),
            file: blake3::Hasher::new(),
            file_bytes: 0,
            open: false,
            depth: 0,
            ended: false,
            entries: 0,
            bytes: 0,
        }
    }
}

impl Decoder {
    /// Whether everything has come.
    pub fn is_complete(&self) -> bool {
        self.ended
    }

    /// Takes what has come; stops at the first error, of the bytes or of `sink`.
    pub fn feed<E: From<Malformed>>(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if self.have < HEADER_BYTES {
                if bytes.is_empty() {
                    return Ok(());
                }
                let count = bytes.len().min(HEADER_BYTES - self.have);
                let (now, later) = bytes.split_at(count);
                self.head[self.have..self.have + count].copy_from_slice(now);
                (self.have, bytes) = (self.have + count, later);
                if self.have < HEADER_BYTES {
                    return Ok(());
                }
                self.record = read_header(self.head)?;
                self.check_order(self.record.0)?;
                self.body.clear();
            }
            let (kind, left) = self.record;
            let (now, later) = bytes.split_at(left.min(bytes.len()));
            self.record.1 -= now.len();
            bytes = later;
            if kind != Kind::Data {
                self.body.extend_from_slice(now);
            } else if !now.is_empty() {
                self.file.update(now);
                self.file_bytes += now.len() as u64;
                self.bytes += now.len() as u64;
                sink(Record::Data(now))?;
            }
            if self.record.1 > 0 {
                return Ok(());
            }
            self.have = 0;
            if kind != Kind::Data {
                let body = std::mem::take(&mut self.body);
                sink(self.complete(kind, &body)?)?;
                self.body = body;
            }
        }
    }

    fn check_order(&self, kind: Kind) -> Result<(), Malformed> {
        let in_file = matches!(kind, Kind::Data | Kind::Close);
        match kind {
            _ if self.ended => Err(Malformed("more after the end")),
            _ if in_file && !self.open => Err(Malformed("content without a file")),
            _ if !in_file && self.open => Err(Malformed("a file without an end")),
            Kind::Directory if self.depth >= DEPTH_MAX => Err(Malformed("too many directories")),
            Kind::Leave if self.depth == 0 => Err(Malformed("one directory too few")),
            Kind::End if self.depth > 0 => Err(Malformed("a directory without an end")),
            Kind::Control if self.entries > 0 => Err(Malformed("talk after the beginning")),
            _ => Ok(()),
        }
    }

    fn complete<'a>(&mut self, kind: Kind, body: &'a [u8]) -> Result<Record<'a>, Malformed> {
        if !matches!(kind, Kind::Control | Kind::End) {
            self.all.update(&self.head).update(body);
        }
        Ok(match kind {
            Kind::Control => Record::Control(body),
            Kind::Leave | Kind::Data => {
                self.depth = self.depth.saturating_sub(1);
                Record::Leave
            }
            Kind::File | Kind::Directory | Kind::Link => {
                self.entries += 1;
                self.open = kind == Kind::File;
                self.depth += usize::from(kind == Kind::Directory);
                self.file.reset();
                self.file_bytes = 0;
                Record::Entry(Entry::read(kind, body)?)
            }
            Kind::Close => {
                self.open = false;
                let close = Close::read(body)?;
                let hash = *self.file.finalize().as_bytes();
                if close.hash != hash || close.bytes != self.file_bytes {
                    return Err(Malformed("the checksum of a file is wrong"));
                }
                Record::Close(close)
            }
            Kind::End => {
                self.ended = true;
                let (entries, bytes) = (self.entries, self.bytes);
                let digest = *self.all.finalize().as_bytes();
                let totals = Totals::read(body)?;
                if totals != (Totals { entries, bytes, digest }) {
                    return Err(Malformed("the checksum of all is wrong"));
                }
                Record::End(totals)
            }
        })
    }
}
