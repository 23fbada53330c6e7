//! Running commands at the front end: from what was typed (`plan`) over local stages and signals
//! to output and exit status (`drive`). Called by `commands/` and the console.

pub mod ask;
pub mod check;
mod connect;
pub mod detached;
pub mod directory;
pub mod drive;
pub mod environment;
pub mod input;
pub mod launch;
pub mod local;
pub mod mask;
pub mod members;
pub mod mw;
pub mod pipeline;
pub mod plan;
mod select;
pub mod show;
pub mod signals;
pub mod stage;
pub mod strangers;
pub mod sudo;

pub use connect::{connect, connect_here, connect_if_up, connect_or_start, is_kept, make};
pub use select::{hosts_up, one_host};
