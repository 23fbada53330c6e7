//! A command whose stdout and stderr can be looked at while it runs; signals to what runs, and
//! what it takes.
//! Not for commands that are waited for at once: those are `ran`. Called by tests of faults.

use crate::Vm;
use posse_bed::{Process, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What has not ended by now does not end.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

pub struct Watched {
    pub child: Child,
    out: PathBuf,
    err: PathBuf,
    start: Instant,
}

impl Watched {
    /// Starts `posse ARGS`; what it says goes to the files `out` and `err` of this directory.
    #[must_use]
    pub fn start(vm: &Vm, directory: &Path, args: &[&str]) -> Watched {
        Watched::of(vm.command(args), directory)
    }

    /// The same of a command that is typed elsewhere.
    #[must_use]
    pub fn of(mut command: Command, directory: &Path) -> Watched {
        let (out, err) = (directory.join("out"), directory.join("err"));
        let file = |path| std::fs::File::create(path).unwrap();
        command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
        Watched { child: command.spawn().unwrap(), out, err, start: Instant::now() }
    }

    /// Its stdout so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.out).unwrap()).into_owned()
    }

    #[must_use]
    pub fn lines(&self) -> usize {
        self.text().lines().count()
    }

    /// Its stderr so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    /// The exit status (128 and the signal where one ended it), stderr, and when it ended.
    #[track_caller]
    pub fn end(&mut self) -> (i32, String, Duration) {
        let mut code = None;
        let ended = wait_until(ENDS_WITHIN, || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        assert!(ended, "it does not end: {}", self.said());
        let code = code.unwrap();
        let code = code.code().or_else(|| code.signal().map(|signal| 128 + signal));
        (code.unwrap(), self.said(), self.start.elapsed())
    }
}

pub fn signal(process: &Process, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(process.pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Memory that is its own, in KiB.
#[must_use]
pub fn resident_kib(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
