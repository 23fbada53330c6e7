//! Runs what a line asks for as a process of its own and waits for it, with the terminal as it
//! was before whatever the process does to it. ^C is for that process, not for the console.

use crate::error::{Error, Kind};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGINT, SIGQUIT};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What lines are run with.
pub struct Runner {
    vm: Option<String>,
    /// Whether the processes read our stdin; a script on stdin is not theirs to read.
    shares_stdin: bool,
    interrupted: Arc<AtomicBool>,
    terminal: Option<Termios>,
}

impl Runner {
    pub fn new(vm: Option<&str>, shares_stdin: bool) -> Result<Runner, Error> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGQUIT] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let terminal = tcgetattr(rustix::stdio::stdin()).ok();
        Ok(Runner { vm: vm.map(str::to_owned), shares_stdin, interrupted, terminal })
    }

    /// `posse WORDS`.
    pub fn posse(&self, words: &[String]) -> Result<u8, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words);
        if let Some(vm) = &self.vm {
            command.env("POSSE_VM_NAME", vm);
        }
        self.run(command, "posse")
    }

    /// `sh -c LINE`, or the user's shell.
    pub fn local(&self, line: &str) -> Result<u8, Error> {
        if line.is_empty() {
            let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
            return self.run(Command::new(&shell), &shell);
        }
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(line);
        self.run(command, "/bin/sh")
    }

    /// Whether ^C was typed since the last line was begun.
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn run(&self, mut command: Command, what: &str) -> Result<u8, Error> {
        self.interrupted.store(false, Ordering::Relaxed);
        if !self.shares_stdin {
            command.stdin(Stdio::null());
        }
        let status = command.status();
        if let Some(terminal) = &self.terminal {
            let _gone = tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, terminal);
        }
        let status = status
            .map_err(|error| Error::new(Kind::System, format!("cannot start {what}: {error}")))?;
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
        Ok(u8::try_from(code.unwrap_or(255)).unwrap_or(255))
    }
}
