//! The keeper's life. Asleep in one wait nearly all of it: a signal is the only thing that wakes
//! it. Called by the binary's `main` for `posse keeper`.

use super::attend::forget_stdin;
use super::options::Options;
use crate::process::{Families, How, Who, become_reaper, end, limits, reap_all};
use rustix::process::{Pid, Signal, chdir, kill_process, setsid};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a daemon exits with that found another one in its place, whose files are not ours to
/// remove: EX_TEMPFAIL of sysexits.
pub const ANOTHER_SERVES: u8 = 75;

/// `args` are those behind the word `keeper`. The code is the daemon's, as a shell says it.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(options) = Options::from_args(args) else {
        say("keeper: started by posse itself, not by hand");
        return ExitCode::from(2);
    };
    // Fails where it leads a group already, that is, was started by hand; then it stays there.
    let _ = setsid();
    let _ = chdir("/");
    let _ = rustix::thread::set_name(c"posse-keeper");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(keep(&options))) {
        Ok(how) => ExitCode::from(code(how)),
        Err(error) => {
            say(&format!("keeper: {error}"));
            ExitCode::FAILURE
        }
    }
}

struct Keeper {
    families: RefCell<Families>,
    ended: Stream,
    /// Any of these ends the daemon. Having them also undoes what an ignoring caller (nohup, a
    /// shell's `&`) would hand down to every command.
    asked: [Stream; 4],
    is_asked: bool,
}

async fn keep(options: &Options) -> io::Result<How> {
    become_reaper()?;
    let mut keeper = Keeper {
        families: RefCell::new(Families::new()),
        ended: signal(SignalKind::child())?,
        asked: [
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::quit())?,
        ],
        is_asked: false,
    };
    let mut crashes: VecDeque<Instant> = VecDeque::new();
    let how = loop {
        let daemon = start(options)?;
        // The daemon's descriptors waited there; nobody else is to get them.
        forget_stdin()?;
        let how = keeper.attend_to(daemon).await;
        let is_over = how == How::Exited(0) || how == How::Exited(ANOTHER_SERVES);
        if is_over || keeper.is_asked || !options.restart {
            break how;
        }
        crashes.push_back(Instant::now());
        crashes.retain(|crash| crash.elapsed() < limits::RESTART_WINDOW);
        if crashes.len() > limits::RESTARTS_MAX {
            say("keeper: the daemon crashed too often and is not started again");
            break how;
        }
        say(&format!("keeper: the daemon crashed ({how:?}) and is started again"));
        keeper.end(Who::Work, limits::KEEPER_GRACE).await;
    };
    // At once: the next life of this host may begin while what this one left is being ended.
    if how != How::Exited(ANOTHER_SERVES) {
        for tree in &options.trees {
            let _may_never_have_existed = std::fs::remove_dir_all(tree);
        }
        options.files.iter().for_each(|file| remove(file));
    }
    keeper.end(Who::All, limits::KEEPER_GRACE).await;
    Ok(how)
}

impl Keeper {
    /// Until the daemon is over.
    async fn attend_to(&mut self, daemon: Pid) -> How {
        self.families.borrow_mut().spare(daemon);
        let [term, hangup, interrupt, quit] = &mut self.asked;
        loop {
            tokio::select! {
                _ = self.ended.recv() => {
                    let mut found = None;
                    for (pid, how) in reap_all() {
                        self.families.borrow_mut().reaped(pid);
                        found = found.or((pid == daemon).then_some(how));
                    }
                    if let Some(how) = found {
                        return how;
                    }
                    continue;
                }
                _ = term.recv() => {}
                _ = hangup.recv() => {}
                _ = interrupt.recv() => {}
                _ = quit.recv() => {}
            }
            self.is_asked = true;
            let _ = kill_process(daemon, Signal::TERM);
        }
    }

    /// Ends what the daemon left.
    async fn end(&mut self, who: Who, grace: Duration) {
        let ending = end(&self.families, who, Signal::TERM, grace);
        tokio::pin!(ending);
        loop {
            tokio::select! {
                left = &mut ending => {
                    if left > 0 {
                        say(&format!("keeper: {left} processes could not be ended"));
                    }
                    return;
                }
                _ = self.ended.recv() => {
                    for (pid, _) in reap_all() {
                        self.families.borrow_mut().reaped(pid);
                    }
                }
            }
        }
    }
}

fn start(options: &Options) -> io::Result<Pid> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("posse").args(&options.daemon).process_group(0);
    Ok(Pid::from_child(&command.spawn()?))
}

/// A file, or a directory that is empty by now.
pub fn remove(path: &Path) {
    if std::fs::remove_file(path).is_err() {
        let _ = std::fs::remove_dir(path);
    }
}

/// 128 and the signal, as a shell says it.
fn code(how: How) -> u8 {
    match how {
        How::Exited(code) => code,
        How::Signaled(signal) => 128u8.saturating_add(signal),
    }
}

/// Into the log, which is standard error; there is nobody else to tell.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
