//! Limits and timeouts live in files called `limits.rs`, each with its reason. In `wire::limits`
//! stands what a peer's numbers are checked against and what several crates share; what one crate
//! alone needs stands in its own.
//!
//! Goes by the constant's name. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::{Source, has_word};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "limits-home",
    why: "limits and timeouts stand in one place a crate, each with its reason",
    fix: "move it to the crate's limits.rs, or to wire's if crates share it or a peer is checked",
    run,
};

const WORDS: [&str; 6] = ["MAX", "LIMIT", "LIMITS", "TIMEOUT", "DEADLINE", "GRACE"];

fn run(tree: &Tree) -> Vec<Finding> {
    let outside = |source: &&Source| {
        source.crate_name().is_some_and(|name| name != "sim")
            && !source.path.ends_with("/limits.rs")
    };
    tree.rust().filter(outside).flat_map(look).collect()
}

fn look(source: &Source) -> Vec<Finding> {
    let mut found = vec![];
    for (line, code) in source.product_code() {
        let Some((_, rest)) = code.split_once("const ") else { continue };
        let Some((name, value)) = rest.split_once(':') else { continue };
        let is_limit = name.trim().split('_').any(|word| WORDS.contains(&word));
        // Named after one of theirs is no number of its own.
        if is_limit && !has_word(value, "limits") && has_word(code, "const") {
            let what = format!("defines {}", name.trim());
            found.push(Finding::new(&source.path, line, what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn limits_are_found_outside_their_home() {
        let text = "const FRAME_MAX: usize = 1;\nconst MAXIMAL: u8 = 1;\n\
                    const B_MAX: usize = limits::FRAME_MAX;\n";
        let files = [
            ("crates/net/src/a.rs", text),
            ("crates/net/src/limits.rs", text),
            ("crates/daemon/src/process/limits.rs", text),
            ("crates/wire/src/limits.rs", text),
        ];
        assert_eq!(places(&CHECK, &files), ["crates/net/src/a.rs:1"]);
    }
}
