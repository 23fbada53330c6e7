//! Permits to spin: as many of a host's processes as it has usable cores, and no more.
//!
//! For: a wait that ends within a microsecond where a core is to spare, and that takes nobody's
//! core where none is. Not for: what is waited for. The page is made by the host's daemon and
//! mapped by every process.

mod slots;

#[cfg(not(loom))]
mod page;
#[cfg(not(loom))]
mod spinner;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod permit_tests;

#[cfg(not(loom))]
pub use page::{Parts, Permits, usable_cores};
pub use slots::{Owner, Permit};
#[cfg(not(loom))]
pub use spinner::{Spinner, Spun};
