//! All that the checks look at: the text files of the checkout and cargo's word on its members.
//!
//! Read once, then shared by the checks, which run beside each other. Called by `mod.rs`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use super::source::Source;
use crate::repo;

pub struct Tree {
    pub root: PathBuf,
    pub files: Vec<Source>,
    /// All paths, also of files that are no text.
    pub paths: Vec<String>,
    /// `cargo metadata --no-deps`.
    pub members: Value,
}

/// What is read as text: our own writing, not data for tests.
const TEXT: [&str; 11] = ["rs", "toml", "md", "sh", "py", "c", "h", "yml", "yaml", "txt", "html"];

impl Tree {
    pub fn read(root: &Path) -> Result<Tree> {
        let members = repo::members(root)?;
        let mut tree =
            Tree { root: root.to_owned(), files: vec![], paths: repo::files(root)?, members };
        for path in tree.paths.iter().filter(|path| is_text(path)) {
            // A file that git knows and the disk does not is one being removed.
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            tree.files.push(Source::new(path, &String::from_utf8_lossy(&bytes)));
        }
        tree.paths.retain(|path| root.join(path).exists());
        Ok(tree)
    }

    pub fn rust(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|source| source.is_rust())
    }

    /// The files of the crates' own code, but for these crates.
    pub fn rust_but(&self, crates: &[&str]) -> impl Iterator<Item = &Source> {
        self.rust().filter(|source| source.crate_name().is_some_and(|name| !crates.contains(&name)))
    }

    pub fn file(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|source| source.path == path)
    }

    /// The members as `(folder, metadata)`.
    pub fn packages(&self) -> Vec<(String, &Value)> {
        let packages = self.members["packages"].as_array();
        let folder = |package: &Value| {
            let manifest = Path::new(package["manifest_path"].as_str()?).parent()?;
            let below = manifest.strip_prefix(&self.root).unwrap_or(manifest);
            Some(below.to_string_lossy().into_owned())
        };
        packages.into_iter().flatten().filter_map(|p| Some((folder(p)?, p))).collect()
    }

    #[cfg(test)]
    pub fn sample(files: &[(&str, &str)]) -> Tree {
        Tree {
            root: PathBuf::from("/sample"),
            files: files.iter().map(|(path, text)| Source::new(path, text)).collect(),
            paths: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
            members: Value::Null,
        }
    }
}

fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => TEXT.contains(&extension),
        None => path == ".ci/run" || path.starts_with("examples/"),
    }
}
