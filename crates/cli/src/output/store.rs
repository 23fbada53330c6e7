//! Many growing texts in bounded memory: what does not fit goes to the spill file, longest first.
//! Knows neither hosts nor streams. Called by `group.rs` and `prefixes.rs`.

use super::limits::{BLOCK_BYTES, STORE_HELD_BYTES_MAX};
use super::spill::{Spill, Spilling};
use std::io;

/// One text of a [`Store`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TextId(usize);

pub struct Store {
    texts: Vec<Text>,
    free: Vec<TextId>,
    spill: Spill,
    /// Bytes of memory behind all texts, and the most there ever were.
    held: usize,
    peak: usize,
    bound: usize,
}

/// First its extents in the file, then its blocks in memory; all blocks but the last are full.
#[derive(Default)]
struct Text {
    extents: Vec<Extent>,
    spilled: u64,
    blocks: Vec<Vec<u8>>,
    length: u64,
    held: usize,
}

struct Extent {
    /// Within the text.
    start: u64,
    length: u64,
    /// Within the file.
    place: u64,
}

impl Store {
    pub fn new(spilling: Spilling) -> Store {
        Store::bounded(spilling, STORE_HELD_BYTES_MAX)
    }

    /// Holds at most `bound` bytes and one block more.
    pub fn bounded(spilling: Spilling, bound: usize) -> Store {
        let spill = Spill::new(spilling);
        Store { texts: vec![], free: vec![], spill, held: 0, peak: 0, bound }
    }

    pub fn create(&mut self) -> TextId {
        self.free.pop().unwrap_or_else(|| {
            self.texts.push(Text::default());
            TextId(self.texts.len() - 1)
        })
    }

    pub fn length(&self, id: TextId) -> u64 {
        self.texts[id.0].length
    }

    /// What all texts hold in memory now.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.held
    }

    /// What they held at most.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// Up to a block is taken wholly or, if the disk fails, not at all.
    pub fn append(&mut self, id: TextId, bytes: &[u8]) -> io::Result<()> {
        for mut piece in bytes.chunks(BLOCK_BYTES) {
            if self.held + piece.len() > self.bound {
                self.make_room()?;
            }
            while !piece.is_empty() {
                let (taken, grown) = self.texts[id.0].fill(piece);
                self.held += grown;
                piece = &piece[taken..];
            }
            self.peak = self.peak.max(self.held);
        }
        Ok(())
    }

    /// Some bytes from `offset` on, as many as are at hand in one piece; 0 at the end only.
    pub fn read(&self, id: TextId, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let text = &self.texts[id.0];
        if offset >= text.spilled {
            let there = text.in_memory(offset);
            let count = there.len().min(into.len());
            into[..count].copy_from_slice(&there[..count]);
            return Ok(count);
        }
        let next = text.extents.partition_point(|extent| extent.start <= offset);
        let extent = &text.extents[next - 1];
        let inside = offset - extent.start;
        let count = (extent.length - inside).min(into.len() as u64) as usize;
        self.spill.read(extent.place + inside, &mut into[..count])?;
        Ok(count)
    }

    /// How many of `bytes` stand there from `offset` on.
    pub fn matching(&self, id: TextId, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let text = &self.texts[id.0];
        let mut same = 0;
        let mut spilled = vec![];
        while same < bytes.len() {
            let at = offset + same as u64;
            let rest = &bytes[same..];
            let there = if at >= text.spilled {
                text.in_memory(at)
            } else {
                spilled.resize(rest.len().min(BLOCK_BYTES), 0);
                let count = self.read(id, at, &mut spilled)?;
                &spilled[..count]
            };
            let pairs = there.iter().zip(rest);
            let count = there.len().min(rest.len());
            // Equal pieces are the common case, and comparing them whole is many times faster.
            let equal = match there[..count] == rest[..count] {
                true => count,
                false => pairs.take_while(|(a, b)| a == b).count(),
            };
            same += equal;
            if equal < count || count == 0 {
                break;
            }
        }
        Ok(same)
    }

    /// Hands `from..to` over in pieces.
    pub fn copy(
        &self,
        id: TextId,
        mut from: u64,
        to: u64,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut piece = vec![0; BLOCK_BYTES.min(to.saturating_sub(from) as usize)];
        while from < to {
            let wanted = piece.len().min((to - from) as usize);
            let count = self.read(id, from, &mut piece[..wanted])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            each(&piece[..count])?;
            from += count as u64;
        }
        Ok(())
    }

    /// Forgets the text; its id may be given to another.
    pub fn release(&mut self, id: TextId) {
        let text = std::mem::take(&mut self.texts[id.0]);
        self.held -= text.held;
        for extent in text.extents {
            self.spill.free(extent.place, extent.length);
        }
        self.free.push(id);
    }

    /// Frees half of the bound, so that the next ones need not look again.
    fn make_room(&mut self) -> io::Result<()> {
        let texts = self.texts.iter().enumerate();
        let mut longest: Vec<(usize, usize)> =
            texts.filter(|(_, text)| text.held > 0).map(|(at, text)| (text.held, at)).collect();
        longest.sort_unstable_by(|a, b| b.cmp(a));
        for (_, at) in longest {
            if self.held <= self.bound / 2 {
                break;
            }
            let text = &mut self.texts[at];
            let place = self.spill.write(&text.blocks)?;
            self.held -= text.spill_to(place);
        }
        Ok(())
    }
}

