//! One virtual world; `turn` holds it together.

mod fault;
mod front;
mod got;
mod host;
mod job;
mod net;
mod process;
mod quiet;
mod shell;
mod turn;

pub use quiet::Report;
pub use turn::run;
use turn::{Event, World};
