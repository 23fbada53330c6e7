//! What a keeper is told, as the arguments of `posse keeper`. Made by who launches it, read by
//! `run.rs`.

use std::ffi::OsString;
use std::path::PathBuf;

/// A keeper's orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Start the daemon again when it crashes (the owner's daemon; a host's is remade by `up`).
    pub restart: bool,
    /// Removed when the daemon is over: files, and directories that are empty by then.
    pub files: Vec<PathBuf>,
    /// Removed before them, with all that is in it.
    pub trees: Vec<PathBuf>,
    /// Arguments of the daemon, its own subcommand first.
    pub daemon: Vec<OsString>,
}

impl Options {
    /// Behind the word `keeper`.
    pub fn to_args(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = vec![];
        args.extend(self.restart.then(|| "--restart".into()));
        for file in &self.files {
            args.extend(["--remove".into(), file.into()]);
        }
        for tree in &self.trees {
            args.extend(["--remove-tree".into(), tree.into()]);
        }
        args.push("--".into());
        args.extend(self.daemon.iter().cloned());
        args
    }

    /// None if these are not a keeper's arguments.
    pub fn from_args(mut args: impl Iterator<Item = OsString>) -> Option<Options> {
        let mut options = Options::default();
        loop {
            match args.next()?.to_str()? {
                "--restart" => options.restart = true,
                "--remove" => options.files.push(args.next()?.into()),
                "--remove-tree" => options.trees.push(args.next()?.into()),
                "--" => break,
                _ => return None,
            }
        }
        options.daemon = args.collect();
        Some(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_the_arguments() {
        let options = Options {
            restart: true,
            files: vec!["/run/a b".into(), "--".into()],
            trees: vec!["/run/out".into(), "/run/data".into()],
            daemon: vec!["daemon".into(), "--remove".into()],
        };
        assert_eq!(Options::from_args(options.to_args().into_iter()), Some(options));
        assert_eq!(Options::from_args(["--nice".into()].into_iter()), None);
        assert_eq!(Options::from_args([].into_iter()), None);
    }
}
