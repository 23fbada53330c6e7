//! Contents on their way here: asked for from the parent part by part, written to a file, and
//! checked by their hash before anybody uses them. One transfer a content, whoever waits for it: a
//! task of this host, or children who are given what has come so far. Called by `farm::files` and
//! `serve`.

use super::limits::{ASK_AGAIN, ASKED_MAX, SILENT_FOR};
use super::serve::Asked;
use super::store::{Store, Use};
use super::window::Window;
use crate::shell::Shell;
use posse_proto::Input;
use posse_wire::Content;
use posse_wire::msg::{Bring, Brought};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::timeout;

/// Why a content is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lack {
    /// No room, or the parent is not heard: it may come another time.
    Now(String),
    Never(String),
}

pub(super) struct Transfer {
    content: Content,
    part: RefCell<Option<(File, PathBuf)>>,
    window: RefCell<Window>,
    heard: Cell<Instant>,
    news: Notify,
    /// Children who wait for parts.
    waiting: RefCell<Vec<Asked>>,
    outcome: RefCell<Option<Result<(), Lack>>>,
    over: Notify,
}

impl Transfer {
    fn new(content: Content) -> Transfer {
        Transfer {
            content,
            part: RefCell::new(None),
            window: RefCell::new(Window::new(content.size)),
            heard: Cell::new(Instant::now()),
            news: Notify::new(),
            waiting: RefCell::default(),
            outcome: RefCell::new(None),
            over: Notify::new(),
        }
    }

    /// The file so far, where it has this part.
    pub fn has(&self, bring: &Bring) -> Option<PathBuf> {
        let end = bring.at.saturating_add(u64::from(bring.bytes));
        let part = self.part.borrow();
        part.as_ref().filter(|_| end <= self.window.borrow().come()).map(|(_, path)| path.clone())
    }

    /// It gets its part when that has come; of too many, some ask again.
    pub fn waits(&self, asked: Asked) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() < ASKED_MAX {
            waiting.push(asked);
        }
    }

    /// What is to be asked for now; with `again` all that has not come, too.
    fn wanted(&self, again: bool) -> Vec<Bring> {
        let content = self.content;
        let parts = self.window.borrow_mut().wanted(again);
        parts.into_iter().map(|(at, bytes)| Bring { content, at, bytes }).collect()
    }

    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let part = self.part.borrow();
        let (Some((file, _)), true) = (&*part, self.window.borrow().wants(at, bytes)) else {
            return Ok(());
        };
        file.write_all_at(bytes, at)?;
        self.window.borrow_mut().has(at);
        self.heard.set(Instant::now());
        Ok(())
    }

    fn end(&self, outcome: Result<(), Lack>) {
        let mut first = self.outcome.borrow_mut();
        if first.is_none() {
            *first = Some(outcome);
        }
        self.over.notify_waiters();
        self.news.notify_one();
    }
}

impl Shell {
    /// The content, which stays here while the value lives.
    pub(crate) async fn obtain(self: &Rc<Self>, content: Content) -> Result<Use, Lack> {
        loop {
            if let Some(one) = Store::take(&self.data.store, content) {
                return Ok(one);
            }
            if self.is_lost(&content) {
                // There is nobody to ask: it is not any more what it was, at this machine itself.
                return Err(Lack::Never("it has changed since it was submitted".to_owned()));
            }
            let transfer = self.transfer(content);
            let over = transfer.over.notified();
            tokio::pin!(over);
            over.as_mut().enable();
            if transfer.outcome.borrow().is_none() {
                over.await;
            }
            let outcome = transfer.outcome.borrow().clone();
            outcome.unwrap_or(Ok(()))?;
        }
    }

    /// A holder has nobody above to ask: what it has not, and no host that a job names, is lost.
    pub(super) fn is_lost(&self, content: &Content) -> bool {
        self.holds_jobs() && !self.is_elsewhere(content)
    }

    /// The one that is under way, or a new one.
    pub(super) fn transfer(self: &Rc<Self>, content: Content) -> Rc<Transfer> {
        let mut all = self.data.transfers.borrow_mut();
        let new = || Rc::new(Transfer::new(content));
        let is_new = !all.contains_key(&content);
        let transfer = all.entry(content).or_insert_with(new).clone();
        if is_new {
            spawn_local(self.clone().run_transfer(transfer.clone()));
        }
        transfer
    }

