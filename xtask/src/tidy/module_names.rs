//! A module is named for what it does. One that is named for being useful collects everything.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "module-names",
    why: "a module that is named for nothing collects everything",
    fix: "name it for what it does, or move each part to its user",
    run,
};

const EMPTY: [&str; 6] = ["utils", "util", "common", "misc", "helpers", "helper"];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust() {
        let parts = source.path.trim_end_matches(".rs").split('/');
        if let Some(part) = parts.into_iter().find(|part| EMPTY.contains(part)) {
            found.push(Finding::new(&source.path, 1, format!("stands in '{part}'")));
        }
        for (line, code) in source.all_code() {
            let inline = EMPTY.iter().find(|name| code.contains(&format!("mod {name} {{")));
            if let Some(name) = inline {
                found.push(Finding::new(&source.path, line, format!("opens module '{name}'")));
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
    fn empty_names_are_found() {
        let files = [
            ("crates/a/src/utils.rs", ""),
            ("crates/a/src/common/mod.rs", ""),
            ("crates/a/src/b.rs", "fn a() {}\nmod misc {\n}\n"),
            ("crates/a/src/utilities.rs", ""),
        ];
        let want =
            ["crates/a/src/utils.rs:1", "crates/a/src/common/mod.rs:1", "crates/a/src/b.rs:2"];
        assert_eq!(places(&CHECK, &files), want);
    }
}
