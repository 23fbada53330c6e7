//! Parts of files for children who ask: from the user's own file where this daemon holds the job,
//! else from the store, or from what has come so far of a transfer that the first question began.
//! Read on another thread, one after the other, so that parts go out in the order in which they
//! were asked for.

use super::digest::is_unchanged;
use super::limits::ASKED_MAX;
use super::store::{Store, Use};
use crate::shell::Shell;
use posse_proto::LinkId;
use posse_wire::msg::{Bring, Brought};
use posse_wire::{CommandId, Message};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tokio::task::{spawn_blocking, spawn_local};

/// A child's question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub link: LinkId,
    pub bring: Bring,
}

/// From where a part is read.
enum Source {
    Kept(Use),
    /// Not whole yet, but so far.
    Coming(PathBuf),
    /// The user's own, which must be as it was: at one of these places, changed then.
    Own(Vec<(PathBuf, u64)>),
}

#[derive(Default)]
pub(super) struct Server {
    queue: RefCell<VecDeque<(Asked, Source)>>,
    busy: Cell<bool>,
    /// Bytes of parts that went out.
    pub sent: Cell<u64>,
}

impl Shell {
    pub(crate) fn part_asked(self: &Rc<Self>, link: LinkId, bring: Bring) {
        self.serve(Asked { link, bring });
    }

    /// Now, or when it is here.
    pub(super) fn serve(self: &Rc<Self>, asked: Asked) {
        if self.data.server.queue.borrow().len() >= ASKED_MAX {
            return;
        }
        let Some(source) = self.source(asked) else { return };
        self.data.server.queue.borrow_mut().push_back((asked, source));
        if !self.data.server.busy.replace(true) {
            spawn_local(self.clone().run_server());
        }
    }

    /// None where it has to come first, or never will.
    fn source(self: &Rc<Self>, asked: Asked) -> Option<Source> {
        let content = asked.bring.content;
        let own = self.held_files(&content);
        if !own.is_empty() {
            return Some(Source::Own(own));
        }
        if let Some(kept) = Store::take(&self.data.store, content) {
            return Some(Source::Kept(kept));
        }
        if self.is_lost(&content) {
            self.lacks(asked, "its job is not there any more".to_owned());
            return None;
        }
        let transfer = self.transfer(content);
        if let Some(path) = transfer.has(&asked.bring) {
            return Some(Source::Coming(path));
        }
        transfer.waits(asked);
        None
    }

    async fn run_server(self: Rc<Self>) {
        loop {
            let next = self.data.server.queue.borrow_mut().pop_front();
            let Some((asked, source)) = next else { break };
            let Bring { at, bytes, .. } = asked.bring;
            let size = asked.bring.content.size;
            let is_coming = matches!(source, Source::Coming(_));
            let (own, kept, path) = match source {
                Source::Own(own) => (own, None, PathBuf::new()),
                Source::Coming(path) => (Vec::new(), None, path),
                Source::Kept(kept) => {
                    let path = kept.path().to_owned();
                    (Vec::new(), Some(kept), path)
                }
            };
            let read = spawn_blocking(move || match own.is_empty() {
                true => read(&File::open(path)?, at, bytes),
                false => read_own(&own, size, at, bytes),
            });
            let read = read.await.map_err(io::Error::other).flatten();
            drop(kept);
            // It has become whole meanwhile, and lies in the store.
            let moved = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            if is_coming && read.as_ref().is_err_and(moved) {
                self.serve(asked);
                continue;
            }
            self.answer_part(asked, read.map_err(|error| error.to_string()));
        }
        self.data.server.busy.set(false);
    }

    pub(super) fn lacks(self: &Rc<Self>, asked: Asked, why: String) {
        self.answer_part(asked, Err(why));
    }

    fn answer_part(self: &Rc<Self>, asked: Asked, bytes: Result<Vec<u8>, String>) {
        let Bring { content, at, .. } = asked.bring;
        let sent = &self.data.server.sent;
        sent.set(sent.get() + bytes.as_ref().map_or(0, |part| part.len() as u64));
        self.say(asked.link, &Brought { content, at, bytes }.frame(CommandId::NONE));
    }
}

fn read(file: &File, at: u64, bytes: u32) -> io::Result<Vec<u8>> {
    let mut part = vec![0; bytes as usize];
    file.read_exact_at(&mut part, at)?;
    Ok(part)
}

/// The first that is as it was.
fn read_own(own: &[(PathBuf, u64)], size: u64, at: u64, bytes: u32) -> io::Result<Vec<u8>> {
    let mut last = None;
    for (path, modified) in own {
        match read_unchanged(path, (size, *modified), at, bytes) {
            Ok(part) => return Ok(part),
            Err(error) => last = Some(io::Error::other(format!("{}: {error}", path.display()))),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// A part of a file that is as it was: its size, and when it was last changed.
pub(crate) fn read_unchanged(
    path: &Path,
    was: (u64, u64),
    at: u64,
    bytes: u32,
) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !is_unchanged(&file.metadata()?, was.0, was.1) {
        return Err(io::Error::other("it has changed since it was submitted"));
    }
    read(&file, at, bytes)
}
