//! The computer below a host, as its kernel tells it: cores, GPUs, memory, who uses it. Only read
//! here; what follows from it is `observe`'s and `posse-farm`'s.
//!
//! - `topology`: cores by NUMA node
//! - `gpus`: graphics processors, and how a task is given some
//! - `cpu`, `memory`: what all processes use, and what some of them do
//! - `keyboard`: how long nobody touched it
//! - `battery`: mains or battery
//! - `clock`, `zone`: the time of day there

mod battery;
mod clock;
mod cpu;
mod gpus;
mod keyboard;
mod memory;
mod topology;
mod zone;

pub(super) use cpu::{TICKS_A_SECOND, busy, usage};
pub(super) use gpus::{COUNT_VARIABLE, Gpu, variables};
pub(super) use keyboard::Keyboard;
pub(super) use memory::proportional;
pub(super) use topology::allowed;

use super::limits::SYSTEM_FILE_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Names the directory that stands for `/`, where the computer's own `/dev`, `/proc` and `/sys`
/// are elsewhere: in a container that has them mounted, and in tests.
const ROOT_VARIABLE: &str = "POSSE_COMPUTER";

/// Where a computer's `dev`, `proc` and `sys` are.
#[derive(Debug, Clone)]
pub(super) struct Computer {
    root: PathBuf,
}

impl Computer {
    /// The one that this daemon is on.
    pub fn here() -> Computer {
        let root = std::env::var_os(ROOT_VARIABLE).unwrap_or_else(|| "/".into());
        Computer { root: root.into() }
    }

    #[cfg(test)]
    pub fn at(root: &Path) -> Computer {
        Computer { root: root.to_owned() }
    }

    fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.join(below)
    }

    /// A file of the kernel's; as much of it as is believed to be sensible.
    fn read(&self, below: impl AsRef<Path>) -> Option<String> {
        let mut text = String::new();
        let file = File::open(self.path(below)).ok()?;
        file.take(SYSTEM_FILE_BYTES).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Names in a directory, in their order; those that begin with `prefix` and go on with a
    /// number by that number.
    fn names(&self, below: impl AsRef<Path>, prefix: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(below)) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort_by_cached_key(|name| (number_behind(name, prefix), name.clone()));
        names
    }
}

/// `node12` behind `node` is 12.
fn number_behind(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod fake {
    //! A directory that looks like a computer.

    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    pub struct Fake(pub PathBuf);

    impl Fake {
        pub fn new(files: &[(&str, &str)]) -> Fake {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("posse-computer-{}-{number}", std::process::id());
            let fake = Fake(std::env::temp_dir().join(name));
            files.iter().for_each(|(path, text)| fake.put(path, text));
            fake
        }

        pub fn put(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        pub fn computer(&self) -> super::Computer {
            super::Computer::at(&self.0)
        }

        pub fn path(&self, below: &str) -> PathBuf {
            Path::new(&self.0).join(below)
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
