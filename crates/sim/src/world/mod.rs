//! One virtual world; `turn` holds it together.

mod calm;
mod fault;
mod front;
mod got;
mod host;
mod job;
mod keep;
mod lead;
mod net;
mod part;
mod process;
mod queue;
mod quiet;
mod shell;
mod split;
mod talk;
mod turn;

pub use calm::{COMMANDS, Calm, Phase, State, calm};
pub use quiet::Report;
pub use turn::run;
use turn::{Event, World};
