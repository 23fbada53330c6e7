//! `cargo xtask tidy`: the rules of the house as a program. One check a file, named for
//! what it refuses; `checks.rs` is their table.
//!
//! Not a linter for Rust (clippy is) nor a formatter. Called by `main.rs` and by `ci`.

mod allow;
mod checks;
mod command_example;
mod commented_code;
mod control_chars;
mod crate_edges;
mod dead_files;
mod docs_linked;
mod excuses;
mod file_length;
mod finding;
mod forks;
mod function_length;
mod head_comment;
mod leftovers;
mod lexer;
mod licences;
mod limits_home;
mod line_length;
mod mod_length;
mod module_names;
mod prints;
mod pure_crates;
mod report;
mod sleeps;
mod sockets;
mod source;
mod tree;
mod unbounded;
mod uses;

pub use report::main;
