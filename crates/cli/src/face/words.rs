//! How faces speak: their messages begin with a name of their own, and everything from elsewhere
//! is made harmless. Called by the faces.

use crate::output::visible;
use posse::Status;
use std::io::Write;

/// One line on stderr.
pub fn complain(text: &str) {
    let mut line = visible(text.as_bytes());
    line.push('\n');
    // A closed stderr is the caller's wish.
    let _nobody_left_to_tell = std::io::stderr().write_all(line.as_bytes());
}

/// What ssh(1) returns for such an end: its own 255 for a process that a signal killed, for a host
/// that was lost, and when ssh itself is ended since the time is over.
pub fn ssh_code(status: &Status) -> u8 {
    match status {
        Status::Signaled(_) | Status::Lost { .. } | Status::TimedOut => 255,
        other => other.code(),
    }
}

/// The short name of this computer.
pub fn own_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// A number of at least one.
pub fn count(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|count| *count > 0)
}
