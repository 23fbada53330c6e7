//! Files that receivers have something like: the hashes of their chunks go first, then the chunks
//! that somebody lacks. Each file is read once for its hashes, and where chunks are lacked.

use super::answers::Answers;
use super::state::{Listed, Sender};
use posse_data::limits::{CHUNKS_MAX, PIECES_MAX};
use posse_data::{ChunkId, Piece, Whole, answer, chunk};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

/// A chunk of the question.
struct Named<'a> {
    file: &'a Listed,
    offset: u64,
    id: ChunkId,
}

/// One question.
#[derive(Default)]
struct Question<'a> {
    named: Vec<Named<'a>>,
    pieces: usize,
    /// The piece that grows.
    chunks: Vec<ChunkId>,
}

impl<W: Write, A: Answers> Sender<W, A> {
    pub(super) fn recipes<'a>(
        &mut self,
        files: impl Iterator<Item = (u32, &'a Listed)>,
    ) -> io::Result<()> {
        let mut question = Question::default();
        for (number, file) in files {
            self.recipe(number, file, &mut question)?;
        }
        self.put(&mut question)
    }

    fn recipe<'a>(
        &mut self,
        number: u32,
        listed: &'a Listed,
        question: &mut Question<'a>,
    ) -> io::Result<()> {
        let Some((before, file)) = self.open(listed) else { return Ok(()) };
        let (mut hash, mut offset, mut first) = (blake3::Hasher::new(), 0, true);
        let size = u64::try_from(before.st_size).unwrap_or(0);
        for chunk in chunk::cut((&file).take(size)) {
            let (id, bytes) = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    let path = listed.path.display();
                    self.faults.add(format!("{path}: {error}; it is not copied"));
                    // Without its end the file is dropped; what is named of it is of no use.
                    self.piece(number, question, first, None)?;
                    return self.put_if_full(question);
                }
            };
            hash.update(&bytes);
            question.named.push(Named { file: listed, offset, id });
            question.chunks.push(id);
            offset += u64::from(id.length);
            if question.named.len() == CHUNKS_MAX {
                self.piece(number, question, first, None)?;
                first = false;
                self.put(question)?;
            }
        }
        self.has_changed(listed, &before, &file);
        let whole = Whole { bytes: offset, hash: *hash.finalize().as_bytes() };
        self.piece(number, question, first, Some(whole))?;
        self.put_if_full(question)
    }

    fn put_if_full(&mut self, question: &mut Question<'_>) -> io::Result<()> {
        if question.pieces == PIECES_MAX { self.put(question) } else { Ok(()) }
    }

    fn piece(
        &mut self,
        file: u32,
        question: &mut Question<'_>,
        first: bool,
        last: Option<Whole>,
    ) -> io::Result<()> {
        question.pieces += 1;
        let chunks = std::mem::take(&mut question.chunks);
        self.to.recipe(&Piece { file, first, last, chunks })
    }

    /// Asks, and sends what is lacked.
    fn put(&mut self, question: &mut Question<'_>) -> io::Result<()> {
        if question.pieces == 0 {
            return Ok(());
        }
        let Question { named, .. } = std::mem::take(question);
        self.answers.ask(named.len(), answer::WANTED)?;
        self.to.ask()?;
        let wanted = self.answers.answer()?;
        let mut open: Option<(&Listed, Option<File>)> = None;
        for (number, (chunk, digit)) in (0u32..).zip(named.iter().zip(&wanted)) {
            if *digit == answer::WANTED {
                if open.as_ref().is_none_or(|(file, _)| !std::ptr::eq(*file, chunk.file)) {
                    open = Some((chunk.file, self.open(chunk.file).map(|(_, file)| file)));
                }
                if let Some(file) = open.as_ref().and_then(|(_, file)| file.as_ref()) {
                    self.one_chunk(number, chunk, file)?;
                }
            }
            self.bar.inc(u64::from(chunk.id.length));
        }
        self.to.given()
    }

    /// A chunk that has become another is not sent: whoever lacks it has no such file.
    fn one_chunk(&mut self, number: u32, chunk: &Named<'_>, file: &File) -> io::Result<()> {
        let mut bytes = vec![0; chunk.id.length as usize];
        let read = file.read_exact_at(&mut bytes, chunk.offset);
        if read.is_ok() && ChunkId::of(&bytes) == chunk.id {
            return self.to.chunk(number, &bytes);
        }
        self.faults.add(format!("{}: changed while it was copied", chunk.file.path.display()));
        Ok(())
    }
}
