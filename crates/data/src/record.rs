//! The records of the container, each a kind, a length and a body. In which order they may come is
//! in `order.rs`; entries are in `entry.rs`, recipes in `piece.rs`. Called by `encode.rs` and
//! `decode.rs`.

use crate::entry;
use crate::limits::{CHUNK_BYTES_MAX, CONTROL_BYTES_MAX, DATA_BYTES_MAX, HEADER_BYTES};
use crate::piece;
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
    /// The target itself, whose entries follow.
    Root,
    File,
    Directory,
    Link,
    /// The end of a directory.
    Leave,
    /// What of this does a receiver lack?
    Ask,
    /// A file of this batch follows, whole.
    Content,
    /// Content of that file.
    Data,
    /// The end of that file.
    Close,
    /// The hashes of the chunks of a file, or of a part of it.
    Recipe,
    /// One of the chunks that recipes named.
    Chunk,
    /// All chunks have come that were lacked.
    Given,
    /// All of the batch has come.
    Settle,
    /// The end of all.
    End,
}

const CLOSE_BYTES: usize = 41;
const END_BYTES: usize = 56;

impl Kind {
    const ALL: [(Kind, u8); 15] = [
        (Kind::Control, b'C'),
        (Kind::Root, b'T'),
        (Kind::File, b'F'),
        (Kind::Directory, b'D'),
        (Kind::Link, b'L'),
        (Kind::Leave, b'<'),
        (Kind::Ask, b'?'),
        (Kind::Content, b'W'),
        (Kind::Data, b'.'),
        (Kind::Close, b'='),
        (Kind::Recipe, b'R'),
        (Kind::Chunk, b'+'),
        (Kind::Given, b';'),
        (Kind::Settle, b'|'),
        (Kind::End, b'E'),
    ];

    fn byte(self) -> u8 {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, byte)| *byte)
    }

    /// The least and the largest body.
    fn range(self) -> (usize, usize) {
        match self {
            Kind::Control => (0, CONTROL_BYTES_MAX),
            Kind::Root | Kind::File | Kind::Directory | Kind::Link => entry::range(self),
            Kind::Leave => (1, 1),
            Kind::Ask | Kind::Given | Kind::Settle => (0, 0),
            Kind::Content => (4, 4),
            Kind::Data => (1, DATA_BYTES_MAX),
            Kind::Close => (CLOSE_BYTES, CLOSE_BYTES),
            Kind::Recipe => piece::RANGE,
            Kind::Chunk => (4 + 1, 4 + CHUNK_BYTES_MAX),
            Kind::End => (END_BYTES, END_BYTES),
        }
    }

    /// What the checksum of all covers by itself; contents have checksums of their own.
    pub(crate) fn is_covered(self) -> bool {
        !matches!(self, Kind::Control | Kind::Data | Kind::Chunk | Kind::End)
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

/// How the reading of a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Good,
    /// It was written to meanwhile.
    Changed,
    /// It could not be read to its end; what came is of no use.
    Cut,
}

/// What a file had when it was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    pub bytes: u64,
    pub hash: [u8; 32],
    pub ending: Ending,
}

/// What all had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub entries: u64,
    /// Of all files that were listed.
    pub size: u64,
    /// Of content that was sent.
    pub bytes: u64,
    /// Of every list and recipe, which with the hashes in them is one of everything.
    pub digest: [u8; 32],
}

pub(crate) fn number<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (first, rest) = bytes.split_first_chunk().ok_or(Malformed("a record that is too short"))?;
    *bytes = rest;
    Ok(*first)
}

impl Close {
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.bytes.to_le_bytes().to_vec();
        body.extend(self.hash);
        body.push(match self.ending {
            Ending::Good => 0,
            Ending::Changed => 1,
            Ending::Cut => 2,
        });
        body
    }

    pub fn read(mut body: &[u8]) -> Result<Close, Malformed> {
        let bytes = u64::from_le_bytes(number(&mut body)?);
        let hash = number(&mut body)?;
        let ending = match number(&mut body)? {
            [0] => Ending::Good,
            [1] => Ending::Changed,
            [2] => Ending::Cut,
            [_] => return Err(Malformed("a file that ends as none does")),
        };
        Ok(Close { bytes, hash, ending })
    }
}

impl Totals {
    pub fn body(&self) -> Vec<u8> {
        let mut body = self.entries.to_le_bytes().to_vec();
        body.extend(self.size.to_le_bytes());
        body.extend(self.bytes.to_le_bytes());
        body.extend(self.digest);
        body
    }

    pub fn read(mut body: &[u8]) -> Result<Totals, Malformed> {
        let entries = u64::from_le_bytes(number(&mut body)?);
        let size = u64::from_le_bytes(number(&mut body)?);
        let bytes = u64::from_le_bytes(number(&mut body)?);
        Ok(Totals { entries, size, bytes, digest: number(&mut body)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_before_anything_is_kept() {
        for byte in 0..=255 {
            assert!(read_header([byte, 0xFF, 0xFF, 0xFF, 0xFF]).is_err());
        }
        assert!(read_header(header(Kind::Data, 0)).is_err());
        assert!(read_header(header(Kind::Ask, 1)).is_err());
        for (kind, _) in Kind::ALL {
            let (least, most) = kind.range();
            for length in [least, most] {
                assert_eq!(read_header(header(kind, length)), Ok((kind, length)));
            }
        }
    }
}
