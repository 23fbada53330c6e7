//! The directory of one attempt, when its task has inputs or outputs: of this host alone, private,
//! and gone when the attempt is over and its outputs are at home.

use crate::data::Use;
use crate::shell::Shell;
use posse_farm::files::is_below;
use posse_farm::worker::Key;
use posse_farm::{TaskSpec, Transfer};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

pub(in crate::farm) struct Scratch {
    pub path: PathBuf,
    pub outputs: Vec<Transfer>,
    /// What its inputs are links to stays in the store.
    uses: Vec<Use>,
}

impl Scratch {
    /// Empty, but for directories of outputs.
    pub fn make(shell: &Shell, key: Key, task: &TaskSpec) -> io::Result<Scratch> {
        let lease = key.1;
        let random = crate::launch::random();
        let name = format!("{}-{}-{random:016x}", lease.task, lease.attempt);
        let path = shell.data.make("tasks")?.join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        let scratch = Scratch { path, outputs: task.outputs.clone(), uses: Vec::new() };
        task.outputs.iter().try_for_each(|output| scratch.make_way(&output.from).map(drop))?;
        Ok(scratch)
    }

    /// Where a file of that name is to be, with the directories on the way.
    fn make_way(&self, name: &str) -> io::Result<PathBuf> {
        if !is_below(name) {
            let text = format!("`{name}` does not lead below a task's directory");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let path = self.path.join(name);
        // Nobody else has made anything here yet: there is no link on the way but of inputs, below
        // which a directory can not be made.
        fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
        Ok(path)
    }

    /// An input stands under this name.
    pub fn link(&self, name: &str, file: &Path) -> io::Result<()> {
        symlink(file, self.make_way(name)?)
    }

    /// The same for one of the store, which stays there.
    pub fn keep(&mut self, name: &str, one: Use) -> io::Result<()> {
        self.link(name, one.path())?;
        self.uses.push(one);
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.path);
        spawn_blocking(move || {
            if let Err(error) = fs::remove_dir_all(&path) {
                crate::log::line(&format!("{} stays: {error}", path.display()));
            }
        });
    }
}
