//! Where a command starts: `-C`, else `posse cd`'s, else the caller's directory with its home
//! translated to the home of each host.

use crate::error::Error;
use crate::settings::Settings;
use posse::Directory;
use std::path::{Path, PathBuf};

pub fn of(given: Option<&Path>, settings: &Settings) -> Result<Directory, Error> {
    if let Some(path) = given {
        return translate(path);
    }
    match settings.directory() {
        Some(path) => translate(Path::new(&path)),
        None => translate(&current()),
    }
}

/// What the shell calls the current directory, where that is so: behind a link to a file server
/// other hosts know it by that name, too.
pub fn current() -> PathBuf {
    let real = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let named = std::env::var_os("PWD").map(PathBuf::from).filter(|named| named.is_absolute());
    let is_same = |named: &PathBuf| named.canonicalize().is_ok_and(|path| path == real);
    named.filter(is_same).unwrap_or(real)
}

/// `~`, `~/x` and what lies below our home is below theirs; relative paths are below home, too.
pub fn translate(path: &Path) -> Result<Directory, Error> {
    let text = path
        .to_str()
        .ok_or_else(|| Error::usage(format!("the directory {} is not UTF-8", path.display())))?;
    let home = std::env::var("HOME").unwrap_or_default();
    if let Some(rest) = text.strip_prefix('~') {
        return Ok(below(rest));
    }
    if !path.is_absolute() {
        return Ok(below(text));
    }
    let inside = (home.len() > 1).then(|| text.strip_prefix(&home)).flatten();
    match inside.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        Some(rest) => Ok(below(rest)),
        None => Ok(Directory::Path(text.to_owned())),
    }
}

fn below(rest: &str) -> Directory {
    match rest.trim_matches('/') {
        "" | "." => Directory::Home,
        rest => Directory::BelowHome(rest.to_owned()),
    }
}
