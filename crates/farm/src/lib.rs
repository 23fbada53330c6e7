//! The task farm as state machines: what a job's holder knows and decides, what a host's worker
//! does with tasks handed to it, and the journal from which a holder begins again.
//!
//! Values in, effects out: no I/O, no clock, no chance. Described in `docs/internals/farm.md`.
//!
//! - `task`, `template`, `text`, `column`, `batch`: what work is
//! - `holder/`: takes work, decides what runs where, accepts each result once
//! - `worker/`: a host's part: runs what fits, keeps results until they are taken
//! - `words`: what these two say to each other, `letter`: with what stands around it; `room`:
//!   what fits
//! - `ask`: what front ends ask, and what they are told
//! - `files`: inputs and outputs, and what is said about them
//! - `journal/`: bytes from which a holder begins again; `row`: a result
//! - `policy/`: when a borrowed computer works
//!
//! Not for: how people type work (`posse-work`), processes, files and frames (the daemon's).
//! Called by the daemon, and by tests that play whole vms.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod ask;
mod batch;
mod column;
pub mod files;
pub mod holder;
mod id;
pub mod journal;
pub mod letter;
pub mod limits;
pub mod policy;
mod room;
mod row;
mod task;
mod template;
mod text;
pub mod words;
pub mod worker;

pub use batch::{BadBatch, Batch, Depends, NOWHERE};
pub use column::{Column, Texts};
pub use id::{Epoch, HostLife, JobId, Lease, TaskId};
pub use room::{Capacity, Room};
pub use row::{End, Row};
pub use task::{Checkpoint, Needs, Program, Rules, Sink, Stdin, TaskSpec, Transfer};
pub use template::{JobSpec, Template};
pub use text::{Fill, Form, Piece, Text, quote};
