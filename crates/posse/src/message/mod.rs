//! Messages between the processes of a vm.
//!
//! A [`Process`] takes part: it has an id that every other process may name, on whatever host it
//! runs. It sends, and receives by source, tag and attributes, in the order of each sender. When
//! another process ends, or its host is lost, every wait that only that one could have ended ends
//! with an error that says so.
//!
//! ```no_run
//! use posse::message::{Attributes, Message, Mode, Process, Scope, Want};
//!
//! fn main() -> Result<(), posse::Error> {
//!     let process = Process::join()?;
//!     let scope = Scope { face: 0, context: 0 };
//!     process.send(Message {
//!         to: process.id(),
//!         scope,
//!         tag: 7,
//!         mode: Mode::Eager,
//!         attributes: Attributes::NONE,
//!         payload: "hello".into(),
//!     })?;
//!     let received = process.receive(Want::any(scope).tagged(7), None)?;
//!     assert_eq!(received.payload, "hello");
//!     Ok(())
//! }
//! ```
//!
//! What a message is, and which receive it meets, `posse-message` decides.
//!
//! - `process`: what a program calls; `receiving`: receives that were begun
//! - `typed`: payloads that are values or numbers, `typed_group`: collectives over values
//! - `group`: barriers, reductions and the like
//! - `join`: from the environment to a connection
//! - `connection`: frames on the daemon's socket
//! - `paths`: ways to other processes that pass no daemon
//! - `buffers`: large buffers that are used again
//! - `progress`: who reads and writes, and who waits meanwhile

mod buffers;
mod connection;
mod group;
mod join;
mod paths;
mod process;
mod progress;
mod receiving;
mod typed;
mod typed_group;

pub use buffers::buffers;
pub use group::{Begun, Group, Number};
pub use paths::Way;
pub use posse_message::{
    Attributes, BadAttributes, Buffers, Down, Engine, Envelope, Failure, Message, MessageId, Mode,
    Received, RecvId, Scope, SendError, SendId, SendState, Want,
};
pub use posse_wire::ProcessId;
pub use process::Process;
pub use receiving::Receiving;
pub use typed::Numbers;
