//! A directory that looks like a computer, for tests.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

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
