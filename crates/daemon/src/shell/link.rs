//! Links of this daemon: a task that reads each, and one that writes where the other end is slow.

use super::core::Shell;
use posse_net::identity::PublicKey;
use posse_net::link::{Link, LinkError};
use posse_proto::{Input, LinkId, Peer};
use posse_wire::limits::MESSAGES_QUEUED_BYTES_MAX;
use posse_wire::{Frame, HostId, Kind, ProcessId};
use rustix::process::{Pid, Signal};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_local};

/// What is still queued on a link that is closed gets this long to leave.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A launcher (ssh) may hold back what it was given last; so it is ended only when the daemon
/// behind it has closed the link, or has had this long to do so.
const PARTING: Duration = Duration::from_secs(5);

struct Open {
    link: Rc<Link>,
    reader: JoinHandle<()>,
    writing: Rc<Cell<bool>>,
    drained: Rc<Notify>,
    /// The launcher (ssh) whose pipe this is; ended with the link.
    launcher: Option<Pid>,
    /// Descriptors whose closing tells somebody that the link is closed.
    held: Vec<OwnedFd>,
    /// What the peer proved in its handshake as this host; its hello must name the same. What it
    /// says of hosts below it is another matter.
    proven: Option<(HostId, PublicKey)>,
    /// The process that shares memory with others.
    process: Option<ProcessId>,
}

#[derive(Default)]
pub(super) struct Links {
    open: RefCell<BTreeMap<LinkId, Open>>,
    dirty: RefCell<Vec<LinkId>>,
    /// Links whose daemons were told to end, and close them when they have.
    parting: RefCell<BTreeSet<LinkId>>,
    next: Cell<u64>,
}

impl Shell {
    /// Takes a connected link into service.
    pub fn open_link(self: &Rc<Self>, link: Link, peer: Peer, launcher: Option<Pid>) -> LinkId {
        let id = LinkId(self.links.next.get());
        self.links.next.set(id.0 + 1);
        let link = Rc::new(link);
        let reader = spawn_local(read_link(self.clone(), id, link.clone()));
        let open = Open {
            link,
            reader,
            writing: Rc::default(),
            drained: Rc::default(),
            launcher,
            held: Vec::new(),
            proven: None,
            process: None,
        };
        self.links.open.borrow_mut().insert(id, open);
        self.feed(Input::LinkOpened { link: id, peer });
        id
    }

    /// Closes these with the link.
    pub fn hold_with_link(&self, id: LinkId, descriptors: Vec<OwnedFd>) {
        if let Some(open) = self.links.open.borrow_mut().get_mut(&id) {
            open.held.extend(descriptors);
        }
    }

    /// Gives this process a frame with descriptors: it is going to share memory, or to have links
    /// of its own.
    pub(crate) fn hand(
        self: &Rc<Self>,
        (id, process): (LinkId, ProcessId),
        frame: &Frame,
        descriptors: Vec<OwnedFd>,
    ) {
        if let Some(open) = self.links.open.borrow_mut().get_mut(&id) {
            open.process = Some(process);
            open.link.push_with(frame, descriptors);
            self.links.dirty.borrow_mut().push(id);
        }
        self.flush_links();
    }

    /// The peer, which is this host, has proven this key.
    pub fn expect_key(&self, id: LinkId, number: HostId, key: PublicKey) {
        if let Some(open) = self.links.open.borrow_mut().get_mut(&id) {
            open.proven = Some((number, key));
        }
    }

    /// Whether this link may name this key for this host.
    pub(super) fn is_proven(&self, id: LinkId, number: HostId, key: [u8; 32]) -> bool {
        let may = |(peer, proven): (HostId, PublicKey)| peer != number || proven.0 == key;
        self.links.open.borrow().get(&id).is_some_and(|open| open.proven.is_none_or(may))
    }

    pub(super) fn send(self: &Rc<Self>, id: LinkId, frame: &Frame) {
        if id.is_guest() {
            return self.feed(Input::Tell { link: id, frame: frame.clone() });
        }
        if let Some(open) = self.links.open.borrow().get(&id) {
            if frame.kind == Kind::Message && open.link.queued() > MESSAGES_QUEUED_BYTES_MAX {
                // Its source sends it again.
                return;
            }
            open.link.push(frame);
            if frame.kind == Kind::Down {
                self.links.parting.borrow_mut().insert(id);
            }
            let mut dirty = self.links.dirty.borrow_mut();
            if dirty.last() != Some(&id) {
                dirty.push(id);
            }
        }
    }

    /// Says something that the state machine has no part in.
    pub fn say(self: &Rc<Self>, id: LinkId, frame: &Frame) {
        self.send(id, frame);
        self.flush_links();
    }

