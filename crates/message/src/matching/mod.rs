//! Which message meets which receive. A pure structure: it sees envelopes, wants and the handles
//! that its user gave them, and returns at most one match, by value.
//!
//! - `table`: the queue of arrived messages, the queue of posted receives, the standing ones
//! - `index`: a queue that is found by keys
//! - `bins`: lists in the order of arrival, one for each key
//! - `key`: the keys of an envelope and of a want
//!
//! Called by `engine`.

mod bins;
mod index;
mod key;
mod table;

pub use index::Place;
pub use table::{Arrival, Posting, Table};
