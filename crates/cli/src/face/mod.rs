//! Faces of tools that people's fingers know, on the hosts of a vm: flags, output form and exit
//! codes of theirs. One directory a face; what they share is beside this file. Called by
//! `commands::face` (by the name of a symlink) and by `posse pdsh` and `posse dsh`.

mod conf;
pub mod dsh;
mod getopt;
mod groups;
mod limits;
pub mod pdsh;
mod ready;
mod target;
mod window;
mod words;

use crate::error::Error;
use std::ffi::OsString;

/// The words after the name of a face. Hosts and commands travel as text.
fn text(args: Vec<OsString>) -> Result<Vec<String>, Error> {
    let word = |arg: OsString| {
        arg.into_string()
            .map_err(|arg| Error::usage(format!("{} is not UTF-8", arg.to_string_lossy())))
    };
    args.into_iter().map(word).collect()
}
