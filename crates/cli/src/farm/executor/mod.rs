//! `posse executor`: for workflow managers. A request is a line of JSON on the standard input, its
//! answer a line on the standard output, in their order; described in
//! `docs/reference/executor.md`. Called by `commands/task/executor`.

mod request;
mod serve;
mod session;

pub use serve::main;
