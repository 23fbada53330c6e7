//! Runs a program on a real pseudo-terminal: keys in, expected text out, window sizes.
//! Not a terminal emulator: it strips escape sequences and keeps the rest in order.
//! Called by tests of the console, of `posse sh`, and of ssh's questions.

use anyhow::{Context, Result, bail};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// More output than this is a runaway program, and is no longer kept.
const MAX_OUTPUT: usize = 4 << 20;
/// How long a terminal may stay open after its program has ended (others of its session may hold
/// it) before what is on the screen is taken for all.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How much of the output an error shows.
const SHOWN: usize = 2000;

/// A program and the terminal that it runs on. Dropping it hangs up and kills the program.
pub struct Terminal {
    child: Child,
    master: File,
    screen: Arc<Screen>,
    /// How far `expect` has read, in the stripped text.
    seen: usize,
}

#[derive(Default)]
struct Screen {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    raw: Vec<u8>,
    closed: bool,
}

impl Screen {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terminal {
    /// Starts `command` as the session leader on a new terminal of 24 x 80.
    pub fn start(command: &Command) -> Result<Terminal> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .context("no pseudo-terminal to be had")?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?.into_string().context("a strange pty name")?;
        let slave = OpenOptions::new().read(true).write(true).open(&name)?;
        tcsetwinsize(&master, size(24, 80))?;
        let child = on_terminal(command)
            .stdin(Stdio::from(slave.try_clone()?))
            .stdout(Stdio::from(slave.try_clone()?))
            .stderr(Stdio::from(slave))
            .spawn()
            .context("cannot start the program; is setsid (util-linux) here?")?;
        let screen = Arc::new(Screen::default());
        let reader = File::from(OwnedFd::try_clone(&master)?);
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || read_all(reader, &shared));
        Ok(Terminal { child, master: File::from(master), screen, seen: 0 })
    }

    /// Types these bytes: `\r` is Enter, `\x03` is ^C, `\x04` is ^D.
    pub fn send(&mut self, keys: &str) -> Result<()> {
        self.master.write_all(keys.as_bytes()).context("the terminal is closed")
    }

    /// Waits for `text` in what has not been expected yet; returns what came before it.
    pub fn expect(&mut self, text: &str, deadline: Duration) -> Result<String> {
        let end = Instant::now() + deadline;
        let screen = Arc::clone(&self.screen);
        let mut state = screen.lock();
        loop {
            let all = strip(&state.raw);
            let rest = all.get(self.seen..).unwrap_or_default();
            if let Some(at) = rest.find(text) {
                self.seen += at + text.len();
                return Ok(rest[..at].to_owned());
            }
            let now = Instant::now();
            if state.closed || now >= end {
                let why = if state.closed { "the program closed the terminal" } else { "timeout" };
                let tail: String = rest.chars().rev().take(SHOWN).collect();
                let tail: String = tail.chars().rev().collect();
                bail!("no {text:?}: {why}; there is {tail:?}");
            }
            let waited = screen.changed.wait_timeout(state, end - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Everything so far without escape sequences and carriage returns.
    #[must_use]
    pub fn text(&self) -> String {
        strip(&self.screen.lock().raw)
    }

    /// Everything so far, byte for byte.
    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        self.screen.lock().raw.clone()
    }

    /// Changes the window size; the program gets SIGWINCH.
    pub fn resize(&self, rows: u16, columns: u16) -> Result<()> {
        Ok(tcsetwinsize(&self.master, size(rows, columns))?)
    }

    /// The process number of the program.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the program itself.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("not a process number")?, signal)?)
    }

    /// Waits for the program's end, and for its last words to be on the screen.
    pub fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let mut status = None;
        let ended = crate::wait_until(deadline, || {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        match status {
            Some(status) if ended => {
                // What the program wrote is read by a thread, which may be behind its end.
                let _held_by_others = crate::wait_until(LAST_WORDS, || self.screen.lock().closed);
                Ok(status)
            }
            _ => bail!("still running after {deadline:?}; it said {:?}", self.text()),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The same command, behind `setsid --ctty`, which becomes the program and does not fork.
fn on_terminal(command: &Command) -> Command {
    let mut outer = Command::new("setsid");
    outer.arg("--ctty").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        outer.current_dir(dir);
    }
    if !command.get_envs().any(|(name, _)| name == "TERM") {
        outer.env("TERM", "xterm");
    }
    outer
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Reads until the last program has closed the terminal (which Linux reports as an error).
fn read_all(mut master: File, screen: &Screen) {
    let mut buffer = [0; 4096];
    loop {
        let read = master.read(&mut buffer).unwrap_or(0);
        let mut state = screen.lock();
        let room = MAX_OUTPUT - state.raw.len();
        state.raw.extend_from_slice(&buffer[..read.min(room)]);
        state.closed = read == 0;
        drop(state);
        screen.changed.notify_all();
        if read == 0 {
            return;
        }
    }
}

/// Takes out escape sequences (CSI, OSC, two-byte) and carriage returns. What is incomplete at
/// the end is left out too, so that the text only ever grows.
fn strip(raw: &[u8]) -> String {
    let mut text = Vec::new();
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x1b => match escape_length(rest) {
                Some(length) => rest = &rest[length..],
                None => break,
            },
            b'\r' | 0x07 => {}
            _ => text.push(byte),
        }
    }
    // A character cut in the middle must wait for its end as well.
    match std::str::from_utf8(&text) {
        Err(e) if e.error_len().is_none() => text.truncate(e.valid_up_to()),
        _ => {}
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// How many bytes after ESC belong to the sequence, if all of them are here.
fn escape_length(rest: &[u8]) -> Option<usize> {
    match rest.first()? {
        b'[' => rest[1..].iter().position(|b| (0x40..=0x7e).contains(b)).map(|at| at + 2),
        b']' => rest.iter().position(|b| *b == 0x07 || *b == 0x9c).map(|at| at + 1),
        b'(' | b')' => (rest.len() >= 2).then_some(2),
        _ => Some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Terminal, strip};
    use std::process::Command;
    use std::time::Duration;

    const END: Duration = Duration::from_secs(60);

    #[test]
    fn strips_what_is_not_text() {
        assert_eq!(strip(b"\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07a\x1b(Bb\x1b[1"), "red\nab");
        assert_eq!(strip("é".as_bytes()[..1].as_ref()), "");
    }

    #[test]
    fn a_shell_on_a_terminal() {
        let mut command = Command::new("sh");
        command.env("PS1", "ready> ").args(["-i"]);
        let mut terminal = Terminal::start(&command).unwrap();
        terminal.expect("ready> ", END).unwrap();
        terminal.send("stty size; tty -s && echo a ter''minal\r").unwrap();
        terminal.expect("24 80\n", END).unwrap();
        terminal.expect("a terminal\n", END).unwrap();
        terminal.resize(40, 132).unwrap();
        terminal.send("stty size\r").unwrap();
        terminal.expect("40 132\n", END).unwrap();
        // The word from within shows that the command is in the foreground.
        terminal.send("sh -c 'echo be''gun; exec sleep 1000'\r").unwrap();
        terminal.expect("begun\n", END).unwrap();
        terminal.send("\x03").unwrap();
        terminal.expect("ready> ", END).unwrap();
        let error = terminal.expect("never", Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("timeout"), "{error}");
        terminal.send("exit 3\r").unwrap();
        assert_eq!(terminal.wait(END).unwrap().code(), Some(3));
    }
}
