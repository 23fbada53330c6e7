//! `pvm_getfds`: a descriptor that becomes readable when a message has arrived, for programs that
//! wait in select(2).
//!
//! The daemon's socket would not do: what comes there may be read by another thread of the library,
//! and nothing would be left to see. So once a program has asked, a thread waits for arrivals and
//! writes to an eventfd. Called by `answers.rs` and `messages.rs`.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Weak;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};

use super::VmMachine;

/// How often the thread looks whether this task is still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl VmMachine {
    /// `None` where there is none to be had.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        if self.descriptor.get().is_none() {
            let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
            let made = eventfd(0, flags).ok()?;
            let shared = made.try_clone().ok()?;
            if self.descriptor.set(made).is_ok() {
                let (machine, seen) = (self.myself.clone(), self.messages().inbox.stamps());
                let named = thread::Builder::new().name("pvm-select".to_owned());
                named.spawn(move || tell(&machine, &shared, seen)).ok()?;
            }
        }
        self.descriptor.get().map(AsRawFd::as_raw_fd)
    }

    /// Whoever looks into the inbox knows what has arrived so far.
    pub(super) fn has_looked(&self) {
        if let Some(descriptor) = self.descriptor.get() {
            let _nothing_new = rustix::io::read(descriptor, &mut [0; 8]);
        }
    }
}

/// Until this task has left, or the vm is lost; that is to be seen as well.
fn tell(machine: &Weak<VmMachine>, descriptor: &OwnedFd, mut seen: u64) {
    let write = || rustix::io::write(descriptor, &1u64.to_ne_bytes());
    loop {
        let Some(machine) = machine.upgrade() else { return };
        let until = Some(Instant::now() + LOOK_EVERY);
        let new = machine.wait_for(until, |messages| {
            let now = messages.inbox.stamps();
            (now != seen || messages.left).then_some((now, messages.left))
        });
        match new {
            Ok(None) => {}
            Ok(Some((_, true))) => return,
            Ok(Some((now, false))) => {
                seen = now;
                let _it_is_readable = write();
            }
            Err(_) => {
                let _it_is_readable = write();
                return;
            }
        }
    }
}
