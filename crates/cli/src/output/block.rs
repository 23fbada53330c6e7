//! The form of a block of output under its head, byte for byte as `clush -b` prints it
//! (dshbak has one dash more).
//! Called by `group.rs` and `fold.rs`.

use super::Outlet;
use std::io;

const RULE: &str = "---------------";

/// `title` is harmless already.
pub fn head(outlet: &mut Outlet, fd: u16, title: &str) -> io::Result<()> {
    outlet.say(fd, &format!("{RULE}\n{title}\n{RULE}\n"))
}

/// What the head of hosts that are not over says.
pub const UNFINISHED: &str = " (unfinished)";
