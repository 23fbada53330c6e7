//! Where a copy goes: cp(1)'s rules. An existing directory takes the sources into it, any other
//! target is the new name of a single source. The target of a sync is a directory, made where it
//! lacks. Runs where the files are written. Called by `receive.rs` and `gather.rs`.

use crate::output::safe_name;
use rustix::fs::{Access, AtFlags, Mode, OFlags, accessat, open};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// `{host}` is filled in already.
    pub path: PathBuf,
    /// Several sources: only a directory can take them.
    pub many: bool,
    /// A directory may come, for which `new/` is a name as good as `new`.
    pub recursive: bool,
    /// Directories that lack on the way are made: the path differs from host to host.
    pub make: bool,
    /// It is a directory whatever comes.
    pub mirror: bool,
    /// Nothing may be made.
    pub dry: bool,
}

/// A directory that is there and can be written to.
#[derive(Debug, Clone)]
pub struct Place {
    pub root: Arc<OwnedFd>,
    /// For messages.
    pub shown: PathBuf,
    /// What the one source is called here.
    pub leaf: Option<OsString>,
    /// There is no such directory, and none may be made: `root` is the one that it would be in,
    /// and nothing of it is looked at.
    pub absent: bool,
}

/// `{host}` filled in; and whether there was any.
pub fn fill(path: &str, host: &str) -> (PathBuf, bool) {
    (PathBuf::from(path.replace("{host}", &safe_name(host))), path.contains("{host}"))
}

pub fn resolve(wish: &Wish) -> Result<Place, String> {
    let (path, shown) = (wish.path.as_path(), wish.path.display());
    let bytes = path.as_os_str().as_bytes();
    let slash = bytes.ends_with(b"/");
    let about = match fs::metadata(path) {
        Ok(about) => Some(about),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{shown}: {error}")),
    };
    match about {
        None if wish.mirror => mirror(wish),
        Some(about) if wish.mirror && !about.is_dir() => {
            Err(format!("{shown}: is not a directory"))
        }
        Some(about) if about.is_dir() => directory(path, None),
        Some(_) if wish.many || slash => Err(format!("{shown}: is not a directory")),
        Some(about) if !about.is_file() => Err(format!("{shown}: is not a regular file")),
        Some(_) => named(&fs::canonicalize(path).map_err(|error| format!("{shown}: {error}"))?),
        None if fs::symlink_metadata(path).is_ok() => {
            Err(format!("{shown}: is a symbolic link that leads nowhere"))
        }
        None if wish.make && (wish.many || slash) => {
            fs::create_dir_all(path).map_err(|error| format!("{shown}: {error}"))?;
            directory(path, None)
        }
        None if wish.many || (slash && !wish.recursive) => Err(absent(path)),
        None => {
            if let Some(parent) = path.parent().filter(|_| wish.make) {
                fs::create_dir_all(parent)
                    .map_err(|error| format!("{}: {error}", parent.display()))?;
            }
            named(path)
        }
    }
}

/// The last directory of the path may lack, as with rsync(1).
fn mirror(wish: &Wish) -> Result<Place, String> {
    let (path, shown) = (wish.path.as_path(), wish.path.display());
    if wish.dry {
        let above = path.ancestors().skip(1).find(|path| path.is_dir()).unwrap_or(Path::new("."));
        return Ok(Place { absent: true, ..directory(above, path.file_name())? });
    }
    let made = if wish.make { fs::create_dir_all(path) } else { fs::create_dir(path) };
    match made {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(absent(path)),
        // Another host that has the same file system may have been first.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(format!("{shown}: {error}")),
        _ => directory(path, None),
    }
}

fn absent(path: &Path) -> String {
    format!("{}: no such directory; make it first, as with `mkdir -p`", path.display())
}

/// The one source gets this name.
fn named(path: &Path) -> Result<Place, String> {
    let leaf = path.file_name().ok_or_else(|| format!("{}: no such file", path.display()))?;
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => Path::new("/"),
    };
    directory(parent, Some(leaf))
}

fn directory(path: &Path, leaf: Option<&OsStr>) -> Result<Place, String> {
    let shown = path.display();
    let wrong = |errno: Errno| match errno {
        Errno::NOENT => absent(path),
        errno => format!("{shown}: {}", std::io::Error::from(errno)),
    };
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
    // A directory that can be written to but not listed is opened by its name alone.
    let root = open(path, flags, Mode::empty())
        .or_else(|_| open(path, flags | OFlags::PATH, Mode::empty()))
        .map_err(wrong)?;
    let access = Access::WRITE_OK | Access::EXEC_OK;
    accessat(&root, ".", access, AtFlags::empty()).map_err(wrong)?;
    let leaf = leaf.map(OsStr::to_owned);
    Ok(Place { root: Arc::new(root), shown: path.to_owned(), leaf, absent: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_component() {
        for (host, name) in
            [("lab1", "lab1"), ("..", "%2E."), ("a/../b", "a%2F..%2Fb"), ("u@h:22", "u@h:22")]
        {
            assert_eq!(safe_name(host), name);
        }
        assert_eq!(fill("/x/{host}/y", "lab1"), (PathBuf::from("/x/lab1/y"), true));
        assert_eq!(fill("/x", "lab1"), (PathBuf::from("/x"), false));
    }
}
