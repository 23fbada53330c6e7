//! What must hold, one property a file. A check says what is wrong; it changes nothing.

pub mod barriers;
pub mod bridged;
pub mod bytes;
pub mod collectives;
pub mod contexts;
pub mod death;
pub mod ends;
pub mod exits;
pub mod fifo;
pub mod kept;
pub mod leaks;
pub mod limits;
pub mod lives;
pub mod mailbox;
pub mod members;
pub mod reaped;
pub mod refusals;
pub mod replies;
pub mod stdin;
pub mod told;
pub mod truth;
pub mod waits;
pub mod window;

use std::fmt;

/// A property that did not hold, and how.
#[derive(Clone, Debug)]
pub struct Violation {
    pub check: &'static str,
    pub at_us: u64,
    pub what: String,
}

/// What a check answers.
pub type Held = Result<(), String>;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, us) = (self.at_us / 1_000_000, self.at_us % 1_000_000);
        write!(f, "{}: {} (at {s}.{us:06} s)", self.check, self.what)
    }
}
