//! A switch of our own for TCP: between a client and a server it delays, stalls, cuts and breaks
//! into single bytes, each direction by itself. Where a kernel has no netem, and for faults that
//! netem does not know. Not for lost packets: TCP would mend them. Called by cluster tests, and
//! by `NamespaceBed::switch`.

mod bend;
mod chance;
mod serve;

pub use bend::{Bend, Side};
pub use chance::Chance;
pub use serve::{Switch, To};
