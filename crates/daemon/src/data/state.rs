//! What a daemon has of files of tasks. Each field belongs to one file of this folder. Made by
//! `run`.

use super::fetch::Transfer;
use super::serve::Server;
use super::store::Store;
use super::{limits, place};
use posse_wire::Content;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tokio::sync::Semaphore;

/// What a daemon has of it.
pub(crate) struct Data {
    /// For contents, and for scratch directories of tasks. Made when something is needed.
    pub(super) directory: PathBuf,
    pub(super) store: Rc<RefCell<Store>>,
    /// On their way here.
    pub(super) transfers: RefCell<BTreeMap<Content, Rc<Transfer>>>,
    pub(super) turns: Semaphore,
    pub(super) server: Server,
}

impl Data {
    /// What an earlier life left in this directory is removed.
    pub fn new(directory: PathBuf) -> Data {
        let _there_is_seldom_one = std::fs::remove_dir_all(&directory);
        Data {
            store: Rc::new(RefCell::new(Store::new(directory.join("store")))),
            directory,
            transfers: RefCell::default(),
            turns: Semaphore::new(limits::TRANSFERS_MAX),
            server: Server::default(),
        }
    }

    /// A directory of its own for something, private.
    pub fn make(&self, name: &str) -> io::Result<PathBuf> {
        place::make(&self.directory)?;
        let path = self.directory.join(name);
        place::make(&path)?;
        Ok(path)
    }

    /// A file of this host that nobody writes to any more becomes content of the store: it is
    /// moved.
    pub fn adopt(&self, content: Content, file: &Path) -> io::Result<()> {
        place::make(&self.directory)?;
        self.store.borrow_mut().adopt(content, file)
    }

    /// Bytes of files that went to children.
    pub fn sent(&self) -> u64 {
        self.server.sent.get()
    }

    pub fn clear(&self) {
        let _may_never_have_been_made = std::fs::remove_dir_all(&self.directory);
    }
}
