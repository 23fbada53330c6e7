//! Who should vote: a pure function from what is known of the hosts to the next change of
//! members. The leader's daemon asks it now and then and hands the answer to `consensus`.
//!
//! One host: it votes. Two: the second follows, since two voters are worse than one; it never
//! takes over by itself. Three and more: three vote, five of five and more.

mod change;
mod choose;
mod spread;

pub use change::{Change, Step};
pub use choose::{Facts, Next, next_change};
pub use spread::{Place, hangs_by, worst_loss};
