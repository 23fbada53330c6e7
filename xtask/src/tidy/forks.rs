//! Programs are started at few places, so that there are few to look at for what may be left
//! running.
//!
//! A `Command` of another crate is not one of std: a call counts where std's or tokio's is within
//! reach. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::{Source, has_word};
use super::tree::Tree;
use super::uses::{imports, mentions};

pub const CHECK: Check = Check {
    name: "forks",
    why: "only daemon, cli and what starts a daemon start programs",
    fix: "build the command line here and let the daemon start it",
    run,
};

/// A folder or a file, and why it may.
const MAY: [(&str, &str); 3] = [
    ("crates/daemon/src/", "processes are what it is for"),
    ("crates/cli/src/", "the local stages of a pipe, the user's own sources of groups"),
    ("crates/posse/src/vm/start.rs", "a program that uses the library has no other starter"),
];

const PATHS: [&str; 2] = ["std::process::Command", "tokio::process"];

/// With one of these in scope, `Command` is or may be a program to start.
const IN_SCOPE: [&str; 2] = ["std::process", "std::process::*"];

const BUILDER: &str = "Command::new(";

const CALLS: [&str; 4] = ["fork(", "vfork(", "posix_spawn(", "execve("];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust() {
        let may = MAY.iter().any(|(place, _reason)| source.path.starts_with(place));
        if may || source.crate_name().is_none() {
            continue;
        }
        let named = mentions(source, &PATHS).into_iter();
        found.extend(named.map(|(n, path)| Finding::new(&source.path, n, format!("names {path}"))));
        let builder = has_command(source).then_some(&BUILDER);
        for (line, code) in source.product_code() {
            if let Some(call) = CALLS.iter().chain(builder).find(|call| has_word(code, call)) {
                found.push(Finding::new(&source.path, line, format!("calls {call})")));
            }
        }
    }
    found
}

fn has_command(source: &Source) -> bool {
    let mut paths = imports(source).into_iter().map(|(_, path)| path);
    paths.any(|path| {
        IN_SCOPE.contains(&path.as_str()) || PATHS.iter().any(|known| path.starts_with(known))
    })
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
        assert!(places(&CHECK, &[("crates/posse/src/vm/start.rs", text)]).is_empty());
        assert!(places(&CHECK, &[("crates/net/tests/a.rs", text)]).is_empty());
    }

    #[test]
    fn another_command_is_no_program() {
        let own = "use super::Command;\nuse std::process::ExitStatus;\nfn a() { Command::new() }\n";
        assert!(places(&CHECK, &[("crates/posse/src/a.rs", own)]).is_empty());
        let path = "fn a() { std::process::Command::new(x) }\n";
        assert_eq!(places(&CHECK, &[("crates/posse/src/a.rs", path)]), ["crates/posse/src/a.rs:1"]);
        for scope in ["std::process", "std::process::*", "std::{io, process}", "tokio::process"] {
            let text = format!("use {scope};\n\nfn a() {{ process::Command::new(x) }}\n");
            let found = places(&CHECK, &[("crates/posse/src/a.rs", &text)]);
            assert!(found.contains(&"crates/posse/src/a.rs:3".to_owned()), "{scope}: {found:?}");
        }
    }
}
