//! Signals that ask a front end of the farm to leave: seen between two looks at its job, instead of
//! ending the process. Called by those that have something to end first.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Signals {
    came: Arc<AtomicUsize>,
}

impl Signals {
    pub fn watch() -> io::Result<Signals> {
        let came = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // They are 1, 2 and 15.
            flag::register_usize(signal, Arc::clone(&came), signal as usize)?;
        }
        Ok(Signals { came })
    }

    /// The last that came.
    pub fn came(&self) -> Option<u8> {
        match self.came.load(Ordering::Relaxed) {
            0 => None,
            signal => u8::try_from(signal).ok(),
        }
    }
}
