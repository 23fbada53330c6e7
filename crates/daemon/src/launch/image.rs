//! The binaries that are sent to hosts: `posse-host` beside this program where it is of the same
//! version, else this very program; and those of other architectures in a folder beside it. Read
//! and compressed once per campaign, then given back.

use crate::HOST_IMAGE;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use posse_net::launch::{Binaries, Binary, LaunchError};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Folder beside the program, or named by POSSE_BINARIES, with `posse-Linux-aarch64` and the
/// like: the kind as `uname -s -m` says it, joined by `-`.
const FOLDER: &str = "posse-binaries";

/// The same program without the commands, built with it and lying beside it.
const SLIM: &str = "posse-host";

/// Level 6: higher levels gain 1 % for twice the time.
const LEVEL: Compression = Compression::new(6);

/// Reads and packs; takes about 0.2 s of one core, so it is called on a thread of its own.
pub(super) fn binaries() -> Result<Binaries, LaunchError> {
    let mut all = Vec::new();
    let system = rustix::system::uname();
    let own = [system.sysname(), system.machine()].map(|part| part.to_string_lossy());
    let beside: Option<PathBuf> =
        fs::read_link("/proc/self/exe").ok().and_then(|path| path.parent().map(Into::into));
    let slim = beside.as_ref().and_then(|folder| fs::read(folder.join(SLIM)).ok());
    match slim.filter(|image| is_of_this_version(image)) {
        Some(image) => pack_into(&mut all, &own.join(" "), Ok(image)),
        None => add(&mut all, &own.join(" "), Path::new("/proc/self/exe")),
    }
    let folder = std::env::var_os("POSSE_BINARIES")
        .map(Into::into)
        .or_else(|| beside.map(|folder| folder.join(FOLDER)));
    for entry in folder.iter().flat_map(fs::read_dir).flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(kind) = name.strip_prefix("posse-").map(|kind| kind.replace('-', " ")) else {
            continue;
        };
        if kind != own.join(" ") {
            add(&mut all, &kind, &entry.path());
        }
    }
    Binaries::new(all)
}

fn add(all: &mut Vec<Binary>, kind: &str, path: &Path) {
    pack_into(all, kind, fs::read(path));
}

/// An old image beside a new program would be refused by the handshake at best.
fn is_of_this_version(image: &[u8]) -> bool {
    image.windows(HOST_IMAGE.len()).any(|part| part == HOST_IMAGE.as_bytes())
}

fn pack_into(all: &mut Vec<Binary>, kind: &str, plain: io::Result<Vec<u8>>) {
    match plain.and_then(|plain| Ok((pack(&plain)?, plain))) {
        Ok((gzip, plain)) => all.push(Binary::new(kind, Bytes::from(plain), Some(gzip))),
        Err(error) => crate::log::line(&format!("binary for {kind} is unusable: {error}")),
    }
}

fn pack(plain: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), LEVEL);
    encoder.write_all(plain)?;
    Ok(encoder.finish()?.into())
}
