//! What tasks print on hosts, as values of their results: bounded, and the same however it comes.

use posse_work::limits::{PRINTED_TEXT_BYTES_MAX, PRINTED_VALUES_MAX};
use posse_work::results::Table;
use posse_work::values::Printed;

use super::{Target, pieces, seen};

pub(super) const TARGET: Target = Target {
    name: "printed",
    says: "values that a task prints",
    run,
    corpus: include_str!("../../corpus/printed.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let mut whole = Printed::default();
    whole.push(bytes);
    let mut cut = Printed::default();
    pieces(bytes).for_each(|piece| cut.push(piece));
    let values = whole.finish();
    assert_eq!(values, cut.finish(), "a cut made a difference");
    assert!(values.len() <= PRINTED_VALUES_MAX);
    assert!(values.values().all(|cell| cell.text().len() <= PRINTED_TEXT_BYTES_MAX));
    let numbers = values.values().filter(|cell| cell.number().is_some()).count();
    let count = values.len();
    let (columns, row) = values.into_iter().unzip();
    let table = Table { columns, rows: vec![row] };
    assert_eq!(table.json_lines().lines().count(), 1, "a value broke its line");
    seen((count, numbers, table.csv(',').lines().count()))
}
