//! Reads a container as its bytes come: checks limits, order and checksums, and hands on one
//! record after the other, content in the pieces in which it arrives. Pure, and total: any bytes
//! end in records or in `Malformed`. Called by who receives.

use crate::chunk::ChunkId;
use crate::entry::Entry;
use crate::limits::HEADER_BYTES;
use crate::order::Order;
use crate::piece::Piece;
use crate::record::{Close, Kind, Malformed, Totals, number, read_header};

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The files listed since the last settlement.
    Files,
    /// The chunks of the recipes since the last `Given`.
    Chunks,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Record<'a> {
    Control(&'a [u8]),
    Entry(Entry),
    /// `complete` is false where the sender could not read all of the directory.
    Leave {
        complete: bool,
    },
    Ask(Asked),
    /// The file of this number in the batch follows.
    Content(u32),
    Data(&'a [u8]),
    Close(Close),
    Recipe(Piece),
    /// `number` counts the chunks of a question from 0.
    Chunk {
        number: u32,
        bytes: &'a [u8],
    },
    Given,
    Settle,
    End(Totals),
}

pub struct Decoder {
    head: [u8; HEADER_BYTES],
    /// Bytes of the head that have come.
    have: usize,
    record: (Kind, usize),
    /// Of a record that is not content.
    body: Vec<u8>,
    order: Order,
    all: blake3::Hasher,
    file: blake3::Hasher,
    file_bytes: u64,
    /// Chunks of the recipes that are asked about.
    chunks: Vec<ChunkId>,
    /// The least number that the next chunk may have.
    next_chunk: usize,
    entries: u64,
    size: u64,
    bytes: u64,
    /// The end has come, and was right.
    complete: bool,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            head: [0; HEADER_BYTES],
            have: 0,
            record: (Kind::Leave, 0),
            body: Vec::new(),
            order: Order::default(),
            all: blake3::Hasher::new(),
            file: blake3::Hasher::new(),
            file_bytes: 0,
            chunks: Vec::new(),
            next_chunk: 0,
            entries: 0,
            size: 0,
            bytes: 0,
            complete: false,
        }
    }
}

impl Decoder {
    /// Whether everything has come.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Takes what has come; stops at the first error, of the bytes or of `sink`.
    pub fn feed<E: From<Malformed>>(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if self.have < HEADER_BYTES && !self.header(&mut bytes)? {
                return Ok(());
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

    /// Whether a header is there now, with its record begun.
    fn header(&mut self, bytes: &mut &[u8]) -> Result<bool, Malformed> {
        let count = bytes.len().min(HEADER_BYTES - self.have);
        let (now, later) = bytes.split_at(count);
        self.head[self.have..self.have + count].copy_from_slice(now);
        (self.have, *bytes) = (self.have + count, later);
        if self.have < HEADER_BYTES {
            return Ok(false);
        }
        self.record = read_header(self.head)?;
        self.order.next(self.record.0)?;
        self.body.clear();
        Ok(true)
    }

    fn complete<'a>(&mut self, kind: Kind, body: &'a [u8]) -> Result<Record<'a>, Malformed> {
        if kind.is_covered() {
            self.all.update(&self.head).update(body);
        }
        Ok(match kind {
            Kind::Control => Record::Control(body),
            Kind::Root | Kind::File | Kind::Directory | Kind::Link => {
                let entry = Entry::read(kind, body)?;
                self.order.entry(&entry)?;
                self.entries += 1;
                self.size = self.size.saturating_add(entry.size);
                Record::Entry(entry)
            }
            Kind::Leave => self.leave(body)?,
            Kind::Ask => self.ask(),
            Kind::Content => self.content(body)?,
            Kind::Close | Kind::Data => Record::Close(self.close(body)?),
            Kind::Recipe => Record::Recipe(self.recipe(body)?),
            Kind::Chunk => self.chunk(body)?,
            Kind::Given => {
                self.chunks.clear();
                Record::Given
            }
            Kind::Settle => Record::Settle,
            Kind::End => Record::End(self.end(body)?),
        })
    }

    fn leave(&mut self, body: &[u8]) -> Result<Record<'static>, Malformed> {
        let complete = match body {
            [0] => false,
            [1] => true,
            _ => return Err(Malformed("a directory that ends as none does")),
        };
        self.order.leave();
        Ok(Record::Leave { complete })
    }

    fn ask(&mut self) -> Record<'static> {
        self.next_chunk = 0;
        Record::Ask(if self.order.asks_for_chunks() { Asked::Chunks } else { Asked::Files })
    }

    fn content(&mut self, mut body: &[u8]) -> Result<Record<'static>, Malformed> {
        let file = self.order.file(u32::from_le_bytes(number(&mut body)?))?;
        self.file.reset();
        self.file_bytes = 0;
        Ok(Record::Content(file))
    }

    fn close(&mut self, body: &[u8]) -> Result<Close, Malformed> {
        let close = Close::read(body)?;
        let hash = *self.file.finalize().as_bytes();
        if close.hash != hash || close.bytes != self.file_bytes {
            return Err(Malformed("the checksum of a file is wrong"));
        }
        Ok(close)
    }

    fn recipe(&mut self, body: &[u8]) -> Result<Piece, Malformed> {
        let piece = Piece::read(body)?;
        self.order.piece(&piece)?;
        self.chunks.extend(&piece.chunks);
        Ok(piece)
    }

    fn chunk<'a>(&mut self, mut body: &'a [u8]) -> Result<Record<'a>, Malformed> {
        let number = u32::from_le_bytes(number(&mut body)?);
        let at = number as usize;
        if at < self.next_chunk {
            return Err(Malformed("a chunk that comes twice"));
        }
        if self.chunks.get(at) != Some(&ChunkId::of(body)) {
            return Err(Malformed("a chunk that is another"));
        }
        self.next_chunk = at + 1;
        self.bytes += body.len() as u64;
        Ok(Record::Chunk { number, bytes: body })
    }

    fn end(&mut self, body: &[u8]) -> Result<Totals, Malformed> {
        let (entries, size, bytes) = (self.entries, self.size, self.bytes);
        let digest = *self.all.finalize().as_bytes();
        let totals = Totals::read(body)?;
        if totals != (Totals { entries, size, bytes, digest }) {
            return Err(Malformed("the checksum of all is wrong"));
        }
        self.complete = true;
        Ok(totals)
    }
}
