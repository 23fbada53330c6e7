//! The corpus of every target, and some thousand changes of it that are always the same.
//! More: `cargo xtask fuzz SECONDS`.

use posse_fuzz::{Fuzzer, TARGETS, parse};

const CHANGES: usize = 3_000;

#[test]
fn the_corpus_and_its_neighbours_are_survived() {
    for target in TARGETS {
        let mut fuzzer = Fuzzer::start(target, 1).unwrap_or_else(|finding| panic!("{finding}"));
        for _ in 0..CHANGES {
            fuzzer.step().unwrap_or_else(|finding| panic!("{finding}"));
        }
        assert!(fuzzer.kinds() > parse(target.corpus).len() / 3, "{} sees nothing", target.name);
    }
}
