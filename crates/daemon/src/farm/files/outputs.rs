//! A task has ended well: its outputs are looked for in its scratch directory, offered to its
//! holder, and read part by part as that asks. Only when they are in their places does the attempt
//! end. Called by `attempt`.

use super::scratch::Scratch;
use crate::data::{self, ASK_AGAIN};
use crate::shell::Shell;
use posse_farm::files::ToHolder;
use posse_farm::words::Ending;
use posse_farm::worker::{Exit, Key};
use posse_wire::Content;
use posse_wire::limits::CHUNK_BYTES_MAX;
use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::timeout;

/// Outputs of one attempt, until they are placed.
pub(super) struct Offer {
    files: Vec<Arc<File>>,
    outcome: RefCell<Option<Result<(), String>>>,
    news: Notify,
}

impl Shell {
    /// The attempt ends when its outputs are at home.
    pub(in crate::farm) fn exit_with_files(self: &Rc<Self>, key: Key, exit: Exit, from: Scratch) {
        let shell = self.clone();
        let task = spawn_local(async move {
            let placed = shell.bring_home(key, &from).await;
            shell.farm.files.moving.borrow_mut().remove(&key);
            let ending = match placed {
                Ok(()) => exit.ending,
                Err(why) => Ending::Files(why),
            };
            drop(from);
            shell.work_on(|work, now| work.worker.exited(now, key, Exit { ending, ..exit }));
        });
        self.farm.files.moving.borrow_mut().insert(key, task);
    }

    async fn bring_home(self: &Rc<Self>, key: Key, scratch: &Scratch) -> Result<(), String> {
        let base = scratch.path.clone();
        let names: Vec<String> = scratch.outputs.iter().map(|one| one.from.clone()).collect();
        let looked = spawn_blocking(move || {
            names.iter().map(|name| look(&base, name)).collect::<Result<Vec<_>, String>>()
        });
        let looked = looked.await.map_err(|error| error.to_string()).flatten()?;
        let (files, contents): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let offer = Rc::new(Offer { files, outcome: RefCell::default(), news: Notify::new() });
        self.farm.files.offers.borrow_mut().insert(key, offer.clone());
        let outcome = loop {
            let (lease, outputs) = (key.1, contents.clone());
            self.tell_holder(key.0, &ToHolder::Offer { lease, outputs });
            let _asked_again = timeout(ASK_AGAIN, offer.news.notified()).await;
            if let Some(outcome) = offer.outcome.take() {
                break outcome;
            }
        };
        self.farm.files.offers.borrow_mut().remove(&key);
        if outcome.is_ok() {
            // Tasks that come after this one may need them, here.
            for (output, content) in scratch.outputs.iter().zip(contents) {
                let _fetched_then = self.data.adopt(content, &scratch.path.join(&output.from));
            }
        }
        outcome
    }

    /// The holder asks for a part.
    pub(super) fn pulled(self: &Rc<Self>, key: Key, output: u16, at: u64, bytes: u32) {
        let offer = self.farm.files.offers.borrow().get(&key).cloned();
        let Some(file) = offer.and_then(|offer| offer.files.get(usize::from(output)).cloned())
        else {
            return;
        };
        let shell = self.clone();
        spawn_local(async move {
            let read = spawn_blocking(move || {
                let mut part = vec![0; (bytes as usize).min(CHUNK_BYTES_MAX)];
                file.read_exact_at(&mut part, at).map(|()| part)
            });
            // What is not sent is asked for again.
            if let Ok(bytes) = read.await.map_err(io::Error::other).flatten() {
                let word = ToHolder::Part { lease: key.1, output, at, bytes };
                shell.tell_holder(key.0, &word);
            }
        });
    }

    pub(super) fn placed(&self, key: Key, outcome: Result<(), String>) {
        if let Some(offer) = self.farm.files.offers.borrow().get(&key) {
            *offer.outcome.borrow_mut() = Some(outcome);
            offer.news.notify_one();
        }
    }
}

/// Nothing but a regular file of the directory itself is an output.
fn look(base: &Path, name: &str) -> Result<(Arc<File>, Content), String> {
    let file = data::open_below(base, name).and_then(|mut file| {
        let content = data::digest(&mut file)?.content;
        Ok((Arc::new(file), content))
    });
    file.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("output {name} was not made"),
        _ => format!("output {name}: {error}"),
    })
}