    async fn run_transfer(self: Rc<Self>, transfer: Rc<Transfer>) {
        let outcome = self.clone().try_transfer(&transfer).await;
        let content = transfer.content;
        self.data.transfers.borrow_mut().remove(&content);
        if let Err(Lack::Now(why) | Lack::Never(why)) = &outcome {
            crate::log::line(&format!("file {content} does not come: {why}"));
        }
        let waiting = transfer.waiting.take();
        transfer.end(outcome.clone());
        for asked in waiting {
            match &outcome {
                Ok(()) => self.serve(asked),
                Err(Lack::Never(why)) => self.lacks(asked, why.clone()),
                // It asks again.
                Err(Lack::Now(_)) => {}
            }
        }
    }

    async fn try_transfer(self: Rc<Self>, transfer: &Rc<Transfer>) -> Result<(), Lack> {
        let _turn = self.data.turns.acquire().await;
        let content = transfer.content;
        let path = self.make_room(&content)?;
        let came = self.receive(transfer, &path).await;
        let file = transfer.part.borrow_mut().take();
        drop(file);
        if let Err(lack) = came {
            self.data.store.borrow_mut().give_up(&content, &path);
            return Err(lack);
        }
        let put = self.data.store.borrow_mut().put(content, &path);
        put.map_err(|error| Lack::Now(error.to_string()))
    }

    fn make_room(&self, content: &Content) -> Result<PathBuf, Lack> {
        let now = |error: io::Error| Lack::Now(error.to_string());
        super::place::make(&self.data.directory).map_err(now)?;
        let mut store = self.data.store.borrow_mut();
        let room = store.make_room(content);
        room.map_err(|error| match store.can_hold(content) {
            true => now(error),
            false => {
                let size = content.size;
                Lack::Never(format!("a file of {size} bytes has no room on {}", self.context.name))
            }
        })
    }

    async fn receive(self: &Rc<Self>, transfer: &Rc<Transfer>, path: &Path) -> Result<(), Lack> {
        let now = |error: io::Error| Lack::Now(error.to_string());
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(path).map_err(now)?;
        *transfer.part.borrow_mut() = Some((file, path.to_owned()));
        transfer.heard.set(Instant::now());
        let mut again = false;
        while !transfer.window.borrow().is_whole() {
            let wanted = transfer.wanted(again);
            match self.holds_jobs() {
                true => wanted.into_iter().for_each(|bring| self.bring_from_elsewhere(bring)),
                false => {
                    self.feed_all(wanted.into_iter().map(|bring| Input::BringSend { bring }));
                }
            }
            again = timeout(ASK_AGAIN, transfer.news.notified()).await.is_err();
            if let Some(outcome) = transfer.outcome.borrow().clone() {
                return outcome;
            }
            if transfer.heard.get().elapsed() > SILENT_FOR {
                return Err(Lack::Now("nobody sends it".to_owned()));
            }
        }
        let checked = path.to_owned();
        let hash = spawn_blocking(move || hash(&checked)).await;
        let hash = hash.map_err(io::Error::other).flatten().map_err(now)?;
        if hash != transfer.content.hash {
            return Err(Lack::Never("what came is not what was submitted".to_owned()));
        }
        Ok(())
    }

    /// The parent's answer.
    pub(crate) fn part_came(self: &Rc<Self>, brought: Brought) {
        let transfer = self.data.transfers.borrow().get(&brought.content).cloned();
        let Some(transfer) = transfer else { return };
        match brought.bytes {
            Ok(bytes) => match transfer.write(brought.at, &bytes) {
                Ok(()) => self.serve_waiting(&transfer),
                Err(error) => transfer.end(Err(Lack::Now(error.to_string()))),
            },
            Err(why) => transfer.end(Err(Lack::Never(why))),
        }
        transfer.news.notify_one();
    }

    /// Children get what has come by now.
    fn serve_waiting(self: &Rc<Self>, transfer: &Transfer) {
        let has = |asked: &mut Asked| transfer.has(&asked.bring).is_some();
        let ready: Vec<Asked> = transfer.waiting.borrow_mut().extract_if(.., has).collect();
        ready.into_iter().for_each(|asked| self.serve(asked));
    }
}

fn hash(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(*hasher.finalize().as_bytes())
}
