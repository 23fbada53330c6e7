//! Stages of a pipeline on this computer, and this computer's terminal.

use crate::error::Error;
use posse::WindowSize;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::process::{Child, Command, Stdio};

/// `sh -c LINE` whose stdout is read by us (`before`) or whose stdin is written by us (`after`).
pub fn stage(line: &str, stdin: Stdio, stdout: Stdio) -> Result<Child, Error> {
    let shell = || Command::new("/bin/sh");
    shell().arg("-c").arg(line).stdin(stdin).stdout(stdout).spawn().map_err(|error| {
        Error::new(crate::error::Kind::System, format!("cannot start `{line}`: {error}"))
    })
}

/// A program of the user's, with our own input and outputs.
pub fn program(words: &[String]) -> Result<Child, Error> {
    let (name, rest) = words.split_first().ok_or_else(|| Error::usage("no command is given"))?;
    Command::new(name).args(rest).spawn().map_err(|error| {
        Error::new(crate::error::Kind::System, format!("cannot start `{name}`: {error}"))
    })
}

/// As a shell says it.
pub fn code(child: &mut Child) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let Ok(status) = child.wait() else { return 255 };
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    u8::try_from(code.unwrap_or(255)).unwrap_or(255)
}

/// Of our terminal; 24 by 80 where there is none.
pub fn window_size() -> WindowSize {
    let size =
        tcgetwinsize(rustix::stdio::stdout()).or_else(|_| tcgetwinsize(rustix::stdio::stdin()));
    let known = size.ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
    known.map_or(WindowSize { rows: 24, columns: 80 }, |size| WindowSize {
        rows: size.ws_row,
        columns: size.ws_col,
    })
}

/// Our terminal in raw mode, so that every key reaches the host; as it was when this is dropped.
pub struct RawMode {
    before: Option<Termios>,
}

impl RawMode {
    pub fn enter() -> RawMode {
        let stdin = rustix::stdio::stdin();
        let before = tcgetattr(stdin).ok();
        if let Some(before) = &before {
            let mut raw = before.clone();
            raw.make_raw();
            let _stays_cooked = tcsetattr(stdin, OptionalActions::Now, &raw);
        }
        RawMode { before }
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _stays_raw = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
        }
    }
}
