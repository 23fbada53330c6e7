//! No test sleeps: it waits for a condition with a deadline, so that it is neither slow on a fast
//! machine nor wrong on a slow one.
//!
//! Commands that a test starts on hosts may sleep. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::has_word;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "sleeps",
    why: "a sleep in a test is slow here and wrong there",
    fix: "wait for the condition with a deadline, by the test bed's own waiting function",
    run,
};

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust() {
        for ((n, code), test) in source.code.iter().enumerate().zip(&source.test) {
            if *test && ["sleep(", "sleep_until("].iter().any(|call| has_word(code, call)) {
                found.push(Finding::new(&source.path, n + 1, "sleeps"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn sleeps_are_found_in_tests_alone() {
        let text = "fn a() { sleep(b) }\n#[cfg(test)]\nmod tests {\n    fn c() {\n        \
                    thread::sleep(d);\n        run(\"sleep(1)\");\n    }\n}\n";
        assert_eq!(places(&CHECK, &[("crates/a/src/a.rs", text)]), ["crates/a/src/a.rs:5"]);
    }
}