    pub(super) fn flush_links(self: &Rc<Self>) {
        let dirty = std::mem::take(&mut *self.links.dirty.borrow_mut());
        let mut stuck = Vec::new();
        for id in dirty {
            let open = self.links.open.borrow();
            let Some(open) = open.get(&id) else { continue };
            // An error shows at the reader too, which closes the link.
            if !open.writing.get() && open.link.flush().is_ok_and(|done| !done) {
                open.writing.set(true);
                let (link, writing) = (open.link.clone(), open.writing.clone());
                let drained = open.drained.clone();
                spawn_local(async move {
                    let _closed_by_reader = link.drain().await;
                    writing.set(false);
                    drained.notify_waiters();
                });
            }
            if open.link.queued() > posse_wire::limits::LINK_QUEUE_BYTES_MAX {
                stuck.push(id);
            }
        }
        for id in stuck {
            self.link_closed(id, &LinkError::Stuck);
        }
    }

    /// Sends at the pace of the link: returns once little is queued. False where it is gone.
    pub async fn send_paced(self: &Rc<Self>, id: LinkId, frame: &Frame, queued_max: usize) -> bool {
        self.send(id, frame);
        self.flush_links();
        loop {
            let carrier = if id.is_guest() {
                match self.with_daemon(|daemon| daemon.carrier(id)) {
                    None => return false,
                    Some(carrier) => carrier,
                }
            } else {
                id
            };
            let (queued, drained) = match self.links.open.borrow().get(&carrier) {
                None => return false,
                Some(open) => (open.link.queued(), open.drained.clone()),
            };
            if queued <= queued_max {
                return true;
            }
            drained.notified().await;
        }
    }

    fn take_out(&self, id: LinkId) -> Option<Open> {
        let open = self.links.open.borrow_mut().remove(&id)?;
        self.links.parting.borrow_mut().remove(&id);
        if let Some(process) = open.process {
            self.spinning.reclaim(process);
        }
        Some(open)
    }

    /// The state machine is done with it.
    pub(super) fn close_link(&self, id: LinkId) {
        let Some(open) = self.take_out(id) else { return };
        open.reader.abort();
        open.drained.notify_waiters();
        spawn_local(async move {
            let _nobody_left_to_tell = tokio::time::timeout(LAST_WORDS, open.link.drain()).await;
            if open.launcher.is_some() {
                let _it_may_hang = tokio::time::timeout(PARTING, closed(&open.link)).await;
            }
            end_launcher(open.launcher);
        });
    }

    fn link_closed(self: &Rc<Self>, id: LinkId, why: &LinkError) {
        let Some(open) = self.take_out(id) else { return };
        open.drained.notify_waiters();
        if let Some(launcher) = open.launcher {
            // It ends by itself, and how it ends says what has become of the host.
            let shell = self.clone();
            spawn_local(async move {
                tokio::time::sleep(LAST_WORDS).await;
                if shell.launches.is_running(launcher) {
                    end_launcher(Some(launcher));
                }
            });
        }
        self.feed(Input::LinkClosed { link: id, why: why.to_string() });
    }

    /// Gives what is queued everywhere a moment to leave, and the daemons below a moment to end,
    /// before this one does.
    pub async fn last_words(&self) {
        let links: Vec<Rc<Link>> =
            self.links.open.borrow().values().map(|open| open.link.clone()).collect();
        let all = async {
            for link in links {
                let _best_effort = link.drain().await;
            }
        };
        let _best_effort = tokio::time::timeout(LAST_WORDS, all).await;
        let _some_may_hang = tokio::time::timeout(PARTING, self.parted()).await;
    }

    /// Every daemon that was told to end has closed its link.
    async fn parted(&self) {
        loop {
            let next = self.links.parting.borrow_mut().pop_first();
            let Some(id) = next else { return };
            let drained = self.links.open.borrow().get(&id).map(|open| open.drained.clone());
            if let Some(drained) = drained {
                self.links.parting.borrow_mut().insert(id);
                drained.notified().await;
            }
        }
    }
}

/// Reads, and forgets, what still comes until the other end closes.
async fn closed(link: &Link) {
    let mut frames = Vec::new();
    while link.read(&mut frames).await.is_ok() {
        frames.clear();
    }
}

fn end_launcher(launcher: Option<Pid>) {
    if let Some(pid) = launcher {
        let _already_gone = rustix::process::kill_process(pid, Signal::TERM);
    }
}

async fn read_link(shell: Rc<Shell>, id: LinkId, link: Rc<Link>) {
    let mut frames = Vec::new();
    loop {
        match link.read(&mut frames).await {
            Ok(()) => {
                shell.feed_all(frames.drain(..).map(|frame| Input::Frame { link: id, frame }));
            }
            Err(why) => return shell.link_closed(id, &why),
        }
    }
}
