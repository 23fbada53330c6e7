//! The daemon's log: its stderr, which its keeper directs to a file in the private directory.
//! One line a message; never output or environment of commands.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes one line with the wall clock in seconds; a full disk loses it and nothing else.
pub(crate) fn line(text: &str) {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let _lost_if_the_disk_is_full = writeln!(std::io::stderr(), "{at} {text}");
}
