//! `--pipe`: the standard input cut into blocks of whole records. The rules are GNU parallel's;
//! reading and handing the blocks out is the caller's.

use super::options::Options;
use crate::limits::RECORD_BYTES_MAX;
use crate::mistake::{Mistake, Result};

/// How the input is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Bytes that a block has about.
    block: usize,
    /// Records of a block, if it goes by number.
    records: Option<usize>,
    /// What ends a record, and what begins the next; either may be empty, not both.
    end: Vec<u8>,
    start: Vec<u8>,
    remove: bool,
    /// Lines that stand before each block.
    header_lines: usize,
}

/// A cutter at work. Bytes go in as they come, blocks come out.
#[derive(Clone, Debug)]
pub struct Cutter {
    split: Split,
    kept: Vec<u8>,
    header: Option<Vec<u8>>,
    /// Grows where a record is longer.
    block: usize,
}

impl Split {
    pub(super) fn of(options: &Options) -> Result<Split> {
        let bytes = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
        let none = options.recstart.is_none() && options.recend.is_none();
        let end = if none { b"\n".to_vec() } else { bytes(&options.recend) };
        let start = bytes(&options.recstart);
        if end.is_empty() && start.is_empty() {
            let mistake = Mistake::new("--recstart and --recend are empty");
            return Err(mistake.hint("say what ends a record, for instance --recend '\\n'"));
        }
        let header_lines = match options.header.as_deref() {
            None => 0,
            Some(":") => 1,
            Some(count) => count.parse().map_err(|_| {
                let mistake = Mistake::new(format!("--header `{count}` is not a number of lines"));
                mistake.hint("write --header : for one line")
            })?,
        };
        let fits = |count: u64| usize::try_from(count).unwrap_or(RECORD_BYTES_MAX);
        Ok(Split {
            block: fits(options.block).clamp(1, RECORD_BYTES_MAX),
            records: options.per_task.filter(|count| *count > 0).map(fits),
            end,
            start,
            remove: options.remove_separator,
            header_lines,
        })
    }

    /// Begins to cut.
    pub fn cutter(&self) -> Cutter {
        let header = (self.header_lines == 0).then(Vec::new);
        Cutter { split: self.clone(), kept: Vec::new(), header, block: self.block }
    }
}

