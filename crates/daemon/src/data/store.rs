//! Contents that this host has on disk, by their hashes: at most so many bytes, those that were not
//! used for longest go first, and none that is in use. Files are the daemon's alone (0400, or 0500
//! for programs). Called by `fetch`, `serve`, and whoever holds a [`Use`].

use super::limits::STORE_SHARE;
use posse_wire::Content;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub(super) struct Store {
    directory: PathBuf,
    /// Known when the directory is made.
    bytes_max: u64,
    bytes: u64,
    all: BTreeMap<Content, Entry>,
    /// Counts uses: the entry with the smallest was not used for longest.
    turn: u64,
}

struct Entry {
    turn: u64,
    users: u32,
}

/// A content that stays while this value lives.
pub(crate) struct Use {
    store: Rc<RefCell<Store>>,
    content: Content,
    path: PathBuf,
}

impl Use {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if let Some(entry) = self.store.borrow_mut().all.get_mut(&self.content) {
            entry.users -= 1;
        }
    }
}

impl Store {
    pub fn new(directory: PathBuf) -> Store {
        Store { directory, bytes_max: 0, bytes: 0, all: BTreeMap::new(), turn: 0 }
    }

    fn path(&self, content: &Content) -> PathBuf {
        self.directory.join(content.to_string())
    }

    /// None where it is not here.
    pub fn take(store: &Rc<RefCell<Store>>, content: Content) -> Option<Use> {
        let mut own = store.borrow_mut();
        own.turn += 1;
        let turn = own.turn;
        let entry = own.all.get_mut(&content)?;
        entry.turn = turn;
        entry.users += 1;
        let path = own.path(&content);
        Some(Use { store: store.clone(), content, path })
    }

    /// Where a file of this size may be written, until [`Store::put`] or [`Store::give_up`]; what
    /// was not used for longest makes room for it.
    pub fn make_room(&mut self, content: &Content) -> io::Result<PathBuf> {
        if self.bytes_max == 0 {
            self.begin()?;
        }
        if content.size > self.bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        while self.bytes.saturating_add(content.size) > self.bytes_max {
            let unused = self.all.iter().filter(|(_, entry)| entry.users == 0);
            let Some(oldest) = unused.min_by_key(|(_, entry)| entry.turn).map(|(one, _)| *one)
            else {
                let (of, max) = (self.bytes, self.bytes_max);
                let text = format!("{of} of {max} bytes for files of tasks are in use");
                return Err(io::Error::new(io::ErrorKind::StorageFull, text));
            };
            fs::remove_file(self.path(&oldest))?;
            self.all.remove(&oldest);
            self.bytes -= oldest.size;
        }
        self.bytes += content.size;
        Ok(self.directory.join(format!("{content}.part")))
    }

    /// What an earlier life left is removed.
    fn begin(&mut self) -> io::Result<()> {
        let _there_is_seldom_one = fs::remove_dir_all(&self.directory);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let disk = rustix::fs::statvfs(&self.directory)?;
        self.bytes_max = (disk.f_bavail.saturating_mul(disk.f_frsize) / STORE_SHARE).max(1);
        Ok(())
    }

    /// Whether a file can ever be here.
    pub fn can_hold(&self, content: &Content) -> bool {
        self.bytes_max == 0 || content.size <= self.bytes_max
    }

    /// The file for which room was made is whole.
    pub fn put(&mut self, content: Content, file: &Path) -> io::Result<()> {
        let mode = if content.executable { 0o500 } else { 0o400 };
        let placed = fs::set_permissions(file, Permissions::from_mode(mode))
            .and_then(|()| fs::rename(file, self.path(&content)));
        if placed.is_err() {
            self.give_up(&content, file);
            return placed;
        }
        self.turn += 1;
        if let Some(known) = self.all.get_mut(&content) {
            known.turn = self.turn;
            self.bytes -= content.size;
        } else {
            self.all.insert(content, Entry { turn: self.turn, users: 0 });
        }
        Ok(())
    }

    /// The file for which room was made does not come.
    pub fn give_up(&mut self, content: &Content, file: &Path) {
        let _may_be_gone = fs::remove_file(file);
        self.bytes -= content.size;
    }

    /// A file of the same disk is moved here.
    pub fn adopt(&mut self, content: Content, file: &Path) -> io::Result<()> {
        if self.all.contains_key(&content) {
            return fs::remove_file(file);
        }
        self.make_room(&content)?;
        self.put(content, file)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn content(number: u8, size: u64) -> Content {
        Content { hash: [number; 32], size, executable: number == 9 }
    }

    fn fill(store: &Rc<RefCell<Store>>, one: Content) -> io::Result<()> {
        let part = store.borrow_mut().make_room(&one)?;
        fs::write(&part, vec![0; one.size as usize])?;
        store.borrow_mut().put(one, &part)
    }

    #[test]
    fn what_was_not_used_for_longest_goes_and_nothing_that_is_in_use() {
        let root = std::env::temp_dir().join(format!("posse-store-{}", std::process::id()));
        let store = Rc::new(RefCell::new(Store::new(root.join("store"))));
        store.borrow_mut().begin().unwrap();
        store.borrow_mut().bytes_max = 30;
        for number in [1, 2, 9] {
            fill(&store, content(number, 10)).unwrap();
        }
        let used = Store::take(&store, content(1, 10)).unwrap();
        fill(&store, content(4, 10)).unwrap();
        assert!(Store::take(&store, content(2, 10)).is_none());
        let program = Store::take(&store, content(9, 10)).unwrap();
        let mode = fs::metadata(program.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o500);
        let full = fill(&store, content(5, 20)).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        drop(program);
        fill(&store, content(5, 15)).unwrap();
        assert!(Store::take(&store, content(1, 10)).is_some() && used.path().exists());
        assert!(!store.borrow().can_hold(&content(6, 31)));
        assert!(store.borrow_mut().make_room(&content(6, 31)).is_err());
        assert!(store.borrow().all.contains_key(&content(5, 15)), "nothing went for it");
        let part = store.borrow_mut().make_room(&content(7, 5)).unwrap();
        store.borrow_mut().give_up(&content(7, 5), &part);
        assert_eq!(store.borrow().bytes, 25);
        fs::remove_dir_all(root).unwrap();
    }
}
