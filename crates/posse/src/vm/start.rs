//! Starting the daemon of a vm on this computer. Called by `Vm::connect_or_start`.

use crate::Error;
use crate::limits::{COMPLAINT_BYTES_MAX, STARTER_LOOK_EVERY};
use posse_wire::limits;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The command that returns when the vm's socket answers, having left a daemon behind it.
fn arguments(name: &str, new: &NewVm) -> Vec<String> {
    let mut words = ["daemon", "start", "--vm", name].map(str::to_owned).to_vec();
    if let Some(time) = new.down_after {
        words.extend(["--down-after".to_owned(), time.as_millis().to_string()]);
    }
    words
}

/// What can be chosen for a vm when it is made, and not later.
#[derive(Debug, Clone, Default)]
pub struct NewVm {
    /// Silence of a host that is taken for its death, 2 s to 1 h; 9 s if not given. A third of it
    /// makes the host suspect.
    pub down_after: Option<Duration>,
}

impl NewVm {
    fn check(&self) -> Result<(), Error> {
        let (least, most) = (limits::DOWN_AFTER_MIN, limits::DOWN_AFTER_MAX);
        if self.down_after.is_some_and(|time| !(least..=most).contains(&time)) {
            let why = format!("silence is taken for death after {least:?} to {most:?}");
            return Err(Error::Command(why));
        }
        Ok(())
    }
}

pub(super) fn start(name: &str, binary: &Path, new: &NewVm) -> Result<(), Error> {
    posse_net::place::check_vm_name(name)?;
    new.check()?;
    let arguments = arguments(name, new);
    let failed = |why: String| Error::NotStarted {
        binary: binary.to_owned(),
        arguments: arguments.join(" "),
        why,
    };
    let mut child = Command::new(binary)
        .args(&arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let status = wait(&mut child).map_err(|error| failed(error.to_string()))?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(failed(format!("{status}: {}", complaint(&mut child)))),
        None => {
            // It may be the daemon of somebody's by now; only the starter is ended.
            let _ = child.kill();
            let _ = child.wait();
            let within = limits::HANDSHAKE_WITHIN;
            Err(failed(format!("not up within {within:?}: {}", complaint(&mut child))))
        }
    }
}

fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limits::HANDSHAKE_WITHIN;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(STARTER_LOOK_EVERY);
    }
    child.try_wait()
}

/// What it said, without waiting for end of file: a daemon that stays may hold the pipe open.
fn complaint(child: &mut Child) -> String {
    let Some(stderr) = child.stderr.take() else { return String::new() };
    if rustix::io::ioctl_fionbio(&stderr, true).is_err() {
        return String::new();
    }
    let mut said = Vec::new();
    // Ends with an error where the pipe is still open; what was read until then counts.
    let _ = stderr.take(COMPLAINT_BYTES_MAX).read_to_end(&mut said);
    String::from_utf8_lossy(&said).trim().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_starter_that_fails_is_quoted() {
        let error = start("x", Path::new("/bin/ls"), &NewVm::default()).unwrap_err();
        assert!(matches!(error, Error::NotStarted { .. }));
        let text = error.to_string();
        assert!(text.contains("daemon start --vm x") && text.contains("ls:"), "{text}");
        assert!(start("x", Path::new("/no/such/posse"), &NewVm::default()).is_err());
        assert!(start("-x", Path::new("/bin/true"), &NewVm::default()).is_err());
        start("x", Path::new("/bin/true"), &NewVm::default()).unwrap();
        let new = NewVm { down_after: Some(Duration::from_millis(1999)) };
        assert!(matches!(start("x", Path::new("/bin/true"), &new), Err(Error::Command(_))));
    }
}
