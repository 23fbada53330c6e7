//! `LoopbackBed`: one sshd on 127.0.0.1 to 127.0.0.N, reached as n001 to nNNN.
//! Not for cut links or hosts with a name or process table of their own: see `netns`.
//! Called by cluster tests and benchmarks.

mod bed;
mod options;
mod quirk;

pub use bed::LoopbackBed;
pub use options::LoopbackOptions;
pub use quirk::{HostQuirk, LoginShell};

/// The password of every account of a bed, accepted only by `HostQuirk::PasswordOnly`.
pub const PASSWORD: &str = "posse";
