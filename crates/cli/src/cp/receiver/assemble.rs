//! Files out of chunks: those that are here and those that come. As long as each chunk stands
//! where it stood in the old file nothing is written, so that an equal file stays as it is.

use super::known::{Found, Known, Sources};
use super::output::{Output, look};
use super::state::{Receiver, Slot, Stop};
use crate::cp::talk::Change;
use posse_data::{ChunkId, Piece, Whole, answer};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

/// The recipes of one question.
#[derive(Default)]
pub(super) struct Group {
    pieces: VecDeque<Planned>,
    /// Chunks that have been named.
    named: u32,
    /// Of the file whose recipe goes on.
    known: Option<Known>,
    assembly: Option<Assembly>,
}

struct Planned {
    file: usize,
    /// Number of its first chunk.
    start: u32,
    first: bool,
    last: Option<Whole>,
    chunks: Vec<(ChunkId, Option<Found>)>,
    /// Chunks that are in the file.
    done: usize,
}

/// The file that is put together.
struct Assembly {
    file: usize,
    slot: Rc<Slot>,
    sources: Sources,
    /// Bytes so far.
    at: u64,
    /// None while all is as in the old file; in a dry run, then as well.
    output: Option<Output>,
    differs: bool,
    hash: blake3::Hasher,
}

impl Group {
    pub fn clear(&mut self) {
        *self = Group::default();
    }
}

impl Receiver {
    pub(super) fn is_wanted(&self, file: usize) -> bool {
        self.answers.get(file).is_some_and(|answer| *answer != answer::HAS)
    }

    /// Notes where the chunks of a recipe are.
    pub(super) fn plan(&mut self, piece: Piece) {
        let file = piece.file as usize;
        if piece.first {
            self.group.known = self.known(file);
        }
        let known = self.group.known.as_ref();
        let found = |id: ChunkId| (id, known.and_then(|known| known.find(id)));
        let chunks: Vec<_> = piece.chunks.into_iter().map(found).collect();
        let start = self.group.named;
        self.group.named += chunks.len() as u32;
        if piece.last.is_some() {
            self.group.known = None;
        }
        let (first, last) = (piece.first, piece.last);
        self.group.pieces.push_back(Planned { file, start, first, last, chunks, done: 0 });
    }

    fn known(&mut self, file: usize) -> Option<Known> {
        let slot = self.slots.get(file).filter(|_| self.is_wanted(file))?.clone();
        let directory = self.tree.open(&slot.directory).ok()?;
        Some(Known::of(&Sources::open(&directory, &slot.name)))
    }

    /// One digit for each chunk of the question.
    pub(super) fn lacked_chunks(&self) -> Vec<u8> {
        let mut digits = Vec::new();
        for piece in &self.group.pieces {
            let wanted = self.is_wanted(piece.file) && !self.manner.dry;
            let lacks = |found: &Option<Found>| u8::from(wanted && found.is_none());
            digits.extend(piece.chunks.iter().map(|(_, found)| lacks(found)));
        }
        digits
    }

    pub(super) fn chunk(&mut self, number: u32, bytes: &[u8]) -> Result<(), Stop> {
        self.advance(number)?;
        let Some(piece) = self.group.pieces.front_mut() else { return Ok(()) };
        let Some((id, found)) = piece.chunks.get(piece.done).copied() else { return Ok(()) };
        piece.done += 1;
        let file = piece.file;
        // Others lacked it: a file that is equal here stays as it is.
        self.put(file, |assembly| Ok((!assembly.stays(id, found)).then(|| bytes.to_vec())))
    }

    pub(super) fn given(&mut self) -> Result<(), Stop> {
        self.advance(u32::MAX)?;
        self.group.named = 0;
        self.group.pieces.clear();
        Ok(())
    }

