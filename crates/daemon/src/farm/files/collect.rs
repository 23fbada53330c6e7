//! Outputs come home: asked for part by part from the host that offers them, checked, and put into
//! their places, all of an attempt together. Their names are those that the holder's own template
//! gives, whatever the host says. Called by this folder.

use super::limits::COMING_MAX;
use super::manifest::append;
use crate::data::{self, ASK_AGAIN, Lack, SILENT_FOR, Window};
use crate::shell::Shell;
use posse_farm::Lease;
use posse_farm::files::{Found, ToHost, path_of};
use posse_wire::{Content, HostId};
use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::timeout;

/// Outputs of one attempt on their way.
pub(super) struct Coming {
    from: HostId,
    lease: Lease,
    files: Vec<Incoming>,
    heard: Cell<Instant>,
    news: Notify,
    failed: RefCell<Option<Lack>>,
}

struct Incoming {
    content: Content,
    path: PathBuf,
    file: File,
    window: RefCell<Window>,
}

/// What is left of one that does not come.
impl Drop for Incoming {
    fn drop(&mut self) {
        let _placed_if_all_went_well = fs::remove_file(&self.path);
    }
}

/// Where outputs go: a directory as the user has named it, and names below it.
struct Targets {
    base: PathBuf,
    /// The name, and the whole path as inputs of later tasks have it.
    names: Vec<(String, String)>,
}

/// A full disk may have room another time.
fn lack(what: &str, error: &io::Error) -> Lack {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let why = format!("{what}: {error}");
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => Lack::Now(why),
        _ => Lack::Never(why),
    }
}

impl Shell {
    /// A host has outputs of an attempt.
    pub(super) fn offered(self: &Rc<Self>, from: HostId, lease: Lease, outputs: Vec<Content>) {
        let coming = self.farm.files.coming.borrow();
        if coming.contains_key(&lease) || coming.len() >= COMING_MAX {
            return;
        }
        drop(coming);
        let begun = self.targets(from, lease, outputs.len()).and_then(|targets| {
            let coming = self.begin_coming(from, lease, &outputs);
            let coming = coming.map_err(|error| lack("outputs can not be taken", &error))?;
            Ok((coming, targets))
        });
        match begun {
            Ok((coming, targets)) => {
                let coming = Rc::new(coming);
                self.farm.files.coming.borrow_mut().insert(lease, coming.clone());
                let shell = self.clone();
                spawn_local(async move {
                    let outcome = shell.collect(&coming, targets).await;
                    shell.farm.files.coming.borrow_mut().remove(&lease);
                    shell.answer_offer(from, lease, outcome);
                });
            }
            Err(lack) => self.answer_offer(from, lease, Err(lack)),
        }
    }

    /// What may come another time is offered again.
    fn answer_offer(self: &Rc<Self>, to: HostId, lease: Lease, outcome: Result<(), Lack>) {
        let outcome = match outcome {
            Ok(()) => Ok(()),
            Err(Lack::Never(why)) => Err(why),
            Err(Lack::Now(why)) => {
                return crate::log::line(&format!("outputs of task {} wait: {why}", lease.task));
            }
        };
        self.tell_host(to, &ToHost::Placed { lease, outcome });
    }

    fn is_wanted(&self, from: HostId, lease: Lease) -> bool {
        let held = self.farm.held.borrow();
        held.as_ref().is_some_and(|held| held.holder.is_under_way(lease, from))
    }

    fn targets(&self, from: HostId, lease: Lease, count: usize) -> Result<Targets, Lack> {
        let held = self.farm.held.borrow();
        let held = held.as_ref().filter(|held| held.holder.is_under_way(lease, from));
        let spec = held.and_then(|held| Some((held.holder.spec(lease.task)?, &held.files)));
        let Some((spec, files)) = spec else {
            return Err(Lack::Never("this attempt does not count any more".to_owned()));
        };
        if spec.outputs.len() != count {
            return Err(Lack::Never(format!("{count} outputs came of {}", spec.outputs.len())));
        }
        let names = spec.outputs.into_iter().map(|output| {
            let path = path_of(&spec.directory, &output.to);
            (output.to, path)
        });
        Ok(Targets { base: files.place(&spec.directory), names: names.collect() })
    }

    fn begin_coming(&self, from: HostId, lease: Lease, of: &[Content]) -> io::Result<Coming> {
        let directory = self.data.make("incoming")?;
        let begin = |content: &Content| {
            let path = directory.join(format!("{:016x}", crate::launch::random()));
            // As the user's own programs make files; the directory is closed to others.
            let mode = if content.executable { 0o777 } else { 0o666 };
            let mut options = File::options();
            let file = options.read(true).write(true).create_new(true).mode(mode).open(&path)?;
            let window = RefCell::new(Window::new(content.size));
            Ok(Incoming { content: *content, path, file, window })
        };
        let files = of.iter().map(begin).collect::<io::Result<Vec<_>>>()?;
        let (heard, news) = (Cell::new(Instant::now()), Notify::new());
        Ok(Coming { from, lease, files, heard, news, failed: RefCell::new(None) })
    }

