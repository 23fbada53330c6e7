//! The binaries that are sent to hosts: `posse-host` beside this program where it is of the same
//! version, else this very program; and those of other architectures in a folder beside it. Read
//! once for all launches of a time and packed when the first host wants it, then given back.

use crate::HOST_IMAGE;
use crate::shell::Shell;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use posse_net::launch::{Binaries, Binary, Gzip, LaunchError};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tokio::sync::OnceCell;

/// Folder beside the program, or named by POSSE_BINARIES, with `posse-Linux-aarch64` and the
/// like: the kind as `uname -s -m` says it, joined by `-`.
const FOLDER: &str = "posse-binaries";

/// The same program without the commands, built with it and lying beside it.
const SLIM: &str = "posse-host";

/// Level 6: higher levels gain 1 % for twice the time.
const LEVEL: Compression = Compression::new(6);

/// The binaries of those that launch just now.
pub(super) struct Images {
    pub binaries: Binaries,
    packed: Vec<OnceCell<Option<Bytes>>>,
}

impl Images {
    /// One for all who launch at the same time, forgotten with the last of them.
    pub async fn shared(shell: &Shell) -> Result<Rc<Images>, LaunchError> {
        let mut shared = shell.launches.images.lock().await;
        if let Some(images) = shared.upgrade() {
            return Ok(images);
        }
        let read = tokio::task::spawn_blocking(binaries).await;
        let binaries = read.map_err(|error| LaunchError::local(&error.to_string()))??;
        let packed = binaries.iter().map(|_| OnceCell::new()).collect();
        let images = Rc::new(Images { binaries, packed });
        *shared = Rc::downgrade(&images);
        Ok(images)
    }

    /// Takes about 0.2 s of one core, once, on a thread of its own. `None` where it fails.
    pub async fn packed(&self, index: usize) -> Option<Bytes> {
        let plain = self.binaries.get(index)?.plain.clone();
        let packing = || async {
            tokio::task::spawn_blocking(move || pack(&plain).ok()).await.ok().flatten()
        };
        self.packed.get(index)?.get_or_init(packing).await.clone()
    }
}

fn binaries() -> Result<Binaries, LaunchError> {
    let mut all = Vec::new();
    let system = rustix::system::uname();
    let own = [system.sysname(), system.machine()].map(|part| part.to_string_lossy());
    let beside: Option<PathBuf> =
        fs::read_link("/proc/self/exe").ok().and_then(|path| path.parent().map(Into::into));
    let slim = beside.as_ref().and_then(|folder| fs::read(folder.join(SLIM)).ok());
    match slim.filter(|image| is_of_this_version(image)) {
        Some(image) => all.push(binary(&own.join(" "), image)),
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
    match fs::read(path) {
        Ok(plain) => all.push(binary(kind, plain)),
        Err(error) => crate::log::line(&format!("binary for {kind} is unusable: {error}")),
    }
}

fn binary(kind: &str, plain: Vec<u8>) -> Binary {
    Binary::new(kind, Bytes::from(plain), Gzip::OnDemand)
}

/// An old image beside a new program would be refused by the handshake at best.
fn is_of_this_version(image: &[u8]) -> bool {
    image.windows(HOST_IMAGE.len()).any(|part| part == HOST_IMAGE.as_bytes())
}

fn pack(plain: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), LEVEL);
    encoder.write_all(plain)?;
    Ok(encoder.finish()?.into())
}