impl Cutter {
    /// Takes bytes of the input; the blocks that are complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut blocks = Vec::new();
        loop {
            // It looks at whole blocks alone, so that blocks do not depend on how bytes came.
            let room = self.block - self.kept.len() % self.block;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.kept.extend_from_slice(now);
            bytes = later;
            if now.len() < room {
                return Ok(blocks);
            }
            if self.header.is_some() {
                self.cut(&mut blocks);
            } else {
                // What the header took is filled up before anything is cut.
                self.take_header();
            }
            if self.kept.len() >= RECORD_BYTES_MAX {
                let what = format!("a record is longer than {RECORD_BYTES_MAX} bytes");
                return Err(Mistake::new(what).hint("say by --recend what ends a record"));
            }
        }
    }

    /// The input is over: what is left.
    pub fn finish(mut self) -> Vec<Vec<u8>> {
        let mut blocks = Vec::new();
        self.take_header();
        if self.split.records.is_some() {
            self.cut(&mut blocks);
        }
        let rest = std::mem::take(&mut self.kept);
        if !rest.is_empty() {
            blocks.push(self.block_of(&rest));
        }
        blocks
    }

    /// Cuts whole records off what is kept.
    fn cut(&mut self, blocks: &mut Vec<Vec<u8>>) {
        let mut done = 0;
        while let Some(length) = self.whole(&self.kept[done..]) {
            blocks.push(self.block_of(&self.kept[done..done + length]));
            done += length;
        }
        self.kept.drain(..done);
        if done == 0 {
            // The record is longer than the block.
            self.block = (self.block * 13).div_ceil(10).saturating_add(1).min(RECORD_BYTES_MAX);
        }
    }

    /// How many bytes the next block takes, if it is whole.
    fn whole(&self, bytes: &[u8]) -> Option<usize> {
        match self.split.records {
            Some(count) => self.nth_end(bytes, count),
            None => self.last_end(bytes),
        }
    }

    fn block_of(&self, bytes: &[u8]) -> Vec<u8> {
        let Split { end, start, remove, .. } = &self.split;
        let mut bytes = bytes;
        if *remove {
            bytes = bytes.strip_prefix(start.as_slice()).unwrap_or(bytes);
            bytes = bytes.strip_suffix(end.as_slice()).unwrap_or(bytes);
        }
        let header = self.header.as_deref().unwrap_or(&[]);
        [header, bytes].concat()
    }

    /// Behind the last end of a record that another one begins after, as far as can be seen.
    fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        let mark = [self.split.end.as_slice(), self.split.start.as_slice()].concat();
        let windows = bytes.windows(mark.len()).rposition(|window| window == mark);
        // A beginning of the first record alone leaves nothing before it.
        windows.map(|at| at + self.split.end.len()).filter(|at| *at > 0)
    }

    /// Behind the end of record number `count`.
    fn nth_end(&self, bytes: &[u8], count: usize) -> Option<usize> {
        let mark = [self.split.end.as_slice(), self.split.start.as_slice()].concat();
        // An end at the very beginning ends nothing.
        let (mut at, mut found) = (1, 0);
        while let Some(next) = bytes.get(at..)?.windows(mark.len()).position(|w| w == mark) {
            at += next + 1;
            found += 1;
            if found == count {
                return Some(at - 1 + self.split.end.len());
            }
        }
        None
    }

    fn take_header(&mut self) {
        if self.header.is_some() {
            return;
        }
        let mut ends = self.kept.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        if let Some((at, _)) = ends.nth(self.split.header_lines - 1) {
            let rest = self.kept.split_off(at + 1);
            self.header = Some(std::mem::replace(&mut self.kept, rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(options: Options, input: &str, step: usize) -> Vec<String> {
        let mut cutter = Split::of(&options).unwrap().cutter();
        let mut blocks = Vec::new();
        for bytes in input.as_bytes().chunks(step) {
            blocks.extend(cutter.push(bytes).unwrap());
        }
        blocks.extend(cutter.finish());
        blocks.into_iter().map(|block| String::from_utf8(block).unwrap()).collect()
    }

    fn block(size: u64) -> Options {
        Options { block: size, ..Options::default() }
    }

    #[test]
    fn blocks_hold_whole_lines_however_bytes_come() {
        for step in [1, 3, 100] {
            let blocks = cut(block(8), "aaa\nbbb\nccc\nddddddddddddd\ne\n", step);
            assert_eq!(blocks.concat(), "aaa\nbbb\nccc\nddddddddddddd\ne\n");
            assert_eq!(blocks[0], "aaa\nbbb\n");
            assert!(blocks.iter().all(|block| block.ends_with('\n')), "{blocks:?}");
        }
        assert_eq!(cut(block(100), "no end", 2), ["no end"]);
        assert!(cut(block(100), "", 2).is_empty());
    }

    #[test]
    fn records_go_by_number_and_by_marks() {
        let two = Options { per_task: Some(2), ..block(4) };
        assert_eq!(cut(two, "a\nb\nc\nd\ne\n", 3), ["a\nb\n", "c\nd\n", "e\n"]);
        let start = Options { recstart: Some(">".to_owned()), per_task: Some(1), ..block(3) };
        assert_eq!(cut(start, ">a\n>bb\n>c", 2), [">a\n", ">bb\n", ">c"]);
        let removed = Options {
            recend: Some(";".to_owned()),
            remove_separator: true,
            per_task: Some(1),
            ..block(9)
        };
        assert_eq!(cut(removed, "a;b;c", 9), ["a", "b", "c"]);
    }

    #[test]
    fn a_header_stands_before_each_block() {
        let header = Options { header: Some(":".to_owned()), ..block(4) };
        assert_eq!(cut(header, "h\na\nb\nc\n", 5).concat().matches("h\n").count(), 2);
    }
}
