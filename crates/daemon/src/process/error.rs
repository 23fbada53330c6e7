//! Why a process could not be started, in the words a person reads. All of these are NotDone.
//! Made by the other files of `process`; the daemon sends it as `Status::NotStarted`.

use posse_wire::msg::Status;
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// A process that did not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct StartError {
    pub why: String,
    /// For want of descriptors, processes or memory: it may come about later.
    pub is_short: bool,
}

impl StartError {
    pub(super) fn new(why: impl Into<String>) -> StartError {
        StartError { why: why.into(), is_short: false }
    }

    /// `what` failed, as the system says it.
    pub(super) fn system(what: &str, error: impl Into<io::Error>) -> StartError {
        let error = error.into();
        let why = format!("{what}: {}", explain(&error));
        StartError { why, is_short: is_short(&error) }
    }

    /// Executing `name` failed.
    pub(super) fn exec(name: &str, error: &io::Error) -> StartError {
        match errno(error) {
            Some(Errno::NOENT) => StartError::new(format!(
                "{name}: not found, or the interpreter that it names is not"
            )),
            Some(Errno::ACCESS | Errno::PERM) => StartError::denied(name),
            Some(Errno::TOOBIG) => StartError::new(format!(
                "{name}: arguments and environment are too long; pass them by a file or stdin"
            )),
            Some(Errno::NOEXEC) => {
                StartError::new(format!("{name}: not a program for this kind of computer"))
            }
            _ => {
                let why = format!("{name}: {}", explain(error));
                StartError { why, is_short: is_short(error) }
            }
        }
    }

    pub(super) fn not_found(name: &str) -> StartError {
        StartError::new(format!("{name}: command not found"))
    }

    pub(super) fn denied(name: &str) -> StartError {
        StartError::new(format!("{name}: permission denied"))
    }

    pub(super) fn directory(path: &Path, host: &str, error: Errno) -> StartError {
        let error = plain(&error.into());
        let path = path.display();
        StartError::new(format!("no directory {path} on {host} ({error}); choose one with -C DIR"))
    }

    pub(super) fn not_loaded(texts: &[String]) -> StartError {
        let texts = texts.join("; ");
        StartError::new(format!("environment `{texts}` is not loaded on this host"))
    }

    pub(super) fn bad_variable(name: &str) -> StartError {
        StartError::new(format!("environment variable {name:?} has a name or value that none may"))
    }
}

impl From<StartError> for Status {
    fn from(error: StartError) -> Status {
        Status::NotStarted { why: error.why }
    }
}

/// The system's words, and what to do where that is known.
fn explain(error: &io::Error) -> String {
    let hint = match errno(error) {
        Some(Errno::MFILE | Errno::NFILE) => "; raise `ulimit -n` before `posse up`",
        Some(Errno::AGAIN) => "; `ulimit -u` or a cgroup allows no more processes",
        _ => "",
    };
    format!("{}{hint}", plain(error))
}

fn is_short(error: &io::Error) -> bool {
    let short = [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM];
    errno(error).is_some_and(|errno| short.contains(&errno))
}

fn errno(error: &io::Error) -> Option<Errno> {
    Errno::from_io_error(error)
}

/// Without Rust's ` (os error 2)`.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
