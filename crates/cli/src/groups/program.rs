//! Runs a program of the user's for what it prints, bounded in time and size. No shell: the words
//! are its arguments. Its stderr is the caller's. Called by `source`.

use crate::error::Error;
use crate::limits::{SOURCE_BYTES_MAX, SOURCE_WITHIN};
use rustix::process::{Pid, Signal, kill_process};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;

/// What it printed; `None` where it ended with another status than 0.
pub(super) fn output(path: &Path, words: &[&str]) -> Result<Option<String>, Error> {
    let shown = format!("{} {}", path.display(), words.join(" "));
    let wrong = |what: String| Error::config(format!("{shown}: {what}"));
    let mut command = Command::new(path);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.spawn().map_err(|error| wrong(format!("could not be run: {error}")))?;
    let pid = Pid::from_child(&child);
    let (tell, told) = sync_channel(1);
    thread::spawn(move || {
        let _nobody_may_wait_any_more = tell.send(until_its_end(child));
    });
    let Ok(ended) = told.recv_timeout(SOURCE_WITHIN) else {
        let _already_gone = kill_process(pid, Signal::KILL);
        return Err(wrong(format!("no answer within {} s", SOURCE_WITHIN.as_secs())));
    };
    let (bytes, status) = ended.map_err(|error| wrong(error.to_string()))?;
    if bytes.len() as u64 > SOURCE_BYTES_MAX {
        return Err(wrong(format!("it printed more than {SOURCE_BYTES_MAX} bytes")));
    }
    Ok(status.success().then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

/// One byte more than allowed shows that it was too much; the pipe is then closed.
fn until_its_end(mut child: Child) -> std::io::Result<(Vec<u8>, ExitStatus)> {
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(SOURCE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    }
    Ok((bytes, child.wait()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn endless_output_and_absent_programs_are_errors() {
        let yes = output(Path::new("/usr/bin/yes"), &["x"]).unwrap_err();
        assert!(yes.text.contains("more than"), "{}", yes.text);
        let absent = output(Path::new("/nonexistent/x"), &[]).unwrap_err();
        assert!(absent.text.contains("could not be run"), "{}", absent.text);
        assert_eq!(output(Path::new("/bin/false"), &[]).unwrap(), None);
    }
}
