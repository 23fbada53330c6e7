//! The state machines of posse, without I/O: what a daemon knows and decides.
//!
//! A [`Daemon`] is fed [`Input`]s (frames, process news, time) and answers with [`Effect`]s
//! (frames to send, processes to start). It reads no clock, draws no random number and opens
//! nothing, so that `sim` can run a whole vm from one seed; `daemon` is the shell that carries
//! the effects out on a real host.
//!
//! Handlers are total: any frame in any state has a defined answer, which for a frame that makes
//! no sense is to close its link with the reason.

mod admission;
mod ask;
mod beat;
mod board;
mod command;
mod daemon;
mod data;
mod deploy;
mod effect;
mod farm;
mod handshake;
mod held;
mod input;
mod inspect;
mod lead;
mod link;
mod member;
mod missing;
mod pass;
mod process;
mod query;
mod registry;
mod request;
mod route;
mod seek;
mod seekers;

pub use command::{Kept, Process, Progress};
pub use daemon::{Config, Daemon};
pub use effect::Effect;
pub use input::{Input, LinkId, Peer, Time};
pub use inspect::Inspection;
pub use member::{Row, table_of};
pub use registry::Registry;
