//! Writes what a voter wants kept, in order, one thing at a time, on a thread that may block. What
//! waits is bounded by what the voter lets be under way. A write that fails is tried again until
//! it succeeds; the voter knows meanwhile. Called by `voter`.

use super::files::{Files, SNAPSHOT_IN, SNAPSHOT_NEW};
use super::generation::{Fresh, Held};
use super::voter::Voter;
use crate::limits::DISK_AGAIN;
use crate::shell::Shell;
use posse_control::consensus::{Hard, Input, LogEntry, Persist, SnapshotMeta};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};

/// Bytes of entries that go out with one fsync, about.
const GROUP_ENTRIES: usize = 4096;

pub(super) enum Op {
    Append(Persist),
    /// A piece of the leader's snapshot.
    Piece {
        number: u64,
        bytes: Vec<u8>,
    },
    /// Those pieces are the next generation.
    Switch(Persist),
}

/// A voter's disk.
pub(super) struct Disk {
    queue: RefCell<VecDeque<Op>>,
    /// Taken while it is written to.
    files: RefCell<Option<Files>>,
    incoming: RefCell<Option<Fresh>>,
    /// Our own snapshot, as far as it is written.
    own: RefCell<Option<(SnapshotMeta, Option<Fresh>)>>,
    held: RefCell<Held>,
    busy: Cell<bool>,
    idle: Notify,
}

/// What is written next.
enum Work {
    Append {
        hard: Option<Hard>,
        entries: Vec<LogEntry>,
        sync: bool,
        number: u64,
    },
    Piece {
        number: u64,
        bytes: Vec<u8>,
    },
    Switch(Persist),
    /// The next piece of our own snapshot, and with none the log behind it.
    Own,
}

impl Disk {
    pub fn new(files: Files, held: Held) -> Disk {
        Disk {
            queue: RefCell::default(),
            files: RefCell::new(Some(files)),
            incoming: RefCell::default(),
            own: RefCell::default(),
            held: RefCell::new(held),
            busy: Cell::new(false),
            idle: Notify::new(),
        }
    }

    pub fn held(&self) -> Held {
        self.held.borrow().clone()
    }

    pub fn push(&self, op: Op) {
        self.queue.borrow_mut().push_back(op);
    }

    pub fn begin_snapshot(&self, meta: SnapshotMeta) {
        *self.own.borrow_mut() = Some((meta, None));
    }

    /// Until no thread writes any more; to be asked when the voter is over.
    pub async fn idle(&self) {
        while self.busy.get() {
            self.idle.notified().await;
        }
    }

    /// Appends that follow each other are one write.
    fn next(&self) -> Option<Work> {
        let mut queue = self.queue.borrow_mut();
        match queue.pop_front() {
            Some(Op::Append(first)) => {
                let Persist { number, entries, hard, must_sync, .. } = first;
                let (mut number, mut entries, mut hard, mut sync) =
                    (number, entries, hard, must_sync);
                while let Some(Op::Append(_)) = queue.front()
                    && entries.len() < GROUP_ENTRIES
                    && let Some(Op::Append(next)) = queue.pop_front()
                {
                    number = next.number;
                    entries.extend(next.entries);
                    hard = next.hard.or(hard);
                    sync |= next.must_sync;
                }
                Some(Work::Append { hard, entries, sync, number })
            }
            Some(Op::Piece { number, bytes }) => Some(Work::Piece { number, bytes }),
            Some(Op::Switch(persist)) => Some(Work::Switch(persist)),
            None => self.own.borrow().is_some().then_some(Work::Own),
        }
    }

    /// Before what has come meanwhile.
    fn put_back(&self, ops: VecDeque<Op>) {
        let mut queue = self.queue.borrow_mut();
        ops.into_iter().rev().for_each(|op| queue.push_front(op));
    }

    /// Somebody else's snapshot is on its way to the disk: ours is of the past.
    fn waits_for_switch(&self) -> bool {
        self.queue.borrow().iter().any(|op| matches!(op, Op::Switch(_)))
    }
}

/// Begins to write if nothing is being written.
pub(super) fn write(shell: &Rc<Shell>, voter: &Rc<Voter>) {
    if !voter.disk.busy.replace(true) {
        spawn_local(write_all(shell.clone(), voter.clone()));
    }
}

async fn write_all(shell: Rc<Shell>, voter: Rc<Voter>) {
    let disk = &voter.disk;
    while !voter.is_over()
        && let Some(work) = disk.next()
    {
        match work {
            Work::Append { hard, entries, sync, number } => {
                append(&shell, &voter, hard, entries, sync).await;
                voter.feed(&shell, Input::Persisted { number });
            }
            Work::Piece { number, bytes } => piece(disk, number, bytes).await,
            Work::Switch(persist) => switch(&shell, &voter, persist).await,
            Work::Own => own(&shell, &voter).await,
        }
    }
    disk.busy.set(false);
    disk.idle.notify_waiters();
}

/// Runs this on the blocking thread; it has the files meanwhile.
async fn with_files<T: Send + 'static>(
    disk: &Disk,
    work: impl FnOnce(&mut Files) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let Some(mut files) = disk.files.borrow_mut().take() else {
        return Err(io::Error::other("the files are in use"));
    };
    let (files, result) = spawn_blocking(move || {
        let result = work(&mut files);
        (files, result)
    })
    .await
    .map_err(io::Error::other)?;
    *disk.files.borrow_mut() = Some(files);
    result
}

