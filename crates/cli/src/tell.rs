//! What posse itself says: errors and notes on stderr, answers on stdout. Output of hosts goes
//! through `output/`.

use crate::error::{Error, Kind};
use crate::output::visible;
use std::io::{self, Write};
use std::process::ExitCode;

/// A note that may be ignored.
pub fn note(text: &str) {
    line(&mut io::stderr(), &format!("posse: {}", visible(text.as_bytes())));
}

/// An answer, for people or for the next program.
pub fn say(text: &str) {
    line(&mut io::stdout(), text);
}

/// What stands before what is to be typed, where no line editor shows it.
pub fn prompt(text: &str) {
    let mut out = io::stdout();
    let _nobody_left_to_tell = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Names of hosts and errors come from elsewhere: nothing in them may act on the terminal.
pub fn failure(error: &Error) -> ExitCode {
    note(&error.text);
    if let Some(hint) = &error.hint {
        line(&mut io::stderr(), &format!("  hint: {}", visible(hint.as_bytes())));
    }
    ExitCode::from(error.kind.code())
}

/// `--help` and `--version` are no failures.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _nobody_left_to_tell = error.print();
    if error.use_stderr() { ExitCode::from(Kind::Usage.code()) } else { ExitCode::SUCCESS }
}

/// Somebody typed the part of posse that is only sent to hosts.
pub fn host_image() -> ExitCode {
    line(&mut io::stderr(), posse_daemon::HOST_IMAGE);
    line(&mut io::stderr(), "  hint: commands are typed at `posse`");
    ExitCode::from(Kind::Usage.code())
}

fn line(to: &mut dyn Write, text: &str) {
    // A closed stderr or stdout is the caller's wish.
    let _nobody_left_to_tell = writeln!(to, "{text}");
}
