//! A host's side of ^C: files that are not complete go, whatever ends the process. Called by
//! `receive.rs`; the front end has signals of its own.

use super::temporary::Temporaries;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;

pub fn clear_on_signal(temporaries: Temporaries) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    std::thread::Builder::new().name("posse-signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            temporaries.clear_for_good();
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}
