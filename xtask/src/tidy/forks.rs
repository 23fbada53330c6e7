//! Only `daemon` starts programs, and `cli` for the local stages of a pipe: one place to look for
//! what may be left running.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::has_word;
use super::tree::Tree;
use super::uses::mentions;

pub const CHECK: Check = Check {
    name: "forks",
    why: "only daemon and cli start programs",
    fix: "build the command line here and let the daemon start it",
    run,
};

const MAY: [&str; 2] = ["daemon", "cli"];

const PATHS: [&str; 2] = ["std::process::Command", "tokio::process"];

const CALLS: [&str; 5] = ["Command::new(", "fork(", "vfork(", "posix_spawn(", "execve("];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust() {
        if source.crate_name().is_none_or(|name| MAY.contains(&name)) {
            continue;
        }
        let named = mentions(source, &PATHS).into_iter();
        found.extend(named.map(|(n, path)| Finding::new(&source.path, n, format!("names {path}"))));
        for (line, code) in source.product_code() {
            if let Some(call) = CALLS.iter().find(|call| has_word(code, call)) {
                found.push(Finding::new(&source.path, line, format!("calls {call})")));
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
    fn starting_a_program_is_found_outside_daemon_and_cli() {
        let text = "use std::process::{Command, Stdio};\nfn a() { Command::new(x); }\n";
        let found = places(&CHECK, &[("crates/net/src/a.rs", text)]);
        assert_eq!(found, ["crates/net/src/a.rs:1", "crates/net/src/a.rs:2"]);
        assert!(places(&CHECK, &[("crates/daemon/src/a.rs", text)]).is_empty());
        assert!(places(&CHECK, &[("crates/net/tests/a.rs", text)]).is_empty());
    }
}
