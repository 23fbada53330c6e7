//! The container that a copy travels in: a sequence of records, each a kind, a length and a body.
//! A directory's entries stand between its own and its `Leave`, and each has a single name, so
//! that no path can lead out of the target. Pure: bytes from and to values. The order of records
//! is checked in `decode.rs`; files are read in `walk.rs` and written in `unpack.rs`.

use super::limits::{
    CONTROL_BYTES_MAX, DATA_BYTES_MAX, HEADER_BYTES, NAME_BYTES_MAX, TARGET_BYTES_MAX,
};
use std::fmt;

/// What is wrong with a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the copy arrived damaged: {}", self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the two ends say to each other before the contents.
    Control,
    File,
    Directory,
    Link,
    /// Content of the file that was opened last.
    Data,
    /// The end of a file.
    Close,
    /// The end of a directory.
    Leave,
    /// The end of all.
    End,
}

const ENTRY_FIXED: usize = 26;
const CLOSE_BYTES: usize = 41;
const END_BYTES: usize = 48;

impl Kind {
    const ALL: [(Kind, u8); 8] = [
        (Kind::Control, b'C'),
        (Kind::File, b'F'),
        (Kind::Directory, b'D'),
        (Kind::Link, b'L'),
        (Kind::Data, b'.'),
        (Kind::Close, b'='),
        (Kind::Leave, b'<'),
        (Kind::End, b'E'),
    ];

    fn byte(self) -> u8 {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, byte)| *byte)
    }

    /// The least and the largest body.
    fn range(self) -> (usize, usize) {
        match self {
            Kind::Control => (0, CONTROL_BYTES_MAX),
            Kind::File | Kind::Directory => (ENTRY_FIXED + 1, ENTRY_FIXED + NAME_BYTES_MAX),
            Kind::Link => (ENTRY_FIXED + 2, ENTRY_FIXED + NAME_BYTES_MAX + TARGET_BYTES_MAX),
            Kind::Data => (1, DATA_BYTES_MAX),
            Kind::Close => (CLOSE_BYTES, CLOSE_BYTES),
            Kind::Leave => (0, 0),
            Kind::End => (END_BYTES, END_BYTES),
        }
    }
}

/// The head of a record; `length` is within what its kind may have.
pub fn header(kind: Kind, length: usize) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    [kind.byte(), a, b, c, d]
}

pub fn read_header(bytes: [u8; HEADER_BYTES]) -> Result<(Kind, usize), Malformed> {
    let [byte, a, b, c, d] = bytes;
    let found = Kind::ALL.iter().find(|(_, own)| *own == byte);
    let (kind, _) = *found.ok_or(Malformed("an unknown kind of record"))?;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let (least, most) = kind.range();
    let fits = (least..=most).contains(&length);
    if fits { Ok((kind, length)) } else { Err(Malformed("a record of an impossible length")) }
}

/// A file, a directory or a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub mode: u32,
    pub seconds: i64,
    pub nanos: u32,
    /// Of a file when it was opened; only what is shown of progress depends on it.
    pub size: u64,
    /// One component: no `/`, neither `.` nor `..`.
    pub name: Vec<u8>,
    /// What a link says; it is never followed.
    pub target: Vec<u8>,
}

/// What a file had when it was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    pub bytes: u64,
    pub hash: [u8; 32],
    /// It was written to meanwhile.
    pub changed: bool,
}

/// What all had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub entries: u64,
    pub bytes: u64,
    /// Of every entry, which with the hashes of the files is one of everything.
    pub digest: [u8; 32],
}

/// One component of a path that stays where it is.
pub fn is_name(name: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name != b"."
        && name != b".."
        && !name.contains(&b'/')
        && !name.contains(&0)
}

fn number<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (first, rest) = bytes.split_first_chunk().ok_or(Malformed("a record that is too short"))?;
    *bytes = rest;
    Ok(*first)
}

impl Entry {
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(ENTRY_FIXED + self.name.len() + self.target.len());
        body.extend(self.mode.to_le_bytes());
        body.extend(self.seconds.to_le_bytes());
        body.extend(self.nanos.to_le_bytes());
        body.extend(self.size.to_le_bytes());
        body.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        body.extend(&self.name);
        body.extend(&self.target);
        body
    }

    pub fn read(kind: Kind, mut body: &[u8]) -> Result<Entry, Malformed> {
        let body = &mut body;
        let mode = u32::from_le_bytes(number(body)?);
        let seconds = i64::from_le_bytes(number(body)?);
        let nanos = u32::from_le_bytes(number(body)?);
        let size = u64::from_le_bytes(number(body)?);
        let length = usize::from(u16::from_le_bytes(number(body)?));
        let (name, target) =
            body.split_at_checked(length).ok_or(Malformed("a name that is cut short"))?;
        if !is_name(name) {
            return Err(Malformed("a name that is none"));
        }
        if nanos >= 1_000_000_000 {
            return Err(Malformed("a time that is none"));
        }
        let suits = match kind {
            Kind::Link => (1..=TARGET_BYTES_MAX).contains(&target.len()) && !target.contains(&0),
            _ => target.is_empty(),
        };
        if !suits {
            return Err(Malformed("a link that is none"));
        }
        let (name, target) = (name.to_vec(), target.to_vec());
        Ok(Entry { kind, mode, seconds, nanos, size, name, target })
    }
}

impl Close {
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.bytes.to_le_bytes().to_vec();
        body.extend(self.hash);
        body.push(u8::from(self.changed));
        body
    }

    pub fn read(mut body: &[u8]) -> Result<Close, Malformed> {
        let bytes = u64::from_le_bytes(number(&mut body)?);
        let hash = number(&mut body)?;
        let changed = number::<1>(&mut body)? != [0];
        Ok(Close { bytes, hash, changed })
    }
}

impl Totals {
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.entries.to_le_bytes().to_vec();
        body.extend(self.bytes.to_le_bytes());
        body.extend(self.digest);
        body
    }

    pub fn read(mut body: &[u8]) -> Result<Totals, Malformed> {
        let entries = u64::from_le_bytes(number(&mut body)?);
        let bytes = u64::from_le_bytes(number(&mut body)?);
        Ok(Totals { entries, bytes, digest: number(&mut body)? })
    }
}
