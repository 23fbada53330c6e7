//! Inputs that lie on a host of the vm (`host:path`): looked at there when their job is submitted,
//! and brought to this holder by parts when another host needs them. Called by `submit`, by `data`,
//! and by `words` on both sides.

use super::submit::look;
use super::waiting::{Answer, Waiting};
use crate::data::{self, ASK_AGAIN};
use crate::shell::Shell;
use posse_farm::files::{ToHolder, ToHost, elsewhere};
use posse_wire::msg::Bring;
use posse_wire::{Content, HostId};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::timeout;

#[derive(Default)]
pub(super) struct Looks {
    /// Who waits for what a host says of a path.
    waiting: Waiting<(HostId, String)>,
    /// Files of this host that are being read.
    reading: RefCell<BTreeSet<String>>,
}

impl Shell {
    fn number_of(&self, host: &str) -> Option<HostId> {
        let names = self.host_names();
        names.into_iter().find(|(_, name)| name == host).map(|(number, _)| number)
    }

    /// What is in a file of a host.
    pub(super) async fn look_elsewhere(self: &Rc<Self>, path: &str) -> Answer {
        let Some((name, there)) = elsewhere(path) else { return Err(format!("no file {path}")) };
        let host = self.number_of(name).filter(|host| *host != self.context.number);
        let Some(host) = host else { return Err(format!("input {path}: {name} is no other host")) };
        let key = (host, there.to_owned());
        loop {
            let (answered, _) = self.farm.files.looks.waiting.wait(key.clone());
            self.tell_host(host, &ToHost::Look { path: key.1.clone() });
            if let Ok(Ok(found)) = timeout(ASK_AGAIN, answered).await {
                return found.map_err(|why| format!("input {path}: {why}"));
            }
            let lives = self.hold(|held, _| held.hosts.lives()).unwrap_or_default();
            if !lives.iter().any(|life| life.host == host) {
                return Err(format!("input {path}: {name} is not up"));
            }
        }
    }

    pub(super) fn looked(&self, from: HostId, path: String, found: &Answer) {
        self.farm.files.looks.waiting.answer(&(from, path), found);
    }

    /// A holder wants to know of a file of this host. Asked again meanwhile, it hears once.
    pub(super) fn look_here(self: &Rc<Self>, holder: HostId, path: String) {
        if !self.farm.files.looks.reading.borrow_mut().insert(path.clone()) {
            return;
        }
        let (shell, place) = (self.clone(), self.context.home.join(&path));
        spawn_local(async move {
            let read = spawn_blocking(move || look(&place)).await;
            shell.farm.files.looks.reading.borrow_mut().remove(&path);
            let found = read.map_err(|error| error.to_string()).flatten();
            shell.tell_holder(holder, &ToHolder::Looked { path, found });
        });
    }

    /// A host of the vm has this content, as jobs that are held here name it.
    pub(crate) fn is_elsewhere(&self, content: &Content) -> bool {
        let held = self.farm.held.borrow();
        held.as_ref().is_some_and(|held| !held.files.elsewhere(content).is_empty())
    }

    /// The first of those that have it is asked for a part of it.
    pub(crate) fn bring_from_elsewhere(self: &Rc<Self>, bring: Bring) {
        let held = self.farm.held.borrow();
        let places = held.as_ref().map(|held| held.files.elsewhere(&bring.content));
        drop(held);
        let mut places = places.unwrap_or_default().into_iter();
        let there = places.find_map(|(name, path, at)| Some((self.number_of(&name)?, path, at)));
        if let Some((host, path, modified_ns)) = there {
            let Bring { content, at, bytes } = bring;
            self.tell_host(host, &ToHost::Bring { path, modified_ns, content, at, bytes });
        }
    }

    /// A holder wants a part of a file of this host.
    pub(super) fn bring_here(
        self: &Rc<Self>,
        holder: HostId,
        (path, modified_ns): (String, u64),
        bring: Bring,
    ) {
        let (shell, place) = (self.clone(), self.context.home.join(&path));
        let Bring { content, at, bytes } = bring;
        spawn_local(async move {
            let was = (content.size, modified_ns);
            let read = spawn_blocking(move || data::read_unchanged(&place, was, at, bytes)).await;
            let read = read.map_err(std::io::Error::other).flatten();
            let bytes = read.map_err(|error| format!("{path}: {error}"));
            shell.tell_holder(holder, &ToHolder::Brought { content, at, bytes });
        });
    }
}
