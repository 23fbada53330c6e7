//! `posse env --load`: runs texts in the user's login shell, once a host, and keeps what they
//! changed in the environment. The shell's startup files may print what they like and may hang;
//! both are bounded. Called by the daemon before it starts a command with `Spec::loads`.

use super::context::HostContext;
use super::environment::{Changes, Environment};
use super::error::{StartError, plain};
use super::limits;
use super::spawn::spawn;
use super::token::LAUNCH_MARK;
use posse_wire::msg::Spec;
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
const AFTER: &str = "posse:after:7c1f";
/// Stands before the status of each text.
const STATUS: &str = "posse:status:7c1f:";
const END: &str = "posse:end:7c1f";

impl HostContext {
    /// The texts of a command that are for this host.
    pub fn loads_of(&self, spec: &Spec) -> Vec<String> {
        spec.loads_on(self.number).into_iter().map(str::to_owned).collect()
    }

    /// Makes these texts ready for [`super::start`], one after the other in one shell, since a
    /// later one may need a module of an earlier one; at once if they were loaded before. The
    /// shell is marked as a launcher's, so that what it leaves (an ssh-agent) stays.
    pub async fn load(&self, texts: &[String]) -> Result<(), StartError> {
        if texts.is_empty() || self.loaded(texts).is_some() {
            return Ok(());
        }
        let failed_in =
            |text: &str, why: String| Err(StartError::new(format!("environment `{text}`: {why}")));
        let failed = |why: String| failed_in(&texts.join("; "), why);
        let (pid, pipe) = match self.login(texts) {
            Ok(started) => started,
            Err(error) => return failed(plain(&error)),
        };
        let mut unless_whole = EndOnDrop(Some(pid));
        let read = tokio::time::timeout(limits::LOAD_WITHIN, output(pipe)).await;
        if matches!(read, Ok(Ok(Read { whole: true, .. }))) {
            unless_whole.0 = None;
        }
        drop(unless_whole);
        let shell = self.shell.display();
        let output = match read {
            Ok(Ok(read)) => read.bytes,
            Ok(Err(error)) => return failed(plain(&error)),
            Err(_) => {
                let limit = limits::LOAD_WITHIN.as_secs();
                return failed(format!("{shell} was not done with it after {limit} s"));
            }
        };
        let Some((statuses, changes)) = parse(&output).filter(|found| found.0.len() == texts.len())
        else {
            return failed(format!("{shell} did not come to its end; try it after a login"));
        };
        if let Some(at) = statuses.iter().position(|status| *status != 0) {
            let why = format!("failed with status {} in {shell}", statuses[at]);
            return failed_in(&texts[at], why);
        }
        self.remember(texts, changes);
        Ok(())
    }

    fn login(&self, texts: &[String]) -> io::Result<(Pid, OwnedFd)> {
        let name = self.shell.file_name().unwrap_or(OsStr::new("sh"));
        let (arg0, options, status) = manner(&name.to_string_lossy());
        let texts = texts.iter().map(|text| format!("{text}\necho {STATUS}{status}\n"));
        let script = format!(
            "echo {BEFORE}; cat /proc/self/environ; echo {END}\n{}echo {AFTER}; \
             cat /proc/self/environ; echo {END}\n",
            texts.collect::<String>()
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

/// Ends a login shell that nobody waits for any more.
struct EndOnDrop(Option<Pid>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _already_gone = kill_process_group(pid, Signal::KILL);
        }
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

/// The status of each text and what they changed together.
fn parse(output: &[u8]) -> Option<(Vec<i32>, Changes)> {
    let before = section(output, BEFORE)?;
    let after = section(output, AFTER)?;
    let mut rest = &output[position(output, END.as_bytes())?..];
    let mut statuses = Vec::new();
    while let Some(at) = position(rest, STATUS.as_bytes()) {
        rest = &rest[at + STATUS.len()..];
        let line = rest.split(|byte| *byte == b'\n').next()?;
        statuses.push(std::str::from_utf8(line).ok()?.trim().parse().ok()?);
    }
    Some((statuses, Changes::between(&variables(before), &variables(after))))
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
            "motd\n{BEFORE}\nA=1\0B=two\nlines\0{END}\nloading gcc\n{STATUS}0\nno line{STATUS}3\n\
             {AFTER}\nA=2\0B=two\nlines\0C==\0{END}\n"
        );
        let (statuses, changes) = parse(output.as_bytes()).unwrap();
        assert_eq!(statuses, [0, 3]);
        assert_eq!(changes.set, [("A".into(), "2".into()), ("C".into(), "=".into())]);
        assert!(changes.unset.is_empty());
        assert!(parse(&output.as_bytes()[..40]).is_none());
    }
}
