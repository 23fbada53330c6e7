//! `posse env --load`: runs a text in the user's login shell, once a host, and keeps what it
//! changed in the environment. The shell's startup files may print what they like and may hang;
//! both are bounded. Called by the daemon before it starts a command with `Spec::load`.

use super::context::HostContext;
use super::environment::{Changes, Environment};
use super::error::{StartError, plain};
use super::limits;
use super::spawn::spawn;
use super::token::LAUNCH_MARK;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

/// Stand in the shell's output around the two environments. No startup file prints these.
const BEFORE: &str = "posse:before:7c1f";
const AFTER: &str = "posse:after:7c1f:";
const END: &str = "posse:end:7c1f";

impl HostContext {
    /// Makes `text` ready for [`super::start`]; at once if it was loaded before. The loading
    /// shell is marked as a launcher's, so that what it leaves (an ssh-agent) stays.
    pub async fn load(&self, text: &str) -> Result<(), StartError> {
        if self.loaded(text).is_some() {
            return Ok(());
        }
        let failed = |why: String| StartError::new(format!("environment `{text}`: {why}"));
        let (pid, pipe) = self.login(text).map_err(|e| failed(plain(&e)))?;
        let read = tokio::time::timeout(limits::LOAD_WITHIN, output(pipe)).await;
        if !matches!(read, Ok(Ok(Read { whole: true, .. }))) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let shell = self.shell.display();
        let output = match read {
            Ok(Ok(read)) => read.bytes,
            Ok(Err(error)) => return Err(failed(plain(&error))),
            Err(_) => {
                let limit = limits::LOAD_WITHIN.as_secs();
                return Err(failed(format!("{shell} was not done with it after {limit} s")));
            }
        };
        match parse(&output) {
            Some((0, changes)) => {
                self.remember(text, changes);
                Ok(())
            }
            Some((status, _)) => Err(failed(format!("failed with status {status} in {shell}"))),
            None => Err(failed(format!("{shell} did not come to its end; try it after a login"))),
        }
    }

    fn login(&self, text: &str) -> io::Result<(Pid, OwnedFd)> {
        let name = self.shell.file_name().unwrap_or(OsStr::new("sh"));
        let (arg0, options, status) = manner(&name.to_string_lossy());
        let script = format!(
            "echo {BEFORE}; cat /proc/self/environ; echo {END}\n{text}\necho {AFTER}{status}; \
             cat /proc/self/environ; echo {END}\n"
        );
        let mut command = Command::new(&self.shell);
        command.arg0(arg0).args(options).arg(script).process_group(0);
        command.env_clear().envs(self.environment.iter().cloned());
        command.env(LAUNCH_MARK.0, LAUNCH_MARK.1).env("PWD", &self.home);
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let home = rustix::process::chdir(&self.home);
        let child = spawn(self, command, [None, Some(write), None]);
        if home.is_ok() {
            let _ = rustix::process::chdir(Path::new("/"));
        }
        Ok((child?, read))
    }
}

/// argv[0], options before the script, and how the shell names the last status.
fn manner(shell: &str) -> (String, &'static [&'static str], &'static str) {
    match shell {
        "csh" | "tcsh" => (format!("-{shell}"), &["-c"], "$status"),
        "fish" => (shell.to_owned(), &["-l", "-c"], "$status"),
        _ => (shell.to_owned(), &["-l", "-c"], "$?"),
    }
}

struct Read {
    bytes: Vec<u8>,
    /// The last mark was seen.
    whole: bool,
}

/// Up to the last mark: what the startup files left in the background may hold the pipe for ever.
async fn output(pipe: OwnedFd) -> io::Result<Read> {
    let mut pipe = Receiver::from_owned_fd(pipe)?;
    let mut bytes = vec![];
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = pipe.read(&mut chunk).await?;
        bytes.extend_from_slice(&chunk[..count]);
        let whole = bytes.trim_ascii_end().ends_with(END.as_bytes())
            && position(&bytes, AFTER.as_bytes()).is_some();
        if whole || count == 0 {
            return Ok(Read { bytes, whole });
        }
        if bytes.len() > limits::LOAD_BYTES_MAX {
            return Err(io::Error::other("the login shell printed too much"));
        }
    }
}

/// The status of the text and what it changed.
fn parse(output: &[u8]) -> Option<(i32, Changes)> {
    let before = section(output, BEFORE)?;
    let after = section(output, AFTER)?;
    let line = after.iter().position(|byte| *byte == b'\n')?;
    let status = std::str::from_utf8(&after[..line]).ok()?.trim().parse().ok()?;
    Some((status, Changes::between(&variables(before), &variables(&after[line + 1..]))))
}

fn section<'a>(output: &'a [u8], mark: &str) -> Option<&'a [u8]> {
    let start = position(output, mark.as_bytes())? + mark.len();
    let end = position(&output[start..], END.as_bytes())?;
    Some(&output[start..start + end])
}

fn variables(environ: &[u8]) -> Environment {
    let entries = environ.trim_ascii_start().split(|byte| *byte == 0);
    let pair = |entry: &[u8]| {
        let cut = entry.iter().position(|byte| *byte == b'=')?;
        let text = |bytes: &[u8]| OsString::from(OsStr::from_bytes(bytes));
        (cut > 0).then(|| (text(&entry[..cut]), text(&entry[cut + 1..])))
    };
    entries.filter_map(pair).collect()
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn noise_around_the_marks_is_ignored() {
        let output = format!(
            "motd\n{BEFORE}\nA=1\0B=two\nlines\0{END}\nloading gcc\n{AFTER}0\nA=2\0B=two\nlines\0\
             C==\0{END}\n"
        );
        let (status, changes) = parse(output.as_bytes()).unwrap();
        assert_eq!(status, 0);
        assert_eq!(changes.set, [("A".into(), "2".into()), ("C".into(), "=".into())]);
        assert!(changes.unset.is_empty());
        assert!(parse(&output.as_bytes()[..40]).is_none());
    }
}
