//! What the keyboard and the system tell a front end, passed on to the processes: ^C ends them
//! (again: at once), ^Z stops and continues them, a closed terminal ends them, a resized window is
//! theirs too. A thread of its own, since the others may wait.

use posse::Controller;
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// After this many interrupts the front end itself leaves; the daemon ends the command for it.
const PATIENCE: u32 = 3;

const ALL: [i32; 6] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT];

/// The commands that are told.
#[derive(Clone, Default)]
struct Everyone(Arc<Mutex<BTreeMap<usize, Controller>>>);

impl Everyone {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Controller>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure: they share one connection.
    fn each(
        &self,
        tell: impl Fn(&Controller) -> Result<(), posse::Error>,
    ) -> Result<(), posse::Error> {
        let results: Vec<_> = self.lock().values().map(tell).collect();
        results.into_iter().collect()
    }
}

/// Signals are passed on while this lives.
pub struct Passed {
    handle: Handle,
    everyone: Everyone,
    /// The signal that asked for the end, 0 for none.
    asked: Arc<AtomicU32>,
}

impl Passed {
    pub fn to(controller: Controller, has_terminal: bool) -> io::Result<Passed> {
        let mut wanted = ALL.to_vec();
        wanted.extend(has_terminal.then_some(SIGWINCH));
        Passed::these(&wanted, Some(controller))
    }

    /// To commands that come and go, see [`Passed::add`].
    pub fn to_several() -> io::Result<Passed> {
        Passed::these(&ALL, None)
    }

    /// To a command that outlives this front end: what is typed, not the end of the terminal.
    pub fn keyboard(controller: Controller) -> io::Result<Passed> {
        Passed::these(&[SIGINT, SIGQUIT], Some(controller))
    }

    fn these(wanted: &[i32], controller: Option<Controller>) -> io::Result<Passed> {
        let mut signals = Signals::new(wanted)?;
        let handle = signals.handle();
        let asked = Arc::new(AtomicU32::new(0));
        let told = asked.clone();
        let everyone = Everyone::default();
        if let Some(controller) = controller {
            everyone.lock().insert(0, controller);
        }
        let several = everyone.clone();
        std::thread::Builder::new().name("posse-signals".into()).spawn(move || {
            let mut ends = 0;
            for signal in &mut signals {
                pass(signal, &several, &mut ends, &told);
            }
        })?;
        Ok(Passed { handle, everyone, asked })
    }

    /// One more command, by a key of the caller's.
    pub fn add(&self, key: usize, controller: Controller) {
        self.everyone.lock().insert(key, controller);
    }

    pub fn remove(&self, key: usize) {
        self.everyone.lock().remove(&key);
    }

    /// Ends all of them, with this signal first.
    pub fn end_all(&self, signal: u8) -> Result<(), posse::Error> {
        self.everyone.each(|controller| controller.end_with(None, signal))
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

fn pass(signal: i32, everyone: &Everyone, ends: &mut u32, asked: &AtomicU32) {
    let number = u8::try_from(signal).unwrap_or(0);
    // A lost connection shows where events are awaited.
    let _lost = match signal {
        SIGTSTP => {
            let stop = Signal::STOP.as_raw() as u8;
            let sent = everyone.each(|controller| controller.signal(None, stop));
            let _cannot_fail = kill_process(getpid(), Signal::STOP);
            sent
        }
        SIGCONT => everyone.each(|controller| controller.signal(None, number)),
        SIGWINCH => {
            let size = super::local::window_size();
            everyone.each(|controller| controller.resize(size))
        }
        _ => {
            asked.store(signal.unsigned_abs(), Ordering::Relaxed);
            *ends += 1;
            if *ends >= PATIENCE {
                std::process::exit(128 + signal);
            }
            let again = Signal::KILL.as_raw() as u8;
            let first = if *ends > 1 { again } else { number };
            everyone.each(|controller| controller.end_with(None, first))
        }
    };
}