fn failed(shell: &Rc<Shell>, voter: &Rc<Voter>, error: &io::Error) {
    if !voter.said_full.replace(true) {
        crate::log::line(&format!("the control state can not be written: {error}"));
    }
    voter.feed(shell, Input::DiskFailed);
}

async fn append(
    shell: &Rc<Shell>,
    voter: &Rc<Voter>,
    hard: Option<Hard>,
    entries: Vec<LogEntry>,
    sync: bool,
) {
    let entries: std::sync::Arc<[LogEntry]> = entries.into();
    while !voter.is_over() {
        let these = entries.clone();
        match with_files(&voter.disk, move |files| files.append(hard, &these, sync)).await {
            Ok(()) => return voter.said_full.set(false),
            Err(error) => failed(shell, voter, &error),
        }
        tokio::time::sleep(DISK_AGAIN).await;
    }
}

/// A piece that can not be kept makes the others of no use; the switch then writes from memory.
async fn piece(disk: &Disk, number: u64, bytes: Vec<u8>) {
    let before = disk.incoming.borrow_mut().take();
    let before = before.filter(|fresh| number > 0 && fresh.pieces() == number);
    if number > 0 && before.is_none() {
        return;
    }
    let pushed = with_files(disk, move |files| {
        let mut fresh = match before {
            Some(fresh) => fresh,
            None => Fresh::begin(&files.directory, SNAPSHOT_IN)?,
        };
        fresh.push(&bytes)?;
        Ok(fresh)
    });
    match pushed.await {
        Ok(fresh) => *disk.incoming.borrow_mut() = Some(fresh),
        Err(error) => crate::log::line(&format!("a piece of the control state is lost: {error}")),
    }
}

/// What is installed in memory must come to the disk, from memory if the pieces are not there.
async fn switch(shell: &Rc<Shell>, voter: &Rc<Voter>, persist: Persist) {
    let Persist { number, snapshot, entries, hard, .. } = persist;
    let meta = snapshot.unwrap_or_default();
    *voter.disk.own.borrow_mut() = None;
    let mut incoming = voter.disk.incoming.borrow_mut().take();
    loop {
        let pieces = match &incoming {
            Some(_) => Vec::new(),
            None => voter.pieces_of_state(),
        };
        let (fresh, these, meta) = (incoming.take(), entries.clone(), meta.clone());
        let done = with_files(&voter.disk, move |files| {
            let mut fresh = match fresh {
                Some(fresh) => fresh,
                None => Fresh::begin(&files.directory, SNAPSHOT_IN)?,
            };
            pieces.iter().try_for_each(|piece| fresh.push(piece))?;
            let (next, held) = fresh.finish(&meta, hard.unwrap_or(files.hard), &these)?;
            *files = next;
            Ok(held)
        });
        match done.await {
            Ok(held) => {
                *voter.disk.held.borrow_mut() = held;
                voter.said_full.set(false);
                return voter.feed(shell, Input::Persisted { number });
            }
            Err(error) => failed(shell, voter, &error),
        }
        if voter.is_over() {
            return;
        }
        tokio::time::sleep(DISK_AGAIN).await;
    }
}

/// One step of our own snapshot.
async fn own(shell: &Rc<Shell>, voter: &Rc<Voter>) {
    let disk = &voter.disk;
    let Some((meta, fresh)) = disk.own.borrow_mut().take() else { return };
    let index = meta.index;
    if let Some(chunk) = voter.snapshot_chunk() {
        let pushed = with_files(disk, move |files| {
            let mut fresh = match fresh {
                Some(fresh) => fresh,
                None => Fresh::begin(&files.directory, SNAPSHOT_NEW)?,
            };
            fresh.push(&chunk)?;
            Ok(fresh)
        });
        match pushed.await {
            Ok(fresh) => *disk.own.borrow_mut() = Some((meta, Some(fresh))),
            Err(error) => given_up(shell, voter, &error).await,
        }
        return;
    }
    let Some(fresh) = fresh.filter(|_| !disk.waits_for_switch()) else {
        return voter.feed(shell, Input::SnapshotWritten { index });
    };
    // All that waits is in this log.
    let (hard, entries) = voter.log();
    let waiting = std::mem::take(&mut *disk.queue.borrow_mut());
    let last = waiting.iter().filter_map(|op| match op {
        Op::Append(persist) => Some(persist.number),
        Op::Piece { .. } | Op::Switch(_) => None,
    });
    let last = last.max();
    let done = with_files(disk, move |files| {
        let (next, held) = fresh.finish(&meta, hard, &entries)?;
        *files = next;
        Ok(held)
    });
    match done.await {
        Ok(held) => {
            *disk.held.borrow_mut() = held;
            let pieces = waiting.into_iter().filter(|op| !matches!(op, Op::Append(_)));
            disk.put_back(pieces.collect());
            if let Some(number) = last {
                voter.feed(shell, Input::Persisted { number });
            }
            voter.feed(shell, Input::SnapshotWritten { index });
        }
        Err(error) => {
            disk.put_back(waiting);
            given_up(shell, voter, &error).await;
        }
    }
}

/// It is asked for again at once, so not at once.
async fn given_up(shell: &Rc<Shell>, voter: &Rc<Voter>, error: &io::Error) {
    if !voter.said_full.replace(true) {
        crate::log::line(&format!("no snapshot of the control state: {error}"));
    }
    tokio::time::sleep(DISK_AGAIN).await;
    voter.feed(shell, Input::SnapshotFailed);
}