    async fn collect(self: &Rc<Self>, coming: &Rc<Coming>, to: Targets) -> Result<(), Lack> {
        let (from, lease) = (coming.from, coming.lease);
        let mut again = false;
        while let Some(pulls) = coming.pulls(again) {
            pulls.iter().for_each(|pull| self.tell_host(from, pull));
            again = timeout(ASK_AGAIN, coming.news.notified()).await.is_err();
            if let Some(lack) = coming.failed.take() {
                return Err(lack);
            }
            if !self.is_wanted(from, lease) {
                return Err(Lack::Never("this attempt does not count any more".to_owned()));
            }
            if coming.heard.get().elapsed() > SILENT_FOR {
                return Err(Lack::Now("its host sends nothing".to_owned()));
            }
        }
        let whole: Vec<(PathBuf, Content)> =
            coming.files.iter().map(|file| (file.path.clone(), file.content)).collect();
        let file = self.hold(|held, _| held.files.file(lease.task.job));
        let Some(file) = file else { return Err(Lack::Now("no jobs are held".to_owned())) };
        let checked = spawn_blocking(move || check(&whole).map(|()| whole));
        let whole = checked.await.map_err(|error| Lack::Now(error.to_string())).flatten()?;
        if !self.is_wanted(from, lease) {
            return Err(Lack::Never("this attempt does not count any more".to_owned()));
        }
        let placed = spawn_blocking(move || place(&whole, &to, &file));
        let placed = placed.await.map_err(|error| Lack::Now(error.to_string())).flatten()?;
        self.hold(|held, _| {
            for (path, found) in placed {
                let content = found.content;
                held.files.put(lease.task.job, path, found);
                held.files.is_at(content, from);
            }
        });
        Ok(())
    }

    pub(super) fn output_came(
        &self,
        from: HostId,
        lease: Lease,
        at: usize,
        begin: u64,
        bytes: &[u8],
    ) {
        let coming = self.farm.files.coming.borrow().get(&lease).cloned();
        let Some(coming) = coming.filter(|coming| coming.from == from) else { return };
        let Some(file) = coming.files.get(at) else { return };
        if !file.window.borrow().wants(begin, bytes) {
            return;
        }
        match file.file.write_all_at(bytes, begin) {
            Ok(()) => {
                file.window.borrow_mut().has(begin);
                let home = &self.farm.files.home;
                home.set(home.get() + bytes.len() as u64);
                coming.heard.set(Instant::now());
            }
            Err(error) => *coming.failed.borrow_mut() = Some(lack("an output", &error)),
        }
        coming.news.notify_one();
    }
}

impl Coming {
    /// What to ask for now; None when everything has come.
    fn pulls(&self, again: bool) -> Option<Vec<ToHost>> {
        let mut pulls = Vec::new();
        let open =
            self.files.iter().enumerate().filter(|(_, file)| !file.window.borrow().is_whole());
        // One at a time bounds what is on the way.
        let (number, file) = open.into_iter().next()?;
        let output = u16::try_from(number).unwrap_or(u16::MAX);
        for (at, bytes) in file.window.borrow_mut().wanted(again) {
            pulls.push(ToHost::Pull { lease: self.lease, output, at, bytes });
        }
        Some(pulls)
    }
}

/// What has come is what was offered, and on disk.
fn check(whole: &[(PathBuf, Content)]) -> Result<(), Lack> {
    for (path, content) in whole {
        let mut file = File::open(path).map_err(|error| lack("an output", &error))?;
        let hash = data::digest(&mut file).map_err(|error| lack("an output", &error))?.content.hash;
        if hash != content.hash {
            return Err(Lack::Now("what came is not what was offered".to_owned()));
        }
        file.sync_all().map_err(|error| lack("an output", &error))?;
    }
    Ok(())
}

/// All of them; what later tasks of the job are told of them.
fn place(
    whole: &[(PathBuf, Content)],
    to: &Targets,
    known: &Path,
) -> Result<Vec<(String, Found)>, Lack> {
    fs::create_dir_all(&to.base).map_err(|error| lack(&to.base.to_string_lossy(), &error))?;
    let mut placed = Vec::new();
    for ((file, _), (name, path)) in whole.iter().zip(&to.names) {
        let found = data::place_below(file, &to.base, name)
            .and_then(|()| data::open_below(&to.base, name))
            .and_then(|mut file| data::digest(&mut file))
            .map_err(|error| lack(&format!("output {name}"), &error))?;
        let data::Digest { content, modified_ns, probe } = found;
        placed.push((path.clone(), Found { content, modified_ns, probe, fixed: false }));
    }
    append(known, &placed).map_err(|error| lack("what is known of outputs", &error))?;
    Ok(placed)
}
