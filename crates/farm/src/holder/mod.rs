//! The holder of jobs: it takes work, decides what runs where, accepts each result once.
//!
//! - `state`: the holder itself, what comes in and goes out
//! - `job/`: one job: its tasks, what is ready, what depends on what
//! - `needs`: distinct needs, and the queues of jobs behind each
//! - `host`: what is known of a host and what was handed to it
//! - `place/`: which task goes to which host
//! - `accept`, `lost`: attempts end, or are lost
//! - `attach`: a host comes, or comes back
//! - `requests`: what people ask
//! - `recover`, `snapshot`: from the journal and to it
//! - `terms`: on what terms hosts work, and which are to be left
//! - `why`, `summary`, `view`: what people are told
//!
//! One for each daemon that holds jobs. Called by the daemon.

mod accept;
mod attach;
mod effect;
mod host;
mod job;
mod lost;
mod needs;
mod place;
mod recover;
mod request;
mod requests;
mod settings;
mod snapshot;
mod state;
mod summary;
mod terms;
mod view;
mod why;

pub use effect::Effect;
pub use job::{Counts, State};
pub use recover::Recovered;
pub use request::{Answer, Refused, Request};
pub use settings::Settings;
pub use state::Holder;
pub use summary::Summary;
pub use terms::Drain;
pub use view::HostView;
