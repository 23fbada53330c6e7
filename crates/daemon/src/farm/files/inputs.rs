//! A task's inputs come to its scratch directory: used in place where this host sees the same file
//! at the same path, else from the store of contents, which fetches what it lacks. Then the task is
//! started. Called by `attempt`.

use super::limits::FINDS_MAX;
use super::scratch::Scratch;
use super::waiting::{Answer, Waiting};
use crate::data::{self, ASK_AGAIN, Lack, Use};
use crate::shell::Shell;
use posse_farm::JobId;
use posse_farm::files::{Found, ToHolder, elsewhere, path_of};
use posse_farm::words::{Ending, Usage};
use posse_farm::worker::{Blocked, Exit, Key, Start};
use posse_wire::HostId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::{JoinSet, spawn_blocking, spawn_local};
use tokio::time::timeout;

/// An input by its job and its path at the holder's machine.
type Named = (JobId, String);

/// What inputs have in them, as holders have said, and who waits to hear it.
#[derive(Default)]
pub(super) struct Finds {
    known: RefCell<BTreeMap<(HostId, Named), Found>>,
    waiting: Waiting<(HostId, Named)>,
}

/// Where an input is on this host.
enum Here {
    /// At its own path, through a shared file system.
    Seen(PathBuf),
    Kept(Use),
}

/// How an attempt ends that has no process.
pub(in crate::farm) fn without_process(ending: Ending) -> Exit {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Exit {
        ending,
        started_ms: u64::try_from(wall.as_millis()).unwrap_or(0),
        ran: Duration::ZERO,
        usage: Usage::default(),
        values: Vec::new(),
    }
}

impl Shell {
    /// The task starts when its inputs are here.
    pub(in crate::farm) fn start_with_files(self: &Rc<Self>, start: Start) {
        let (shell, key) = (self.clone(), start.key);
        let task = spawn_local(async move {
            let ready = shell.make_ready(&start).await;
            shell.farm.files.moving.borrow_mut().remove(&key);
            let exit = match ready {
                Ok(scratch) => return shell.start_in(start, scratch),
                Err(Lack::Never(why)) => without_process(Ending::Files(why)),
                Err(Lack::Now(_)) => {
                    shell.work_on(|work, now| work.worker.not_started(now, key, Blocked::Short));
                    return;
                }
            };
            shell.work_on(|work, now| work.worker.exited(now, key, exit));
        });
        self.farm.files.moving.borrow_mut().insert(key, task);
    }

    fn start_in(self: &Rc<Self>, mut start: Start, scratch: Scratch) {
        start.spec.directory = scratch.path.to_string_lossy().into_owned();
        self.start_attempt_in(&start, Some(scratch));
    }

    async fn make_ready(self: &Rc<Self>, start: &Start) -> Result<Scratch, Lack> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidInput => Lack::Never(error.to_string()),
            _ => Lack::Now(error.to_string()),
        };
        let mut scratch = Scratch::make(self, start.key, &start.spec).map_err(failed)?;
        let (holder, lease) = start.key;
        let mut coming = JoinSet::new();
        for input in &start.spec.inputs {
            let named = (lease.task.job, path_of(&start.spec.directory, &input.from));
            coming.spawn_local(self.clone().bring_input(holder, named, input.to.clone()));
        }
        while let Some(one) = coming.join_next().await {
            let (to, here) = one.map_err(|error| Lack::Now(error.to_string())).flatten()?;
            let linked = match here {
                Here::Seen(path) => scratch.link(&to, &path),
                Here::Kept(one) => scratch.keep(&to, one),
            };
            linked.map_err(|error| Lack::Never(format!("input {to}: {error}")))?;
        }
        Ok(scratch)
    }

    async fn bring_input(
        self: Rc<Self>,
        holder: HostId,
        named: Named,
        to: String,
    ) -> Result<(String, Here), Lack> {
        let path = named.1.clone();
        let found = self.find(holder, named).await.map_err(Lack::Never)?;
        let own = elsewhere(&path).filter(|(host, _)| *host == self.context.name);
        let place = own.map_or(path.as_str(), |(_, path)| path);
        let (here, same) = (self.context.home.join(place), found.clone());
        let seen = spawn_blocking(move || data::is_same(&here, &same).then_some(here)).await;
        if let Ok(Some(here)) = seen {
            return Ok((to, Here::Seen(here)));
        }
        let named = |why: String| format!("input {path}: {why}");
        match self.obtain(found.content).await {
            Ok(one) => Ok((to, Here::Kept(one))),
            Err(Lack::Now(why)) => Err(Lack::Now(named(why))),
            Err(Lack::Never(why)) => Err(Lack::Never(named(why))),
        }
    }

    /// As its holder says.
    async fn find(self: &Rc<Self>, holder: HostId, named: Named) -> Answer {
        let key = (holder, named);
        loop {
            if let Some(found) = self.farm.files.finds.known.borrow().get(&key) {
                return Ok(found.clone());
            }
            let (answered, is_first) = self.farm.files.finds.waiting.wait(key.clone());
            if is_first {
                let (job, path) = key.1.clone();
                self.tell_holder(holder, &ToHolder::Find { job, path });
            }
            if let Ok(Ok(found)) = timeout(ASK_AGAIN, answered).await {
                return found;
            }
        }
    }

    pub(super) fn found(&self, from: HostId, named: Named, answer: Answer) {
        let key = (from, named);
        self.farm.files.finds.waiting.answer(&key, &answer);
        let Some(found) = answer.ok().filter(|found| found.fixed) else { return };
        let mut known = self.farm.files.finds.known.borrow_mut();
        if known.len() >= FINDS_MAX {
            known.clear();
        }
        known.insert(key, found);
    }

    /// An attempt whose files are on their way is not wanted any more.
    pub(in crate::farm) fn stop_moving(self: &Rc<Self>, key: Key) {
        let Some(task) = self.farm.files.moving.borrow_mut().remove(&key) else { return };
        task.abort();
        self.farm.files.offers.borrow_mut().remove(&key);
        let ending = Ending::Files("it was ended while its files were on their way".to_owned());
        self.work_on(|work, now| work.worker.exited(now, key, without_process(ending)));
    }
}
