//! The table of checks, in the order of the design's invariants, then of size and style.
//!
//! Called by `report.rs`, which runs them.

use super::finding::Check;
use super::{
    command_example, commented_code, control_chars, crate_edges, dead_files, docs_linked, excuses,
    file_length, forks, function_length, head_comment, leftovers, licences, limits_home,
    line_length, mod_length, module_names, prints, pure_crates, sleeps, sockets, unbounded,
};

/// A new one is a file beside this one, its `mod` line, and a line here.
pub const CHECKS: [&Check; 22] = [
    &crate_edges::CHECK,
    &pure_crates::CHECK,
    &sockets::CHECK,
    &forks::CHECK,
    &prints::CHECK,
    &limits_home::CHECK,
    &unbounded::CHECK,
    &file_length::CHECK,
    &function_length::CHECK,
    &line_length::CHECK,
    &mod_length::CHECK,
    &head_comment::CHECK,
    &module_names::CHECK,
    &dead_files::CHECK,
    &leftovers::CHECK,
    &commented_code::CHECK,
    &excuses::CHECK,
    &sleeps::CHECK,
    &control_chars::CHECK,
    &docs_linked::CHECK,
    &command_example::CHECK,
    &licences::CHECK,
];
