//! Where files of tasks lie on a host: on a local disk, since tasks write what they like into their
//! scratch directories, and a run-time directory may be in memory. Called where a daemon and its
//! keeper are started, which must agree.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// hier(7): for files that need much room, and outlive a boot.
const LARGE: &str = "/var/tmp";

/// Where the run-time directory was chosen by hand, everything lies there.
fn large(run_time: &Path) -> Option<PathBuf> {
    if env::var_os("POSSE_RUNTIME_DIR").is_some_and(|set| !set.is_empty()) {
        return None;
    }
    let uid = rustix::process::geteuid().as_raw();
    let name = run_time.file_name()?;
    Some(Path::new(LARGE).join(format!("posse-{uid}")).join(name))
}

/// The places there may be, the best first. The last one is in the run-time directory.
pub(crate) fn data_directories(run_time: &Path) -> Vec<PathBuf> {
    large(run_time).into_iter().chain([run_time.join("data")]).collect()
}

/// The one that a daemon with this run-time directory uses.
pub(crate) fn data_directory(run_time: &Path) -> PathBuf {
    let usable = |path: &PathBuf| path.parent().is_none_or(may_be_private);
    let mut all = data_directories(run_time).into_iter();
    all.find(usable).unwrap_or_else(|| run_time.join("data"))
}

/// Whether it is ours alone, or could be made so.
fn may_be_private(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(about) => is_ours(&about),
        Err(error) => error.kind() == io::ErrorKind::NotFound && Path::new(LARGE).is_dir(),
    }
}

fn is_ours(about: &fs::Metadata) -> bool {
    let uid = rustix::process::geteuid().as_raw();
    about.is_dir() && about.uid() == uid && about.mode() & 0o077 == 0
}

/// Private, with the one above it. An error where somebody else was first to have that name.
pub(super) fn make(directory: &Path) -> io::Result<()> {
    let above = directory.parent();
    for path in above.into_iter().chain([directory]) {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if !is_ours(&fs::symlink_metadata(path)?) {
            let text = format!("{} is not a private directory", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
    }
    Ok(())
}
