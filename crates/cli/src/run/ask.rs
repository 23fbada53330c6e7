//! A launcher's question (password, second factor, host key) at the terminal of the calling `up`:
//! typed without echo where it is a secret, passed on, never stored.

use crate::error::Error;
use crate::output::visible;
use posse::Asked;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};

/// Asks the person; no terminal, or an empty end of input, is no answer.
pub fn at_terminal(asked: Asked) -> Result<(), Error> {
    let prompt = format!("[{}] {}", asked.host, asked.prompt);
    let answer = ask(&visible(prompt.as_bytes()), asked.secret);
    Ok(asked.answer(answer)?)
}

/// One line typed at the controlling terminal.
pub fn ask(prompt: &str, secret: bool) -> Option<String> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let before = tcgetattr(&terminal).ok()?;
    if secret {
        // Before the prompt: whoever answers at once is neither echoed nor flushed away.
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Flush, &silent).ok()?;
    }
    write!(terminal, "{prompt}").ok()?;
    let mut line = String::new();
    let read = BufReader::new(&terminal).read_line(&mut line);
    if secret {
        tcsetattr(&terminal, OptionalActions::Flush, &before).ok()?;
        writeln!(terminal).ok()?;
    }
    read.ok().filter(|count| *count > 0)?;
    Some(line.trim_end_matches(['\n', '\r']).to_owned())
}
