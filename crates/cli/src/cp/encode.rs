//! Writes a container: records in their order, with the checksums. Pure but for the writer that it
//! is given. Called by `walk.rs` and by the front end of a copy to hosts.

use super::limits::HEADER_BYTES;
use super::record::{Close, Entry, Kind, Totals, header};
use std::io::{self, Write};

pub struct Encoder<W> {
    out: W,
    all: blake3::Hasher,
    file: blake3::Hasher,
    file_bytes: u64,
    entries: u64,
    bytes: u64,
}

impl<W: Write> Encoder<W> {
    pub fn new(out: W) -> Encoder<W> {
        let (all, file) = (blake3::Hasher::new(), blake3::Hasher::new());
        Encoder { out, all, file, file_bytes: 0, entries: 0, bytes: 0 }
    }

    /// Says something that is no part of the contents, at once.
    pub fn control(&mut self, body: &[u8]) -> io::Result<()> {
        self.out.write_all(&header(Kind::Control, body.len()))?;
        self.out.write_all(body)?;
        self.out.flush()
    }

    /// Begins a file or a directory, or is a link.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.entries += 1;
        self.file_bytes = 0;
        self.file.reset();
        self.write(entry.kind, &entry.body())
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

    pub fn close(&mut self, changed: bool) -> io::Result<()> {
        let hash = *self.file.finalize().as_bytes();
        self.write(Kind::Close, &Close { bytes: self.file_bytes, hash, changed }.body())
    }

    pub fn leave(&mut self) -> io::Result<()> {
        self.write(Kind::Leave, &[])
    }

    pub fn end(&mut self) -> io::Result<Totals> {
        let digest = *self.all.finalize().as_bytes();
        let totals = Totals { entries: self.entries, bytes: self.bytes, digest };
        self.write(Kind::End, &totals.body())?;
        self.out.flush()?;
        Ok(totals)
    }

    fn write(&mut self, kind: Kind, body: &[u8]) -> io::Result<()> {
        let head = header(kind, body.len());
        self.all.update(&head).update(body);
        self.out.write_all(&head)?;
        self.out.write_all(body)
    }
}
