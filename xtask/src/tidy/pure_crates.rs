//! `hostset`, `wire`, `proto`, `control`, `message`, `farm`, `work` and `data` take time, entropy
//! and effects as values. That is what lets the simulator run a thousand hosts from one seed.
//!
//! Looks at names, so a trick can hide an effect from it; the simulator's repeated runs would
//! find that one. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::{Source, has_word};
use super::tree::Tree;
use super::uses::mentions;

pub const CHECK: Check = Check {
    name: "pure-crates",
    why: "the crates of values do no I/O, have no clock, chance or global",
    fix: "take the value from the caller, or hand the effect out as a value",
    run,
};

const PURE: [&str; 8] = ["hostset", "wire", "proto", "control", "message", "farm", "work", "data"];

const EFFECTS: [&str; 22] = [
    "std::fs",
    // Addresses are values; what opens them is not.
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::process",
    "std::thread",
    "std::env",
    "std::os",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime::now",
    "thread_local!",
    "tokio",
    "rustix",
    "libc",
    "rand",
    "getrandom",
    // Their order of iteration is drawn at random for each run.
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::collections::hash_map",
];

/// A `static` of one of these is a global that changes.
const CELLS: [&str; 6] = ["Mutex", "RwLock", "Atomic", "OnceLock", "LazyLock", "Cell"];

fn run(tree: &Tree) -> Vec<Finding> {
    let pure = |source: &&Source| source.crate_name().is_some_and(|name| PURE.contains(&name));
    tree.rust().filter(pure).flat_map(look).collect()
}

fn look(source: &Source) -> Vec<Finding> {
    let mut found: Vec<Finding> = mentions(source, &EFFECTS)
        .into_iter()
        .map(|(line, path)| Finding::new(&source.path, line, format!("names {path}")))
        .collect();
    for (line, code) in source.product_code() {
        if has_word(code, "static") && code.contains(": ") && CELLS.iter().any(|c| code.contains(c))
        {
            found.push(Finding::new(&source.path, line, "holds a global that changes"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn effects_are_found_in_pure_crates_alone() {
        let text = "use std::{collections::HashMap, io};\nfn a() { std::fs::read(b) }\n";
        let found =
            places(&CHECK, &[("crates/wire/src/a.rs", text), ("crates/net/src/a.rs", text)]);
        assert_eq!(found, ["crates/wire/src/a.rs:1", "crates/wire/src/a.rs:2"]);
    }

    #[test]
    fn tests_and_comments_may_name_them() {
        let text = "//! std::fs is not ours\n#[cfg(test)]\nmod tests {\n use std::fs;\n}\n";
        assert!(places(&CHECK, &[("crates/proto/src/a.rs", text)]).is_empty());
    }

    #[test]
    fn globals_are_found() {
        let text = "static N: AtomicU64 = AtomicU64::new(0);\nstatic NAME: &str = \"a\";\n";
        assert_eq!(places(&CHECK, &[("crates/proto/src/a.rs", text)]), ["crates/proto/src/a.rs:1"]);
    }
}
