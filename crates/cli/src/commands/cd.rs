//! `posse cd`: where commands start, kept by the vm.

use super::Outcome;
use crate::error::Error;
use crate::run::{self, check, directory};
use crate::settings::{self, DIRECTORY, Settings};
use crate::tell;
use posse::Command;
use std::path::{Component, Path, PathBuf};

/// Set the directory in which commands start
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse cd /scratch/run1\n  posse cd ..\n  \
        posse cd               the home of each host\n  posse cd --show\n  \
        posse cd -u            again where posse is called, with its home translated")]
pub struct Args {
    /// `~` is the home of each host; a relative one starts from the directory in force
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Forget it: commands start where posse is called
    #[arg(short = 'u', long, conflicts_with = "directory")]
    unset: bool,
    /// Show it
    #[arg(long, conflicts_with_all = ["directory", "unset"])]
    show: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let now = Settings::of(&vm).directory();
    if args.show {
        match now {
            Some(directory) => tell::say(&directory),
            None => tell::note("none is set: commands start where posse is called"),
        }
        return Ok(0);
    }
    if args.unset {
        settings::set(&vm, DIRECTORY, None)?;
        return Ok(0);
    }
    let home = PathBuf::from("~");
    let from = now.map_or_else(directory::current, PathBuf::from);
    let wanted = joined(&from, args.directory.as_ref().unwrap_or(&home));
    let text = wanted.to_str().ok_or_else(|| Error::usage("the directory is not UTF-8"))?;
    let command = Command::argv(["true"]).directory(directory::translate(&wanted)?);
    check::everywhere(&vm, &command, &format!("the directory {text}"))?;
    settings::set(&vm, DIRECTORY, Some(text))?;
    Ok(0)
}

/// As a shell's `cd` puts paths together, without looking at any disk.
fn joined(from: &Path, to: &Path) -> PathBuf {
    let whole = if to.starts_with("~") || to.is_absolute() { to.to_owned() } else { from.join(to) };
    let mut path = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            // Above the home of a host nothing is known by name.
            Component::ParentDir if path.as_os_str() == "~" => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_together() {
        let of = |from: &str, to: &str| joined(Path::new(from), Path::new(to));
        assert_eq!(of("/a/b", "c"), Path::new("/a/b/c"));
        assert_eq!(of("/a/b", "../c/./d"), Path::new("/a/c/d"));
        assert_eq!(of("/a", "/x/../y"), Path::new("/y"));
        assert_eq!(of("~/a", "../../b"), Path::new("~/b"));
        assert_eq!(of("/a", "~"), Path::new("~"));
        assert_eq!(of("/", ".."), Path::new("/"));
    }
}
