//! GNU parallel's command line as a face of the farm: what a user's line means as batches, and
//! how it is to be run. The rules are those of GNU parallel 20221122, checked against it. Not
//! here: running anything, and Perl (`{= =}`, `--rpl`). Called by `posse parallel`.

mod fill;
mod halt;
pub mod joblog;
mod known;
mod options;
pub mod pipe;
mod plan;
mod records;
pub mod results;
mod sources;
mod value;

pub use halt::{Halt, On, When};
pub use options::{Grouping, Jobs, Load, Options, Resume, TimeLimit, Trim};
pub use plan::{Facts, Plan, plan};

#[cfg(test)]
mod tests;
