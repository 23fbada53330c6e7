//! Host files of all forms, and the guess which form it is.

use super::hostset::total;
use super::{Target, seen};

pub(super) const TARGET: Target = Target {
    name: "host_file",
    says: "host files of five forms",
    run,
    corpus: include_str!("../../corpus/host_file.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let found = total::file(&String::from_utf8_lossy(bytes));
    let rough = |number: &usize| number.checked_ilog2();
    seen(found.iter().map(|(hosts, errors)| (rough(hosts), rough(errors))).collect::<Vec<_>>())
}
