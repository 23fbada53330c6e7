//! A launcher's question (password, second factor, host key) at the terminal of the calling `up`:
//! typed without echo where it is a secret, passed on, never stored.

use crate::error::Error;
use crate::limits::ANSWER_BYTES_MAX;
use crate::output::visible;
use posse::Asked;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use std::fs::OpenOptions;
use std::io::{Read, Write};

/// ^C.
const INTERRUPT: u8 = 3;

/// Asks the person; no terminal, or an empty end of input, is no answer.
pub fn at_terminal(asked: Asked) -> Result<(), Error> {
    let prompt = format!("[{}] {}", asked.host, asked.prompt);
    let answer = ask(&visible(prompt.as_bytes()), asked.secret);
    Ok(asked.answer(answer)?)
}

/// One line typed at the controlling terminal; ^C is no answer. A secret is not shown, and the
/// terminal is as before whatever is typed.
pub fn ask(prompt: &str, secret: bool) -> Option<String> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let before = tcgetattr(&terminal).ok()?;
    if secret {
        // Before the prompt: whoever answers at once is neither echoed nor flushed away. ^C comes
        // as a byte that ends the line, since the signal would leave the echo off.
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(&terminal, OptionalActions::Flush, &silent).ok()?;
    }
    write!(terminal, "{prompt}").ok()?;
    let line = typed(&mut terminal);
    if secret {
        tcsetattr(&terminal, OptionalActions::Flush, &before).ok()?;
        writeln!(terminal).ok()?;
    }
    line
}

/// What comes before the end of the line; `None` at an end of input or ^C.
fn typed(terminal: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0; 1];
    while line.len() < ANSWER_BYTES_MAX {
        match terminal.read(&mut byte) {
            Ok(1) if byte[0] == b'\n' => break,
            Ok(1) if byte[0] != INTERRUPT => line.push(byte[0]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            _ => return None,
        }
    }
    let line = String::from_utf8(line).ok()?;
    Some(line.trim_end_matches('\r').to_owned())
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn a_line_is_an_answer_and_an_interrupt_is_none() {
        assert_eq!(typed(&mut &b"yes\r\nmore"[..]).as_deref(), Some("yes"));
        assert_eq!(typed(&mut &b"\n"[..]).as_deref(), Some(""));
        assert_eq!(typed(&mut &b"hun\x03"[..]), None);
        assert_eq!(typed(&mut &b"hun"[..]), None);
    }
}