impl Text {
    /// Takes what the last block has room for: how much that was, and how much memory grew.
    fn fill(&mut self, bytes: &[u8]) -> (usize, usize) {
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK_BYTES) {
            self.blocks.push(vec![]);
        }
        let Some(block) = self.blocks.last_mut() else { return (0, 0) };
        let taken = bytes.len().min(BLOCK_BYTES - block.len());
        let before = block.capacity();
        let length = block.len() + taken;
        if length > before {
            let wanted = length.next_power_of_two().clamp(32, BLOCK_BYTES);
            block.reserve_exact(wanted - block.len());
        }
        block.extend_from_slice(&bytes[..taken]);
        let grown = block.capacity() - before;
        self.length += taken as u64;
        self.held += grown;
        (taken, grown)
    }

    fn in_memory(&self, offset: u64) -> &[u8] {
        let inside = (offset - self.spilled) as usize;
        let block = self.blocks.get(inside / BLOCK_BYTES).map_or(&[][..], |block| block);
        block.get(inside % BLOCK_BYTES..).unwrap_or_default()
    }

    /// All its blocks now stand in the file; the memory that is free again.
    fn spill_to(&mut self, place: u64) -> usize {
        let length = self.length - self.spilled;
        let last = self.extents.last_mut();
        match last.filter(|extent| extent.place + extent.length == place) {
            Some(extent) => extent.length += length,
            None => self.extents.push(Extent { start: self.spilled, length, place }),
        }
        self.spilled = self.length;
        self.blocks = vec![];
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(store: &Store, id: TextId) -> Vec<u8> {
        let mut all = vec![];
        let mut each = |piece: &[u8]| {
            all.extend_from_slice(piece);
            Ok(())
        };
        store.copy(id, 0, store.length(id), &mut each).unwrap();
        all
    }

    #[test]
    fn small_texts_stay_in_memory() {
        let mut store = Store::new(Spilling { folders: vec![], bytes: 0 });
        let (a, b) = (store.create(), store.create());
        store.append(a, b"abc").unwrap();
        store.append(b, b"x").unwrap();
        store.append(a, b"def").unwrap();
        assert_eq!((text(&store, a), text(&store, b)), (b"abcdef".to_vec(), b"x".to_vec()));
        assert_eq!(store.matching(a, 2, b"cdxx").unwrap(), 2);
        assert_eq!(store.matching(a, 4, b"efgh").unwrap(), 2);
        store.release(a);
        assert_eq!(store.held(), 32);
        assert_eq!(store.create(), a);
        assert_eq!(store.length(a), 0);
    }

    #[test]
    fn a_failing_disk_loses_nothing() {
        let spilling = Spilling { folders: vec!["/nonexistent/posse".into()], bytes: 1 << 30 };
        let mut store = Store::bounded(spilling, 1000);
        let id = store.create();
        store.append(id, &[b'a'; 900]).unwrap();
        assert!(store.append(id, &[b'b'; 900]).is_err());
        assert_eq!(text(&store, id), [b'a'; 900]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn texts_are_exact_and_memory_is_bounded(
            appends in proptest::collection::vec((0usize..4, 0usize..90_000), 1..40),
        ) {
            let bound = 300_000;
            let mut store = Store::bounded(Spilling::default(), bound);
            let ids: Vec<TextId> = (0..4).map(|_| store.create()).collect();
            let mut want = vec![vec![]; 4];
            for (turn, (which, length)) in appends.into_iter().enumerate() {
                let bytes: Vec<u8> = (0..length).map(|at| (at * 7 + turn) as u8).collect();
                store.append(ids[which], &bytes).unwrap();
                want[which].extend_from_slice(&bytes);
            }
            prop_assert!(store.peak() <= bound + BLOCK_BYTES, "{}", store.peak());
            for (id, want) in ids.iter().zip(&want) {
                prop_assert_eq!(&text(&store, *id), want);
                let mut longer = want.clone();
                longer.push(1);
                prop_assert_eq!(store.matching(*id, 0, &longer).unwrap(), want.len());
                if want.len() > 3 {
                    longer[want.len() / 2] ^= 1;
                    prop_assert_eq!(store.matching(*id, 0, &longer).unwrap(), want.len() / 2);
                }
                store.release(*id);
            }
            prop_assert_eq!(store.held(), 0);
        }
    }
}
