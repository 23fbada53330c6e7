//! What is being launched, which launchers run, and who wants to know of their end. Held by the
//! shell.

use super::image::Images;
use crate::limits::REDIALS_MAX;
use crate::process::How;
use crate::shell::Shell;
use posse_net::identity::PublicKey;
use posse_wire::msg::{HostRequest, Ports, Seek, Up};
use posse_wire::{CommandId, HostId};
use rustix::process::{Pid, Signal, kill_process_group};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use tokio::sync::{Semaphore, oneshot};

/// One host to be launched.
pub(crate) struct Wanted {
    pub number: HostId,
    pub request: HostRequest,
}

/// What is being launched.
pub(crate) struct Launches {
    /// Gathered until the task of their campaign takes them.
    pub(super) wanted: RefCell<BTreeMap<CommandId, Vec<Wanted>>>,
    /// Launchers that run, and who wants to know of their end.
    running: RefCell<HashMap<Pid, oneshot::Sender<How>>>,
    by_host: RefCell<BTreeMap<HostId, Pid>>,
    stopped: RefCell<BTreeSet<HostId>>,
    ways: RefCell<BTreeMap<HostId, Rc<Way>>>,
    /// Hosts that this one relays for because it was asked to look for them.
    sought: RefCell<BTreeMap<HostId, Seek>>,
    latest: RefCell<Option<Rc<Up>>>,
    /// Of those who look for lost hosts by logging in.
    pub(super) turns: Semaphore,
    pub(super) images: tokio::sync::Mutex<Weak<Images>>,
}

/// How a host was reached last, to be tried again when its link is lost. Held in memory only: it
/// has the environment of the `up` that brought the host.
pub(super) struct Way {
    pub request: HostRequest,
    pub options: Rc<Up>,
    /// Where its daemon was dialed, and the key that it has proven there.
    pub direct: Option<(SocketAddr, PublicKey)>,
    /// Its port was tried in vain since the link was lost: not again.
    pub deaf: Cell<bool>,
    /// How the launcher ended, once it has.
    pub ended: Cell<Option<oneshot::Receiver<How>>>,
}

impl Way {
    /// The same host, dialed now.
    pub fn at_port(&self, address: SocketAddr, key: PublicKey) -> Way {
        let (request, options) = (self.request.clone(), self.options.clone());
        let (direct, deaf) = (Some((address, key)), Cell::default());
        Way { request, options, direct, deaf, ended: Cell::default() }
    }
}

impl Default for Launches {
    fn default() -> Self {
        Launches {
            wanted: RefCell::default(),
            running: RefCell::default(),
            by_host: RefCell::default(),
            stopped: RefCell::default(),
            ways: RefCell::default(),
            sought: RefCell::default(),
            latest: RefCell::default(),
            turns: Semaphore::new(REDIALS_MAX),
            images: tokio::sync::Mutex::new(Weak::new()),
        }
    }
}

impl Launches {
    /// This is how the host was reached.
    pub(super) fn remember(&self, number: HostId, way: Way) {
        *self.latest.borrow_mut() = Some(way.options.clone());
        self.sought.borrow_mut().remove(&number);
        self.ways.borrow_mut().insert(number, Rc::new(way));
    }

    /// This is how the host was asked for, and found.
    pub(crate) fn relays(&self, seek: &Seek) {
        self.sought.borrow_mut().insert(seek.number, seek.clone());
    }

    pub(super) fn sought(&self, number: HostId) -> Option<Seek> {
        self.sought.borrow().get(&number).cloned()
    }

    pub(super) fn way(&self, number: HostId) -> Option<Rc<Way>> {
        self.ways.borrow().get(&number).cloned()
    }

    /// For a host that was reached through another one, or by an earlier life of this daemon: as
    /// this computer reached its last, or with nothing special.
    pub(super) fn guess(&self, request: HostRequest) -> Way {
        let options = self.latest.borrow().clone().unwrap_or_else(|| Rc::new(plain()));
        Way { request, options, direct: None, deaf: Cell::default(), ended: Cell::default() }
    }

    pub(crate) fn is_running(&self, launcher: Pid) -> bool {
        self.running.borrow().contains_key(&launcher)
    }

    /// A process was reaped that is of no command.
    pub fn ended(&self, pid: Pid, how: How) {
        if let Some(tell) = self.running.borrow_mut().remove(&pid) {
            let _the_launch_may_be_over = tell.send(how);
        }
    }

    /// Nobody waits for this host any more.
    pub fn stop(&self, number: HostId) {
        self.stopped.borrow_mut().insert(number);
        self.ways.borrow_mut().remove(&number);
        self.sought.borrow_mut().remove(&number);
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

fn plain() -> Up {
    Up {
        hosts: Vec::new(),
        environment: Vec::new(),
        interactive: false,
        ram: false,
        direct: false,
        ports: Ports::Any,
        via: None,
        linger_ms: u64::try_from(posse_wire::limits::LINGER.as_millis()).unwrap_or(u64::MAX),
        timeout_ms: 0,
        connect_ms: None,
        window: 1,
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
