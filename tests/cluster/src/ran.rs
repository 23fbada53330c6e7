//! Runs a program to its end with a deadline and keeps what it said. Called by `vm` and by tests.

use posse_bed::wait_until;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a program ended and what it said.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its exit status; 128 and the signal where one ended it.
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Ran {
    /// Its stdout as text, without the last line end.
    #[must_use]
    pub fn text(&self) -> String {
        text(&self.stdout)
    }

    /// The lines of its stdout in alphabetical order: hosts print in any.
    #[must_use]
    pub fn sorted(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.text().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// Panics unless it ended with this status.
    #[track_caller]
    #[must_use]
    pub fn expect(self, code: i32) -> Ran {
        let out = self.text();
        let shown: String = out.chars().take(2000).collect();
        assert_eq!(self.code, code, "stdout: {shown}\nstderr: {}", self.stderr);
        self
    }

    /// Panics unless it succeeded.
    #[track_caller]
    #[must_use]
    pub fn ok(self) -> Ran {
        self.expect(0)
    }
}

/// Bytes as text, without the last line end.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// Runs `command` with `input` as its stdin; kills it and panics when it takes longer than
/// `within`.
#[track_caller]
#[must_use]
pub fn run(mut command: Command, input: &[u8], within: Duration) -> Ran {
    let start = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        let _it_may_read_none = stdin.write_all(&input);
    });
    let out = thread::spawn(move || read_all(stdout));
    let err = thread::spawn(move || read_all(stderr));
    let mut status = None;
    let ended = wait_until(within, || {
        status = child.try_wait().expect("a child can be waited for");
        status.is_some()
    });
    let elapsed = start.elapsed();
    if !ended {
        let _already_gone = child.kill();
        let _already_reaped = child.wait();
    }
    let (stdout, stderr) = (out.join().expect("a reader"), err.join().expect("a reader"));
    let stderr = text(&stderr);
    let Some(status) = status else {
        panic!("{command:?} takes longer than {within:?}: {}\n{stderr}", text(&stdout));
    };
    writer.join().expect("a writer");
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Ran { code: code.unwrap_or(-1), stdout, stderr, elapsed }
}

fn read_all(from: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        let _what_came_until_then = from.read_to_end(&mut bytes);
    }
    bytes
}
