//! All that one process knows of messages: its peers, its sends, its receives, what has arrived.
//!
//! - `state`: the engine itself, its options, what it holds
//! - `send`, `receive`: what faces ask
//! - `arrive`, `outgoing`, `time`, `down`: what drivers tell and fetch
//! - `meet`: a message and a receive have found each other
//! - `fetch`: payloads that drivers read where they are
//! - `peer`: one pair: the session, what waits to be sent, what is being fetched
//! - `held`, `incoming`, `id`, `error`, `timers`: what these are made of
//!
//! Called by drivers and faces.

mod arrive;
mod down;
mod error;
mod fetch;
mod held;
mod id;
mod incoming;
mod meet;
mod outgoing;
mod peer;
mod receive;
mod send;
mod state;
mod time;
mod timers;

pub use error::{Down, Failure, PostError, SendError, Violation};
pub use fetch::Fetch;
pub use id::{Finished, MessageId, RecvId, SendId};
pub use receive::Received;
pub use send::{Message, SendState};
pub use state::{Engine, Options};
