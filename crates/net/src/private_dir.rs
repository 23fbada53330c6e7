//! A private directory for tests of secret files. Called by `identity` and `elsewhere`.

#![allow(clippy::unwrap_used, reason = "a test that can not make its files fails")]

use std::fs::{DirBuilder, Permissions, remove_dir_all, set_permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A 0700 directory of its own for one test, gone afterwards.
pub(crate) struct Dir(pub PathBuf);

impl Dir {
    pub fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("net-{name}-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path).unwrap();
        Dir(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        remove_dir_all(&self.0).unwrap();
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
