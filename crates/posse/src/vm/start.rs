//! Starting the daemon of a vm on this computer. Called by `Vm::connect_or_start`.

use crate::Error;
use crate::limits::{COMPLAINT_BYTES_MAX, STARTER_LOOK_EVERY};
use posse_wire::limits;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Instant;

/// The command that returns when the vm's socket answers, having left a daemon behind it.
fn arguments(name: &str) -> [&str; 4] {
    ["daemon", "start", "--vm", name]
}

pub(super) fn start(name: &str, binary: &Path) -> Result<(), Error> {
    posse_net::place::check_vm_name(name)?;
    let failed = |why: String| Error::NotStarted {
        binary: binary.to_owned(),
        arguments: arguments(name).join(" "),
        why,
    };
    let mut child = Command::new(binary)
        .args(arguments(name))
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
        let error = start("x", Path::new("/bin/ls")).unwrap_err();
        assert!(matches!(error, Error::NotStarted { .. }));
        let text = error.to_string();
        assert!(text.contains("daemon start --vm x") && text.contains("ls:"), "{text}");
        assert!(start("x", Path::new("/no/such/posse")).is_err());
        assert!(start("-x", Path::new("/bin/true")).is_err());
        start("x", Path::new("/bin/true")).unwrap();
    }
}
