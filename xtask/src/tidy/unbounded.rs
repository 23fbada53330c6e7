//! Every queue has a bound: a channel without one hides a full memory until it is too late.
//!
//! Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::has_word;
use super::tree::Tree;
use super::uses::imports;

pub const CHECK: Check = Check {
    name: "unbounded",
    why: "every queue has a bound and a policy when full",
    fix: "give it a bound from limits.rs and say what happens when it is full",
    run,
};

const CALLS: [&str; 7] = [
    "unbounded_channel(",
    "unbounded_channel::<",
    "unbounded(",
    "unbounded::<",
    "UnboundedSender",
    "mpsc::channel()",
    "mpsc::channel::<",
];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut found = vec![];
    for source in tree.rust() {
        let imported = imports(source).iter().any(|(_, path)| path == "std::sync::mpsc::channel");
        for (line, code) in source.product_code() {
            let bare = imported && has_word(code, "channel()");
            let call = CALLS.iter().find(|call| has_word(code, call) && is_empty(code, call));
            if bare || call.is_some() {
                found.push(Finding::new(&source.path, line, "makes a queue without a bound"));
            }
        }
    }
    found
}

/// `mpsc::channel::<T>(8)` is tokio's and bounded; `mpsc::channel::<T>()` is std's and is not.
fn is_empty(code: &str, call: &str) -> bool {
    call != "mpsc::channel::<" || code.contains(">()")
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn boundless_queues_are_found() {
        let text = "fn a() {\n mpsc::channel(8);\n mpsc::channel::<u8>();\n oneshot::channel();\n \
                    mpsc::unbounded_channel();\n mpsc::channel::<u8>(8);\n}\n";
        let found = places(&CHECK, &[("crates/daemon/src/a.rs", text)]);
        assert_eq!(found, ["crates/daemon/src/a.rs:3", "crates/daemon/src/a.rs:5"]);
        let text = "use std::sync::mpsc::{channel, Sender};\nfn a() { channel() }\n";
        assert_eq!(places(&CHECK, &[("crates/a/src/a.rs", text)]), ["crates/a/src/a.rs:2"]);
    }
}
