//! Which record may follow which: lists, questions, contents. Pure. Called by `decode.rs`, so that
//! who takes the records need not think of any other order.

use crate::entry::Entry;
use crate::limits::{BATCH_MAX, CHUNKS_MAX, DEPTH_MAX, PIECES_MAX};
use crate::piece::Piece;
use crate::record::{Kind, Malformed};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come but talk.
    Start,
    /// Entries come.
    List,
    /// Files of the batch come.
    Contents,
    File,
    Recipes,
    Chunks,
    Ended,
}

pub(crate) struct Order {
    phase: Phase,
    /// Open directories; of each the last name that was listed in it.
    levels: Vec<Vec<u8>>,
    /// Entries and ends of directories since the last settlement.
    listed: usize,
    files: u32,
    pieces: usize,
    chunks: usize,
    /// The file whose recipe goes on.
    unfinished: Option<u32>,
}

impl Default for Order {
    fn default() -> Order {
        Order {
            phase: Phase::Start,
            levels: Vec::new(),
            listed: 0,
            files: 0,
            pieces: 0,
            chunks: 0,
            unfinished: None,
        }
    }
}

impl Order {
    pub(crate) fn asks_for_chunks(&self) -> bool {
        self.phase == Phase::Chunks
    }

    /// Whether such a record may come now; goes on to what it begins.
    pub(crate) fn next(&mut self, kind: Kind) -> Result<(), Malformed> {
        use Phase::{Chunks, Contents, Ended, File, List, Recipes, Start};
        let depth = self.levels.len();
        self.phase = match (self.phase, kind) {
            (Ended, _) => return Err(Malformed("more after the end")),
            (Start, Kind::Control) => Start,
            (Start, Kind::Root) => List,
            (Start | List, Kind::Directory) if depth >= DEPTH_MAX => {
                return Err(Malformed("too many directories"));
            }
            (Start | List, Kind::Leave) if depth == 0 => {
                return Err(Malformed("one directory too few"));
            }
            (Start | List, Kind::File | Kind::Directory | Kind::Link | Kind::Leave) => List,
            (List, Kind::Ask) => Contents,
            (Contents, Kind::Content) => File,
            (File, Kind::Data) => File,
            (File, Kind::Close) => Contents,
            (Contents | Recipes, Kind::Recipe) => Recipes,
            (Recipes, Kind::Ask) => Chunks,
            (Chunks, Kind::Chunk) => Chunks,
            (Chunks, Kind::Given) => Contents,
            (Contents, Kind::Settle) => List,
            (Start | List, Kind::End) if depth > 0 => {
                return Err(Malformed("a directory without an end"));
            }
            (Start | List, Kind::End) if self.listed == 0 => Ended,
            _ => return Err(Malformed("a record out of its order")),
        };
        match kind {
            Kind::Root | Kind::File | Kind::Directory | Kind::Link | Kind::Leave => {
                self.listed += 1;
                if self.listed > BATCH_MAX {
                    return Err(Malformed("a batch that is too large"));
                }
            }
            Kind::Settle => (self.listed, self.files, self.unfinished) = (0, 0, None),
            Kind::Given => (self.pieces, self.chunks) = (0, 0),
            _ => {}
        }
        Ok(())
    }

    /// Names in a directory grow, so that none comes twice.
    pub(crate) fn entry(&mut self, entry: &Entry) -> Result<(), Malformed> {
        if let Some(last) = self.levels.last_mut() {
            if *last >= entry.name {
                return Err(Malformed("names that are not in their order"));
            }
            last.clone_from(&entry.name);
        }
        match entry.kind {
            Kind::Root | Kind::Directory => self.levels.push(Vec::new()),
            Kind::File => self.files += 1,
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.levels.pop();
    }

    pub(crate) fn file(&self, file: u32) -> Result<u32, Malformed> {
        if file < self.files { Ok(file) } else { Err(Malformed("a file that was not listed")) }
    }

    pub(crate) fn piece(&mut self, piece: &Piece) -> Result<(), Malformed> {
        self.file(piece.file)?;
        if !piece.first && self.unfinished != Some(piece.file) {
            return Err(Malformed("a recipe without its beginning"));
        }
        self.unfinished = piece.last.is_none().then_some(piece.file);
        self.pieces += 1;
        self.chunks += piece.chunks.len();
        let fits = self.pieces <= PIECES_MAX && self.chunks <= CHUNKS_MAX;
        if fits { Ok(()) } else { Err(Malformed("too many recipes at once")) }
    }
}
