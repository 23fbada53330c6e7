//! Files of tasks on this host: by content, kept in a bounded store (`store`), fetched from the
//! parent (`fetch`), served to children (`serve`). Each link of the tree carries a file once,
//! however many tasks and hosts behind it need it. Which file a task needs, and what becomes of
//! outputs, is `farm::files`'s affair. Described in `docs/internals/files.md`. Called by the shell.

mod below;
mod digest;
mod fetch;
mod limits;
mod place;
mod serve;
mod store;
mod window;

pub(crate) use below::{open_below, place_below};
pub(crate) use digest::{Digest, digest, is_same};
pub(crate) use fetch::Lack;
pub(crate) use limits::{ASK_AGAIN, SILENT_FOR};
pub(crate) use place::{data_directories, data_directory};
pub(crate) use store::Use;
pub(crate) use window::Window;

use fetch::Transfer;
use posse_wire::Content;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use store::Store;
use tokio::sync::Semaphore;

/// What a daemon has of it.
pub(crate) struct Data {
    /// For contents, and for scratch directories of tasks. Made when something is needed.
    directory: PathBuf,
    store: Rc<RefCell<Store>>,
    /// On their way here.
    transfers: RefCell<BTreeMap<Content, Rc<Transfer>>>,
    turns: Semaphore,
    server: serve::Server,
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
            server: serve::Server::default(),
        }
    }

    /// A directory of its own for something, private.
    pub fn make(&self, name: &str) -> io::Result<PathBuf> {
        place::make(&self.directory)?;
        let path = self.directory.join(name);
        place::make(&path)?;
        Ok(path)
    }

    /// A file of this host that nobody writes to any more becomes content of the store; it is moved.
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
