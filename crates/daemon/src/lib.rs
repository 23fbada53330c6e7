//! The daemon: the shell around the state machines of `proto`. It serves sockets and links, starts
//! and ends processes, launches daemons on other hosts, and keeps what must outlive a front end.
//!
//! The binary's `main` hands the hidden words of the command line to these entries: [`run`]
//! (`daemon`), [`keeper::run`] (`keeper`), [`link`] and [`start`] (short programs that connect a
//! daemon), [`askpass`], [`process::trampoline`].

/// Stands in the `posse-host` of this version and tells it from others; what people read who start
/// it by hand.
pub const HOST_IMAGE: &str = concat!("posse-host ", env!("CARGO_PKG_VERSION"), ", hosts' part");

mod accept;
mod ask;
mod cache;
mod control;
mod data;
mod elsewhere;
mod facts;
mod farm;
mod identity;
mod introduce;
mod keep;
pub mod keeper;
mod kept;
mod launch;
mod limits;
mod log;
mod measure;
mod parent;
mod port;
pub mod process;
mod purge;
mod run;
mod seek;
mod shell;
mod sibling;
mod stub;
mod table;

pub use ask::run as askpass;
pub use run::run;
pub use stub::{link, start};
