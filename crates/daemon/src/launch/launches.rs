//! What is being launched, which launchers run, and who wants to know of their end. Held by the
//! shell.

use crate::process::How;
use crate::shell::Shell;
use posse_wire::msg::{HostRequest, Up};
use posse_wire::{CommandId, HostId};
use rustix::process::{Pid, Signal, kill_process_group};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use tokio::sync::oneshot;

/// One host to be launched.
pub(crate) struct Wanted {
    pub number: HostId,
    pub request: HostRequest,
}

/// What is being launched.
#[derive(Default)]
pub(crate) struct Launches {
    /// Gathered until the task of their campaign takes them.
    pub(super) wanted: RefCell<BTreeMap<CommandId, Vec<Wanted>>>,
    /// Launchers that run, and who wants to know of their end.
    running: RefCell<HashMap<Pid, oneshot::Sender<How>>>,
    by_host: RefCell<BTreeMap<HostId, Pid>>,
    stopped: RefCell<BTreeSet<HostId>>,
}

impl Launches {
    /// A process was reaped that is of no command.
    pub fn ended(&self, pid: Pid, how: How) {
        if let Some(tell) = self.running.borrow_mut().remove(&pid) {
            let _the_launch_may_be_over = tell.send(how);
        }
    }

    /// Nobody waits for this host any more.
    pub fn stop(&self, number: HostId) {
        self.stopped.borrow_mut().insert(number);
        if let Some(pid) = self.by_host.borrow().get(&number) {
            let _already_gone = kill_process_group(*pid, Signal::TERM);
        }
    }

    pub(super) fn is_stopped(&self, number: HostId) -> bool {
        self.stopped.borrow().contains(&number)
    }

    /// The launcher of a host, which [`Launches::stop`] ends.
    pub(super) fn started(&self, number: HostId, pid: Pid) -> oneshot::Receiver<How> {
        self.by_host.borrow_mut().insert(number, pid);
        self.awaited(pid)
    }

    pub(super) fn awaited(&self, pid: Pid) -> oneshot::Receiver<How> {
        let (tell, told) = oneshot::channel();
        self.running.borrow_mut().insert(pid, tell);
        told
    }

    pub(super) fn over(&self, number: HostId) {
        self.by_host.borrow_mut().remove(&number);
    }
}

/// Adds a host to the campaign of its `up`; the first one starts it.
pub(crate) fn begin(
    shell: &Rc<Shell>,
    number: HostId,
    request: HostRequest,
    up: CommandId,
    options: Rc<Up>,
) {
    shell.launches.stopped.borrow_mut().remove(&number);
    let mut wanted = shell.launches.wanted.borrow_mut();
    let campaign = wanted.entry(up).or_default();
    campaign.push(Wanted { number, request });
    if campaign.len() == 1 {
        tokio::task::spawn_local(super::campaign::run(shell.clone(), up, options));
    }
}
