//! `pvm_notify`: who hears of ends and of new hosts.
//!
//! Ends of tasks come with the messages (`messages.rs`); of hosts a thread hears, from the vm's
//! events, once this task has asked for them. Called by `answers.rs`.

use std::sync::Weak;
use std::thread;
use std::time::{Duration, Instant};

use posse::{Events, Happening};

use super::{VmMachine, lock};
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::{About, Notice};

/// How often the thread looks whether this task is still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Routes that are remembered; when there are more, they are told of anew.
const ROUTES_MAX: usize = 1 << 16;

impl VmMachine {
    pub(super) fn watch(&self, notice: &Notice) -> Result<()> {
        if notice.cancel {
            let mut messages = self.messages();
            let due = messages.watches.cancel(notice);
            messages.push_due(due);
            drop(messages);
            self.process.wake();
            return Ok(());
        }
        if matches!(notice.about, About::HostAdd(_) | About::HostDelete(_)) {
            self.hear_events()?;
        }
        self.messages().watches.add(notice.clone());
        match &notice.about {
            About::TaskExit(tids) => tids.iter().try_for_each(|tid| self.watch_task(*tid))?,
            About::HostDelete(tids) => {
                let hosts = self.working_hosts()?;
                let is_there =
                    |tid: &Tid| hosts.iter().any(|host| Tid::of_host(host.number) == Some(*tid));
                for gone in tids.iter().filter(|tid| !is_there(tid)) {
                    let mut messages = self.messages();
                    let due = messages.watches.host_over(*gone);
                    messages.push_due(due);
                }
            }
            About::RouteDelete(tids) => tids.iter().try_for_each(|tid| self.watch_route(*tid))?,
            About::HostAdd(_) | About::RouteAdd(_) => {}
        }
        self.process.wake();
        Ok(())
    }

    fn watch_task(&self, tid: Tid) -> Result<()> {
        if !self.is_over(tid) {
            return self.follow(tid);
        }
        let mut messages = self.messages();
        let due = messages.watches.task_over(tid);
        messages.push_due(due);
        Ok(())
    }

    /// Where there is no route, that is told at once.
    fn watch_route(&self, tid: Tid) -> Result<()> {
        let mut messages = self.messages();
        if messages.routes.contains(&tid) {
            drop(messages);
            return self.follow(tid);
        }
        let due = messages.watches.route_over(tid);
        messages.push_due(due);
        Ok(())
    }

    /// The first message to a task by `PvmRouteDirect` makes a route.
    pub(super) fn route_to(&self, to: &[Tid]) {
        let mut messages = self.messages();
        for tid in to.iter().filter(|tid| tid.is_task()) {
            if messages.routes.len() >= ROUTES_MAX {
                messages.routes.clear();
            }
            if messages.routes.insert(*tid) {
                let due = messages.watches.route_added(*tid);
                messages.push_due(due);
            }
        }
    }

    fn hear_events(&self) -> Result<()> {
        let mut hears = lock(&self.hears_events);
        if *hears {
            return Ok(());
        }
        // Asked for here, so that nothing is missed after this returns.
        let events = self.ask(|vm| vm.events(false))?;
        let machine = self.myself.clone();
        let named = thread::Builder::new().name("pvm-events".to_owned());
        named.spawn(move || listen(&machine, events)).map_err(|_| PvmError::OutOfRes)?;
        *hears = true;
        Ok(())
    }

    fn happened(&self, host: Tid, what: &Happening) {
        let mut messages = self.messages();
        let due = match what {
            Happening::HostDown { .. } | Happening::HostRemoved => messages.watches.host_over(host),
            Happening::HostUp { .. } => messages.watches.hosts_added(&[host]),
            _ => return,
        };
        messages.push_due(due);
        drop(messages);
        self.process.wake();
    }
}

/// Until this task has left, or the vm is lost. Where another daemon has come to lead its events
/// are heard from then on.
fn listen(machine: &Weak<VmMachine>, mut events: Events) {
    loop {
        let event = events.next_event(Some(Instant::now() + LOOK_EVERY));
        let Some(machine) = machine.upgrade() else { return };
        match event {
            Ok(event) => {
                if let Some(host) = Tid::of_host(event.host) {
                    machine.happened(host, &event.what);
                }
            }
            Err(error) if error.is_deadline() => {}
            Err(_) => match machine.ask(|vm| vm.events(false)) {
                Ok(again) => events = again,
                Err(_) => return,
            },
        }
    }
}
