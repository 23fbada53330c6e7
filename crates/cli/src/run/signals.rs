//! What the keyboard and the system tell a front end, passed on to the processes: ^C ends them
//! (again: at once), ^Z stops and continues them, a closed terminal ends them, a resized window is
//! theirs too. A thread of its own, since the others may wait.

use posse::Controller;
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// After this many interrupts the front end itself leaves; the daemon ends the command for it.
const PATIENCE: u32 = 3;

/// Signals are passed on while this lives.
pub struct Passed {
    handle: Handle,
    /// The signal that asked for the end, 0 for none.
    asked: Arc<AtomicU32>,
}

impl Passed {
    pub fn to(controller: Controller, has_terminal: bool) -> io::Result<Passed> {
        let mut wanted = vec![SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT];
        wanted.extend(has_terminal.then_some(SIGWINCH));
        Passed::these(&wanted, controller)
    }

    /// To a command that outlives this front end: what is typed, not the end of the terminal.
    pub fn keyboard(controller: Controller) -> io::Result<Passed> {
        Passed::these(&[SIGINT, SIGQUIT], controller)
    }

    fn these(wanted: &[i32], controller: Controller) -> io::Result<Passed> {
        let mut signals = Signals::new(wanted)?;
        let handle = signals.handle();
        let asked = Arc::new(AtomicU32::new(0));
        let told = asked.clone();
        std::thread::Builder::new().name("posse-signals".into()).spawn(move || {
            let mut ends = 0;
            for signal in &mut signals {
                pass(signal, &controller, &mut ends, &told);
            }
        })?;
        Ok(Passed { handle, asked })
    }

    /// 128 and the signal, where one asked for the end.
    pub fn code(&self) -> Option<u8> {
        let signal = self.asked.load(Ordering::Relaxed);
        (signal > 0).then(|| 128u8.saturating_add(signal as u8))
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn pass(signal: i32, controller: &Controller, ends: &mut u32, asked: &AtomicU32) {
    let number = u8::try_from(signal).unwrap_or(0);
    // A lost connection shows where events are awaited.
    let _lost = match signal {
        SIGTSTP => {
            let stop = Signal::STOP.as_raw() as u8;
            let sent = controller.signal(None, stop);
            let _cannot_fail = kill_process(getpid(), Signal::STOP);
            sent
        }
        SIGCONT => controller.signal(None, number),
        SIGWINCH => controller.resize(super::local::window_size()),
        _ => {
            asked.store(signal.unsigned_abs(), Ordering::Relaxed);
            *ends += 1;
            if *ends >= PATIENCE {
                std::process::exit(128 + signal);
            }
            let again = Signal::KILL.as_raw() as u8;
            controller.end_with(None, if *ends > 1 { again } else { number })
        }
    };
}
