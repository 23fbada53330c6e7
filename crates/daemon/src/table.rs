//! The host table on disk: written whole to a new file, synced, moved into place. Kept by the
//! owner's daemon alone, so that a restarted one knows its hosts and never reuses a number.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const NAME: &str = "table";

pub(crate) fn save(directory: &Path, table: &[u8]) -> io::Result<()> {
    let fresh = directory.join("table.new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(table)?;
    file.sync_data()?;
    fs::rename(&fresh, directory.join(NAME))?;
    File::open(directory)?.sync_all()
}

pub(crate) fn load(directory: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(directory.join(NAME)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
