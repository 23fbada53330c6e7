//! Whoever silences a lint says why, there: clippy refuses `unwrap` and `unsafe`, this check
//! refuses silent exceptions from that.
//!
//! Tests may silence what they like. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::Source;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "excuses",
    why: "an unwrap that can not fail must say so, and unsafe why it is sound",
    fix: "add `reason = \"..\"` to the attribute or a comment above it, or return an error",
    run,
};

const LINTS: [&str; 5] =
    ["clippy::unwrap_used", "clippy::expect_used", "unsafe_code", "clippy::panic", "dead_code"];

fn run(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(look).collect()
}

fn look(source: &Source) -> Vec<Finding> {
    let mut found = vec![];
    for (number, code) in source.product_code() {
        let silences = code.contains("allow(") || code.contains("expect(clippy");
        let Some(lint) = LINTS.iter().find(|lint| code.contains(*lint)) else { continue };
        // `cfg_attr(test, ..)` is for tests; the reason may follow on the next lines.
        if !silences || code.contains("cfg_attr(test") || !code.contains("#") {
            continue;
        }
        let last = source.block_end(number - 1).min(number + 2);
        let has_reason = (number - 1..=last.min(source.code.len() - 1))
            .any(|n| source.code[n].contains("reason ="));
        let has_comment = [number.saturating_sub(2), number - 1]
            .iter()
            .any(|n| source.comments[*n].contains("// ") || source.comments[*n].contains("//!"));
        if !has_reason && !has_comment {
            let what = format!("silences {lint} without a reason");
            found.push(Finding::new(&source.path, number, what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn a_reason_is_asked_for() {
        let text = "#[allow(clippy::unwrap_used)]\nfn a() {}\n\
                    // The length was checked above.\n#[allow(clippy::unwrap_used)]\nfn b() {}\n\
                    #[allow(unsafe_code, reason = \"the kernel's own\")]\nfn c() {}\n";
        assert_eq!(places(&CHECK, &[("crates/a/src/a.rs", text)]), ["crates/a/src/a.rs:1"]);
        assert!(places(&CHECK, &[("crates/a/tests/a.rs", text)]).is_empty());
    }
}
