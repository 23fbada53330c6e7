//! Hostsets, from command lines, groups and masks.

use super::{Target, seen};

#[path = "../../../../crates/hostset/tests/total/mod.rs"]
pub(super) mod total;

pub(super) const TARGET: Target = Target {
    name: "hostset",
    says: "the grammar of hostsets",
    run,
    corpus: include_str!("../../corpus/hostset.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let found = total::expression(&text);
    seen(found.map(|count| count.checked_ilog2()).map_err(|column| column.min(40)))
}