    /// Fills in what is here, up to the chunk of this number.
    fn advance(&mut self, to: u32) -> Result<(), Stop> {
        while let Some(mut piece) = self.group.pieces.pop_front() {
            if piece.first && piece.done == 0 {
                self.start(piece.file)?;
            }
            while let Some((id, found)) = piece.chunks.get(piece.done).copied()
                && piece.start + (piece.done as u32) < to
            {
                self.fill(piece.file, id, found)?;
                piece.done += 1;
            }
            if piece.done < piece.chunks.len() {
                self.group.pieces.push_front(piece);
                return Ok(());
            }
            if let Some(whole) = piece.last {
                self.complete(piece.file, whole)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, file: usize) -> Result<(), Stop> {
        if self.group.assembly.as_ref().is_some_and(|assembly| assembly.file == file) {
            return Ok(());
        }
        self.group.assembly = None;
        let Some(slot) = self.slots.get(file).filter(|_| self.is_wanted(file)).cloned() else {
            return Ok(());
        };
        match self.tree.open(&slot.directory) {
            Ok(directory) => {
                let sources = Sources::open(&directory, &slot.name);
                let hash = blake3::Hasher::new();
                let (at, output, differs) = (0, None, false);
                self.group.assembly =
                    Some(Assembly { file, slot, sources, at, output, differs, hash });
                Ok(())
            }
            Err(error) => self.lose(file, &error),
        }
    }

    /// A chunk that is here: perhaps where it belongs, so that nothing need be done.
    fn fill(&mut self, file: usize, id: ChunkId, found: Option<Found>) -> Result<(), Stop> {
        self.put(file, |assembly| {
            if assembly.stays(id, found) {
                return Ok(None);
            }
            let missing = || io::Error::other("a part of it did not come; copy it again");
            assembly.sources.read(found.ok_or_else(missing)?, id).map(Some)
        })
    }

    /// Writes the next bytes of a file, if there are any to write.
    fn put(
        &mut self,
        file: usize,
        bytes: impl FnOnce(&mut Assembly) -> io::Result<Option<Vec<u8>>>,
    ) -> Result<(), Stop> {
        let Some(mut assembly) = self.group.assembly.take().filter(|one| one.is_of(file)) else {
            return Ok(());
        };
        if self.manner.dry {
            // That a chunk is missing, or elsewhere, is all there is to know.
            let stays = bytes(&mut assembly).is_ok_and(|bytes| bytes.is_none());
            assembly.differs |= !stays;
            self.group.assembly = Some(assembly);
            return Ok(());
        }
        let put = bytes(&mut assembly).and_then(|bytes| match bytes {
            Some(bytes) => self.append(&mut assembly, &bytes),
            None => Ok(()),
        });
        match put {
            Ok(()) => {
                self.group.assembly = Some(assembly);
                Ok(())
            }
            Err(error) => self.lose(file, &error),
        }
    }

    fn append(&mut self, assembly: &mut Assembly, bytes: &[u8]) -> io::Result<()> {
        self.depart(assembly)?;
        if let Some(output) = &mut assembly.output {
            output.file.write_all(bytes)?;
        }
        assembly.hash.update(bytes);
        assembly.at += bytes.len() as u64;
        Ok(())
    }

    /// From here on the file is another: begins a new one with what was equal.
    fn depart(&mut self, assembly: &mut Assembly) -> io::Result<()> {
        if assembly.differs {
            return Ok(());
        }
        assembly.differs = true;
        let directory = self.tree.open(&assembly.slot.directory)?;
        let mut output = self.create(&directory, &assembly.slot.name)?;
        if let Some(old) = &assembly.sources.old {
            let mut left = old.take(assembly.at);
            let mut buffer = vec![0; posse_data::limits::DATA_BYTES_MAX];
            loop {
                let count = left.read(&mut buffer)?;
                if count == 0 {
                    break;
                }
                assembly.hash.update(&buffer[..count]);
                output.file.write_all(&buffer[..count])?;
            }
        }
        assembly.output = Some(output);
        Ok(())
    }

    fn complete(&mut self, file: usize, whole: Whole) -> Result<(), Stop> {
        let Some(assembly) = self.group.assembly.take().filter(|one| one.is_of(file)) else {
            return Ok(());
        };
        let Err(error) = self.conclude(assembly, whole) else { return Ok(()) };
        self.lose(file, &error)
    }

    fn conclude(&mut self, mut assembly: Assembly, whole: Whole) -> io::Result<()> {
        let old = assembly.sources.old.as_ref().map(|old| old.metadata().map(|about| about.len()));
        let equal = !assembly.differs && assembly.at == whole.bytes;
        let slot = assembly.slot.clone();
        if equal && old.transpose()? == Some(whole.bytes) {
            let directory = self.tree.open(&slot.directory)?;
            let path = slot.directory.path(&slot.name);
            let Some(there) = look(&directory, &slot.name)? else { return Ok(()) };
            return self.touch(&slot.entry, &there, &directory, (&slot.name, &path));
        }
        if self.manner.dry {
            self.item(Change::Send, &slot.directory.path(&slot.name));
            return Ok(());
        }
        self.depart(&mut assembly)?;
        let hash = *assembly.hash.finalize().as_bytes();
        match assembly.output {
            Some(output) if assembly.at == whole.bytes && hash == whole.hash => {
                self.finish(&slot, output)
            }
            _ => Err(io::Error::other("its checksum is wrong; copy it again")),
        }
    }
}

impl Assembly {
    fn is_of(&self, file: usize) -> bool {
        self.file == file
    }

    /// Goes past a chunk that is where it belongs.
    fn stays(&mut self, id: ChunkId, found: Option<Found>) -> bool {
        let here = Found { partial: false, offset: self.at };
        let stays = !self.differs && found == Some(here);
        if stays {
            self.at += u64::from(id.length);
        }
        stays
    }
}
