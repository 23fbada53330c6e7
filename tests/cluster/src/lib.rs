//! What every cluster test needs: the posse binary, and a vm on a test bed whose end is checked.
//! For the scenarios in `tests/`, one file each. Not the hosts themselves: those are `posse-bed`.
//!
//! All of them: `cargo nextest run -p posse-cluster`. One: its file says how in its first lines.

// A helper of tests says what is wrong by a panic, as an assertion does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod binary;
mod clients;
mod elsewhere;
mod promise;
mod ran;
mod seed;
mod streams;
mod there;
mod vm;
mod watched;

pub use binary::posse_binary;
pub use clients::{Clients, Typed};
pub use elsewhere::{Machine, kill_owner, on_host, program_on_host};
pub use promise::{as_promised, promised};
pub use ran::{Ran, run, text};
pub use seed::seed;
pub use streams::{Ended, Streams, numbered_lines, whole};
pub use there::command_on;
pub use vm::{Bed, Vm};
pub use watched::{Watched, resident_kib, signal};

use posse_bed::{Isolation, again_as_nobody, require, skip};

/// Has an ordinary user run the scenario of this name as well, where the caller is root.
#[track_caller]
pub fn without_root(scenario: &str) {
    again_as_nobody(scenario, &[("POSSE_BIN", posse_binary())]);
}

/// Whether this machine can be a test bed; where not, the reason has been printed.
#[must_use]
pub fn ready() -> bool {
    if require(&["sshd", "ssh", "ssh-keygen", "bash", "unshare"]).is_some() {
        return false;
    }
    if Isolation::probe() == Isolation::None {
        skip("no root and no user namespaces");
        return false;
    }
    true
}
