//! A terminal of its own for a process (`--pty`). Its session is made by the trampoline.
//! Called by `start.rs`; [`resize`] by the daemon when a front end's window changes.

use super::ends::set_nonblocking;
use super::error::StartError;
use posse_wire::msg::WindowSize;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{InputModes, OptionalActions, Winsize};
use std::os::fd::{AsFd, OwnedFd};

/// The daemon's side, which never blocks, and the process's.
pub fn open(size: WindowSize) -> Result<(OwnedFd, OwnedFd), StartError> {
    pair(size).map_err(|error| StartError::system("cannot open a terminal", error))
}

fn pair(size: WindowSize) -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name, flags, Mode::empty())?;
    // As sshd does: erasing a character of several bytes erases all of them.
    let mut modes = rustix::termios::tcgetattr(&slave)?;
    modes.input_modes |= InputModes::IUTF8;
    rustix::termios::tcsetattr(&slave, OptionalActions::Now, &modes)?;
    resize(&slave, size)?;
    set_nonblocking(&master)?;
    Ok((master, slave))
}

/// Tells the processes on a terminal that its window has changed.
pub fn resize(terminal: impl AsFd, size: WindowSize) -> rustix::io::Result<()> {
    let winsize = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(terminal, winsize)
}
