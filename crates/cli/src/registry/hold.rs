//! `posse names register NAME VALUE -- CMD`: the name is this front end's while CMD runs. ^C is for
//! CMD, which the terminal tells; what asks this front end to end is passed on to it.

use crate::error::Error;
use crate::{run, tell};
use posse::{NameChange, Vm};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

/// The exit status of CMD.
pub fn hold(vm: &Vm, name: &str, value: &[u8], words: &[String]) -> Result<u8, Error> {
    let names = vm.names();
    let version = names.register(name, value).map_err(|error| super::error(vm, error))?;
    let signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let mut child = run::local::program(words)?;
    let pid = Pid::from_child(&child);
    let handle = signals.handle();
    let pass = Builder::new().name("posse-signals".into()).spawn(move || pass_on(signals, pid))?;
    let is_over = Arc::new(AtomicBool::new(false));
    let (watched, held, over) = (vm.clone(), name.to_owned(), is_over.clone());
    Builder::new().name("posse-name".into()).spawn(move || {
        if let Some(why) = lost(&watched, &held, version)
            && !over.load(Ordering::Relaxed)
        {
            tell::note(&format!("the name `{held}` is released while its command runs: {why}"));
        }
    })?;
    let code = run::local::code(&mut child);
    is_over.store(true, Ordering::Relaxed);
    handle.close();
    let _ends_with_the_handle = pass.join();
    // Said rather than left to the end of the connection, so that it is free when we return.
    match names.unregister(name, Some(version)) {
        Ok(()) | Err(posse::Error::NameTaken { .. } | posse::Error::NoSuchName { .. }) => {}
        Err(error) => tell::note(&format!("the name `{name}` is released with this end: {error}")),
    }
    Ok(code)
}

fn pass_on(mut signals: Signals, pid: Pid) {
    for signal in &mut signals {
        // The terminal sends ^C and ^\ to the command as well.
        let passed = match signal {
            SIGTERM => Some(Signal::TERM),
            SIGHUP => Some(Signal::HUP),
            _ => None,
        };
        if let Some(signal) = passed {
            let _it_may_be_over = kill_process(pid, signal);
        }
    }
}

/// Why this front end does not have the name any more; it ends unheard when the command has.
fn lost(vm: &Vm, name: &str, version: u64) -> Option<String> {
    let mut changes = vm.names().watch(name).ok()?;
    match vm.names().lookup(name) {
        Ok(Some(entry)) if entry.version == version => {}
        Ok(_) => return Some("somebody unregistered it".to_owned()),
        Err(error) => return Some(error.to_string()),
    }
    loop {
        match changes.next_change(None) {
            Ok(NameChange::Released(other)) if other == name => {
                return Some("somebody unregistered it".to_owned());
            }
            Ok(_) => {}
            Err(error) => return Some(error.to_string()),
        }
    }
}
