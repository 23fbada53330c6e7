//! Writes a container: records in their order, with the checksums. Pure but for the writer that it
//! is given. Called by who sends.

use crate::entry::Entry;
use crate::limits::HEADER_BYTES;
use crate::piece::Piece;
use crate::record::{Close, Ending, Kind, Totals, header};
use std::io::{self, Write};

pub struct Encoder<W> {
    out: W,
    all: blake3::Hasher,
    file: blake3::Hasher,
    file_bytes: u64,
    entries: u64,
    size: u64,
    bytes: u64,
}

impl<W: Write> Encoder<W> {
    pub fn new(out: W) -> Encoder<W> {
        let (all, file) = (blake3::Hasher::new(), blake3::Hasher::new());
        Encoder { out, all, file, file_bytes: 0, entries: 0, size: 0, bytes: 0 }
    }

    /// Says something that is no part of the contents, at once.
    pub fn control(&mut self, body: &[u8]) -> io::Result<()> {
        self.out.write_all(&header(Kind::Control, body.len()))?;
        self.out.write_all(body)?;
        self.out.flush()
    }

    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.entries += 1;
        self.size = self.size.saturating_add(entry.size);
        self.write(entry.kind, &entry.body())
    }

    pub fn leave(&mut self, complete: bool) -> io::Result<()> {
        self.write(Kind::Leave, &[u8::from(complete)])
    }

    /// The answer is awaited, so nothing is held back.
    pub fn ask(&mut self) -> io::Result<()> {
        self.write(Kind::Ask, &[])?;
        self.out.flush()
    }

    /// Begins the file of this number in the batch.
    pub fn content(&mut self, file: u32) -> io::Result<()> {
        self.file_bytes = 0;
        self.file.reset();
        self.write(Kind::Content, &file.to_le_bytes())
    }

    /// Content of the open file: `record` has room for the header before it.
    pub fn data(&mut self, record: &mut [u8]) -> io::Result<()> {
        let length = record.len().saturating_sub(HEADER_BYTES);
        if length == 0 {
            return Ok(());
        }
        record[..HEADER_BYTES].copy_from_slice(&header(Kind::Data, length));
        self.file.update(&record[HEADER_BYTES..]);
        self.file_bytes += length as u64;
        self.bytes += length as u64;
        self.out.write_all(record)
    }

    pub fn close(&mut self, ending: Ending) -> io::Result<()> {
        let hash = *self.file.finalize().as_bytes();
        self.write(Kind::Close, &Close { bytes: self.file_bytes, hash, ending }.body())
    }

    pub fn recipe(&mut self, piece: &Piece) -> io::Result<()> {
        self.write(Kind::Recipe, &piece.body())
    }

    /// One of the chunks of the question, counted from 0.
    pub fn chunk(&mut self, number: u32, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        let number = number.to_le_bytes();
        self.out.write_all(&header(Kind::Chunk, number.len() + bytes.len()))?;
        self.out.write_all(&number)?;
        self.out.write_all(bytes)
    }

    pub fn given(&mut self) -> io::Result<()> {
        self.write(Kind::Given, &[])
    }

    pub fn settle(&mut self) -> io::Result<()> {
        self.write(Kind::Settle, &[])
    }

    pub fn end(&mut self) -> io::Result<Totals> {
        let digest = *self.all.finalize().as_bytes();
        let (entries, size, bytes) = (self.entries, self.size, self.bytes);
        let totals = Totals { entries, size, bytes, digest };
        self.write(Kind::End, &totals.body())?;
        self.out.flush()?;
        Ok(totals)
    }

    fn write(&mut self, kind: Kind, body: &[u8]) -> io::Result<()> {
        let head = header(kind, body.len());
        if kind.is_covered() {
            self.all.update(&head).update(body);
        }
        self.out.write_all(&head)?;
        self.out.write_all(body)
    }
}
