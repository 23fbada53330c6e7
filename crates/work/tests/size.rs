//! What a million tasks cost while they are only described: their columns, not their number.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::System;

use cap::Cap;
use posse_work::{Combine, lines::Lines, sweep};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

#[test]
fn a_million_tasks_cost_their_columns() {
    let none = |_: &str| Err("no files".to_owned());
    let before = MEMORY.allocated();
    let parameters = ["a=1..1000".to_owned(), "b=0..0.999:0.001".to_owned()];
    let (batch, _) =
        sweep::batch(&parameters, Combine::Product, "x {a} {b}", &mut { none }).unwrap();
    let swept = MEMORY.allocated() - before;
    assert_eq!(batch.len(), 1_000_000);
    assert!(swept < 4096, "{swept} bytes for a sweep of two ranges");

    let text: String = (0..1_000_000).map(|n| format!("./sim --number {n:07}\n")).collect();
    let before = MEMORY.allocated();
    let mut lines = Lines::default();
    let batch = lines.push(text.as_bytes()).unwrap().unwrap();
    let each = (MEMORY.allocated() - before) / 1_000_000;
    assert_eq!(batch.command_line(999_999), "./sim --number 0999999");
    // The line's 22 bytes, its end, and what a growing vector has spare.
    assert!(each < 64, "{each} bytes for a line");
}
