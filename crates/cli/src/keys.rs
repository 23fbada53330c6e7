//! Keys of vms whose owner's machine is another one: imported once, each in a file of its own in
//! the private directory `keys` of the user's configuration, under the name by which `--vm` means
//! that vm here. Called by `run` where no daemon is found, and by `posse key`.

use crate::config;
use crate::error::{Error, Kind};
use posse::{KeyFile, KeyPlace, Vm};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

fn directory() -> Result<PathBuf, Error> {
    let own = config::directory().map(|own| own.join("keys"));
    own.ok_or_else(|| Error::config("neither XDG_CONFIG_HOME nor HOME says where keys are kept"))
}

fn path(name: &str) -> Result<PathBuf, Error> {
    posse::check_vm_name(name).map_err(|error| Error::usage(error.to_string()))?;
    Ok(directory()?.join(name))
}

/// The key that was imported under this name.
pub fn find(name: &str) -> Result<Option<KeyFile>, Error> {
    let Ok(path) = path(name) else { return Ok(None) };
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => Ok(Some(KeyFile::load(&path).map_err(posse::Error::from)?)),
    }
}

/// The vm whose key was imported under this name, if one was.
pub fn connect(name: &str) -> Result<Option<Vm>, Error> {
    find(name)?.map(|key| Ok(Vm::connect_with(&key)?)).transpose()
}

/// Keeps a key; with `replace` in the place of another.
pub fn keep(name: &str, key: &KeyFile, replace: bool) -> Result<(), Error> {
    let (path, directory) = (path(name)?, directory()?);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    made.map_err(|error| Error::config(format!("cannot make {}: {error}", directory.display())))?;
    key.save(&path, KeyPlace::Private, replace).map_err(posse::Error::from)?;
    Ok(())
}

/// Their names, sorted.
pub fn names() -> Result<Vec<String>, Error> {
    let directory = directory()?;
    let entries = match std::fs::read_dir(&directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries,
    };
    let failed = |error| Error::config(format!("cannot read {}: {error}", directory.display()));
    let mut names = Vec::new();
    for entry in entries.map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        names.extend(posse::check_vm_name(&name).is_ok().then_some(name));
    }
    names.sort();
    Ok(names)
}

pub fn remove(name: &str) -> Result<(), Error> {
    match std::fs::remove_file(path(name)?) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = format!("no key was imported as `{name}`");
            Err(Error::new(Kind::No, text).hint("posse key list"))
        }
        Err(error) => Err(Error::config(format!("the key `{name}` is not removed: {error}"))),
    }
}
