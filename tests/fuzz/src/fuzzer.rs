//! Runs a target over its corpus and over changes of it. An input that the target treats as none
//! before is kept, and changed further: that is what leads deeper than chance alone. A seed
//! determines everything. Called by `main.rs` and `tests/replay.rs`.

use crate::corpus::{Input, parse, print};
use crate::mutate::mutate;
use crate::shrink::shrink;
use crate::target::Target;
use crate::trial::trial;
use posse_sim::Chance;
use std::collections::BTreeSet;
use std::fmt;

/// Inputs kept at a time; beyond it a new one takes the place of another.
const KEPT_MAX: usize = 4_096;

pub struct Fuzzer {
    target: &'static Target,
    chance: Chance,
    corpus: Vec<Vec<u8>>,
    seen: BTreeSet<u64>,
    pub runs: u64,
}

/// An input that must not be so.
#[derive(Debug)]
pub struct Finding {
    pub target: &'static str,
    pub said: String,
    pub bytes: Vec<u8>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let input = Input { name: "found".to_owned(), bytes: self.bytes.clone() };
        writeln!(f, "{}: {}", self.target, self.said)?;
        writeln!(f, "the input, for tests/fuzz/corpus/{}.txt:", self.target)?;
        f.write_str(&print(&input))
    }
}

impl Fuzzer {
    /// The corpus itself, first of all.
    pub fn start(target: &'static Target, seed: u64) -> Result<Fuzzer, Finding> {
        let chance = Chance::new(seed);
        let (corpus, seen) = (Vec::new(), BTreeSet::new());
        let mut fuzzer = Fuzzer { target, chance, corpus, seen, runs: 0 };
        fuzzer.run(Vec::new())?;
        for input in parse(target.corpus) {
            fuzzer.run(input.bytes.clone())?;
            // Also where it is treated as another: somebody found it interesting.
            fuzzer.corpus.push(input.bytes);
        }
        Ok(fuzzer)
    }

    /// One change of one input.
    pub fn step(&mut self) -> Result<(), Finding> {
        let any = |chance: &mut Chance, count: usize| chance.below(count as u64) as usize;
        let input = &self.corpus[any(&mut self.chance, self.corpus.len())];
        let other = &self.corpus[any(&mut self.chance, self.corpus.len())];
        let changed = mutate(input, other, &mut self.chance);
        self.run(changed)
    }

    /// How many inputs were treated as none before.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.seen.len()
    }

    fn run(&mut self, bytes: Vec<u8>) -> Result<(), Finding> {
        self.runs += 1;
        let seen = trial(self.target, &bytes).map_err(|said| {
            let bytes = shrink(self.target, &bytes);
            let said = trial(self.target, &bytes).err().unwrap_or(said);
            Finding { target: self.target.name, said, bytes }
        })?;
        if !self.seen.insert(seen) {
            return Ok(());
        }
        if self.corpus.len() < KEPT_MAX {
            self.corpus.push(bytes);
        } else {
            let at = self.chance.below(KEPT_MAX as u64) as usize;
            self.corpus[at] = bytes;
        }
        Ok(())
    }
}
