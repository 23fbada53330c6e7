//! The connections of posse: who a host is, the links between hosts, how a host is reached first.
//!
//! For: keys, tickets and warrants (`identity`, `ticket`, `warrant`), authenticated links (`tls`),
//! and what is needed to start a daemon on another machine (`launch`). Not for: what the frames
//! mean (`wire`, `proto`), nor for starting processes (`daemon`). Called by `daemon`, and by
//! `posse` for a local client.
//!
//! Feature `tls` (on by default) carries identity, tickets, TLS and the links themselves: what a
//! daemon is made of, and a front end elsewhere. A local client alone is known by the kernel, needs
//! none of it, and can be built without `tokio`, `ring` and `rustls`.

#[cfg(feature = "tls")]
pub mod call;
#[cfg(feature = "tls")]
pub mod direct;
#[cfg(feature = "tls")]
pub mod duplex;
#[cfg(feature = "tls")]
pub mod elsewhere;
#[cfg(feature = "tls")]
pub mod identity;
#[cfg(feature = "tls")]
pub mod introduction;
#[cfg(feature = "tls")]
pub mod invitation;
#[cfg(feature = "tls")]
pub mod link;
#[cfg(feature = "tls")]
mod output;
#[cfg(feature = "tls")]
mod seal;
#[cfg(feature = "tls")]
pub mod sibling;
#[cfg(feature = "tls")]
pub mod ticket;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "tls")]
pub mod warrant;
#[cfg(feature = "tls")]
pub mod watch;

pub mod descriptors;
pub mod handover;
pub mod launch;
mod limits;
pub mod local;
pub mod place;
mod private;
#[cfg(all(test, feature = "tls"))]
mod private_dir;
pub mod state;
