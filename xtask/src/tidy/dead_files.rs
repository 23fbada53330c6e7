//! Every Rust file is part of something: cargo builds it itself, or a `mod` names it.
//!
//! Called by `mod.rs`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::finding::{Check, Finding};
use super::source::Source;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "dead-files",
    why: "a file that nothing names is not built",
    fix: "name it with `mod`, or remove it",
    run,
};

fn run(tree: &Tree) -> Vec<Finding> {
    let packages = tree.packages();
    let roots = packages.iter().flat_map(|(folder, package)| roots(folder, package));
    dead(tree, roots.collect())
}

/// What cargo builds of itself: libraries, programs, tests, examples, benches, build scripts.
fn roots(folder: &str, package: &Value) -> Vec<String> {
    let sources = package["targets"].as_array().into_iter().flatten();
    let mark = format!("/{folder}/");
    let below = |path: &str| path.rsplit_once(&mark).map(|(_, rest)| format!("{folder}/{rest}"));
    sources.filter_map(|target| below(target["src_path"].as_str()?)).collect()
}

fn dead(tree: &Tree, roots: Vec<String>) -> Vec<Finding> {
    let mut alive: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<(String, bool)> = roots.into_iter().map(|path| (path, true)).collect();
    while let Some((path, is_root)) = open.pop() {
        let Some(source) = tree.file(&path) else { continue };
        if alive.insert(path) {
            open.extend(children(source, is_root).into_iter().map(|child| (child, false)));
        }
    }
    // A workspace of its own (fuzz) is not in cargo's answer, nor are files below test data.
    let judged = tree.rust().filter(|s| !s.path.starts_with("fuzz/") && !s.path.contains("/data/"));
    let dead = judged.filter(|source| !alive.contains(&source.path));
    dead.map(|source| Finding::new(&source.path, 1, "is part of nothing")).collect()
}

/// The files that a file's `mod` lines may mean.
fn children(source: &Source, is_root: bool) -> Vec<String> {
    let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let own = if is_root || name == "mod.rs" {
        folder.to_owned()
    } else {
        format!("{folder}/{}", name.trim_end_matches(".rs"))
    };
    let mut found = vec![];
    for (n, code) in source.code.iter().enumerate() {
        let Some(module) = declared(code) else { continue };
        found.push(format!("{own}/{module}.rs"));
        found.push(format!("{own}/{module}/mod.rs"));
        let above = source.lines[n.saturating_sub(1)].trim();
        let named = above.strip_prefix("#[path = \"").and_then(|rest| rest.split('"').next());
        found.extend(named.map(|path| format!("{folder}/{path}")));
    }
    found
}

/// The name in `mod name;`, `pub mod name;`, `pub(crate) mod name;`.
fn declared(code: &str) -> Option<&str> {
    let (before, rest) = code.split_once("mod ")?;
    let before = before.trim();
    let name = rest.trim().strip_suffix(';')?;
    (before.is_empty() || before.starts_with("pub") || before.ends_with(']')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mod_names_is_alive() {
        let tree = Tree::sample(&[
            ("crates/a/src/lib.rs", "mod b;\npub mod c;\n"),
            ("crates/a/src/b.rs", "#[cfg(test)]\nmod d;\n"),
            ("crates/a/src/b/d.rs", ""),
            ("crates/a/src/c/mod.rs", "#[path = \"../x.rs\"]\nmod y;\n"),
            ("crates/a/src/e.rs", ""),
        ]);
        let found = dead(&tree, vec!["crates/a/src/lib.rs".to_owned()]);
        let paths: Vec<&str> = found.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["crates/a/src/e.rs"]);
    }

    #[test]
    fn roots_are_what_cargo_names() {
        let package = serde_json::json!({"targets": [{"src_path": "/w/crates/a/src/lib.rs"}]});
        assert_eq!(roots("crates/a", &package), ["crates/a/src/lib.rs"]);
    }
}
