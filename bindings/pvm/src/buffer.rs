//! A message buffer: what is packed into it or unpacked from it, and its heading.
//!
//! One buffer, and no table of them (`buffers.rs`). No I/O. Used by `task/`.

mod nested;
mod pack;
mod unpack;

use bytes::{BufMut, Bytes};
use posse::message::buffers;

use crate::Tid;
use crate::code::{PvmError, Result};
use crate::encoding::Encoding;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::machine::LABEL_BYTES;
use crate::memory::Piece;

/// What `pvm_getminfo` tells of a message, but for its length and encoding.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Heading {
    pub context: i32,
    pub tag: i32,
    pub wait_id: i32,
    pub checksum: i32,
    pub source: i32,
    pub destination: i32,
}

#[derive(Debug)]
pub struct Buffer {
    pub heading: Heading,
    encoding: Encoding,
    body: Body,
    /// Bytes that have been unpacked; `None` while the buffer is being packed.
    read: Option<usize>,
}

#[derive(Debug)]
enum Body {
    /// Behind room for the label with which it will travel, once there is anything.
    Growing(Vec<u8>),
    /// The same, shared with what was sent.
    Sent(Bytes),
    /// Received.
    Shut(Bytes),
    Places(Vec<Part>),
}

/// What a buffer in place is made of.
#[derive(Clone, Debug)]
enum Part {
    Placed(Piece),
    /// What had no place of its own: values among the arguments of `pvm_packf`.
    Copied(Bytes),
}

impl Part {
    fn bytes(&self) -> usize {
        match self {
            Part::Placed(piece) => piece.bytes(),
            Part::Copied(bytes) => bytes.len(),
        }
    }
}

impl Buffer {
    /// An empty one to pack into.
    pub fn new(encoding: Encoding, own: Tid) -> Buffer {
        let body = match encoding {
            Encoding::InPlace => Body::Places(vec![]),
            _ => Body::Growing(Vec::new()),
        };
        let heading = Heading { source: own.0, ..Heading::default() };
        Buffer { heading, encoding, body, read: None }
    }

    /// One that came in, to unpack from.
    pub fn received(heading: Heading, encoding: Encoding, body: Bytes) -> Buffer {
        Buffer { heading, encoding, body: Body::Shut(body), read: Some(0) }
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes as `pvm_bufinfo` counts them; data that is left in place counts once it is sent.
    pub fn len(&self) -> usize {
        match &self.body {
            Body::Growing(bytes) => bytes.len().saturating_sub(LABEL_BYTES),
            Body::Sent(bytes) => bytes.len() - LABEL_BYTES,
            Body::Shut(bytes) => bytes.len(),
            Body::Places(_) => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Make it one to unpack from. What has been unpacked of it stays so: PVM has no rewinding.
    pub fn read(&mut self) {
        if self.read.is_none() {
            self.seal();
            self.read = Some(0);
        }
    }

    /// What is to be sent with this label: one run that can be shared, or the places that hold it.
    pub fn contents(&mut self, label: [u8; LABEL_BYTES]) -> Contents<'_> {
        let labelled = match &mut self.body {
            Body::Growing(bytes) => Some(std::mem::take(bytes)),
            Body::Sent(bytes) if bytes[..LABEL_BYTES] != label => Some(copy(bytes)),
            _ => None,
        };
        if let Some(mut bytes) = labelled {
            if bytes.is_empty() {
                bytes.put_bytes(0, LABEL_BYTES);
            }
            bytes[..LABEL_BYTES].copy_from_slice(&label);
            self.body = Body::Sent(buffers().share(bytes));
        }
        match &self.body {
            Body::Places(parts) => Contents::Pieces(parts.iter().map(in_place).collect()),
            Body::Sent(bytes) => Contents::Labelled(bytes.clone()),
            Body::Shut(bytes) => Contents::Whole(bytes.clone()),
            Body::Growing(_) => Contents::Whole(Bytes::new()),
        }
    }

    /// The same as one run without a label; data in place is copied.
    pub fn bytes(&mut self) -> Bytes {
        match self.contents([0; LABEL_BYTES]) {
            Contents::Whole(bytes) => bytes,
            Contents::Labelled(bytes) => bytes.slice(LABEL_BYTES..),
            Contents::Pieces(pieces) => pieces.concat().into(),
        }
    }

    /// Fix the contents: from here on they are bytes.
    fn seal(&mut self) {
        let bytes = self.bytes();
        if self.encoding == Encoding::InPlace {
            self.encoding = Encoding::Raw;
        }
        self.body = Body::Shut(bytes);
    }

    /// The bytes to append `more` to. A buffer that was being unpacked is emptied first, as PVM
    /// does; one that was sent goes on growing as a copy, since its receiver may read it yet.
    fn growing(&mut self, more: usize) -> Result<&mut Vec<u8>> {
        let start = self.read.take().is_some();
        if let Body::Shut(bytes) | Body::Sent(bytes) = &self.body {
            self.body = Body::Growing(if start { Vec::new() } else { copy(bytes) });
        }
        match &mut self.body {
            Body::Growing(bytes) if bytes.len() + more <= MESSAGE_BYTES_MAX => {
                begin(bytes, more)?;
                Ok(bytes)
            }
            Body::Growing(_) => Err(PvmError::NoMem),
            _ => Err(PvmError::NotImpl),
        }
    }
}

/// Room for this much more, and for the label before all.
fn begin(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    let label = if bytes.is_empty() { LABEL_BYTES } else { 0 };
    if !buffers().reserve(bytes, label + more) {
        return Err(PvmError::NoMem);
    }
    bytes.put_bytes(0, label);
    Ok(())
}

fn copy(bytes: &[u8]) -> Vec<u8> {
    let mut copy = buffers().take(bytes.len()).unwrap_or_default();
    copy.extend_from_slice(bytes);
    copy
}

/// The body of a message on its way out.
pub enum Contents<'a> {
    Whole(Bytes),
    /// Behind its label.
    Labelled(Bytes),
    Pieces(Vec<&'a [u8]>),
}

#[allow(unsafe_code, reason = "memory of the program, which it keeps until the message is sent")]
fn in_place(part: &Part) -> &[u8] {
    let piece = match part {
        Part::Placed(piece) => piece,
        Part::Copied(bytes) => return bytes,
    };
    // SAFETY: a program that packs with `PvmDataInPlace` keeps its data until it has sent it;
    // that is what the encoding asks of it (pvm_initsend(3PVM)).
    unsafe { piece.slice() }
}
