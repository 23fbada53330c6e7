//! `NamespaceBed`: hosts with a network, a process table, a name, a /tmp and a home each.
//! Not for hundreds of hosts: `loopback` is cheaper. Called by cluster tests.

mod bed;
mod fault;
mod node;
mod options;
mod redirect;

pub use bed::NamespaceBed;
pub use options::{NamespaceOptions, Topology};
pub use redirect::{LaptopSwitch, serve_switch};
