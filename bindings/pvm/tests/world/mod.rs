//! A vm for tests: its tasks are threads of one process, its programs are Rust functions.
//!
//! Follows the words of `Machine` to the letter, so that what is tested over it holds over the
//! real one too; nothing here is fast, and every wait has a deadline that fails the test.

mod machine;
mod mail;
mod members;
mod shared;

pub use shared::{World, soon};
