//! Runs a program with a text on its stdin, within a time and within bounds, and gives back what it
//! said: ssh may hang at any point. Called by `local` and `reach`.

use crate::limits::SAID_BYTES_MAX;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What a program said.
#[derive(Debug, Default)]
pub struct Said {
    pub out: String,
    pub err: String,
    /// It was not done in time and was ended.
    pub timed_out: bool,
}

pub fn ask(command: &mut Command, input: &str, within: Duration) -> io::Result<Said> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // One message from each stream.
    let (tell, told) = mpsc::sync_channel(2);
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_owned();
        // Who does not read it is ended below; that ends this thread.
        thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
    let mut streams = 0;
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as _),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ];
    for (stream, pipe) in pipes.into_iter().enumerate() {
        let Some(mut pipe) = pipe else { continue };
        let tell = tell.clone();
        streams += 1;
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _cut_short = pipe.by_ref().take(SAID_BYTES_MAX).read_to_end(&mut bytes);
            let _nobody_waits = tell.send((stream, bytes));
            let _drained = io::copy(&mut pipe, &mut io::sink());
        });
    }
    let deadline = Instant::now() + within;
    let mut said = Said::default();
    let take = |said: &mut Said, left: Duration| {
        let Ok((stream, bytes)) = told.recv_timeout(left) else { return false };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        *(if stream == 0 { &mut said.out } else { &mut said.err }) = text;
        true
    };
    let mut heard = 0;
    while heard < streams && take(&mut said, deadline.saturating_duration_since(Instant::now())) {
        heard += 1;
    }
    if heard < streams {
        said.timed_out = true;
        let _gone_already = child.kill();
    }
    // What was said until it was ended; a descendant that holds the pipes is not waited for.
    while heard < streams && take(&mut said, AFTER_KILL) {
        heard += 1;
    }
    child.wait()?;
    Ok(said)
}

/// For the streams of a program that was killed.
const AFTER_KILL: Duration = Duration::from_millis(500);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sh(line: &str, within: Duration) -> Said {
        ask(Command::new("sh").arg("-c").arg(line), "input", within).unwrap()
    }

    #[test]
    fn both_streams_come_back() {
        let said = sh("cat; echo oh >&2", Duration::from_secs(20));
        assert_eq!((said.out.as_str(), said.err.as_str()), ("input", "oh\n"));
        assert!(!said.timed_out);
    }

    #[test]
    fn who_hangs_is_ended() {
        let start = Instant::now();
        let said = sh("echo early; exec sleep 1000", Duration::from_millis(300));
        assert!(said.timed_out && start.elapsed() < Duration::from_secs(20));
        assert_eq!(said.out, "early\n");
    }
}
