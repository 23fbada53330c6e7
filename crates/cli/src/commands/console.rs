//! `posse console`: commands line by line, at a prompt or from a script.

use super::Outcome;
use crate::console;
use crate::error::Error;
use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::PathBuf;

/// Type commands without the word posse: `posse> e cat f {{ wc -l }} sort`
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse console\n  [4/4/4] posse> e cat f {{ wc -l }} sort -n\n  \
        posse console < script\n\n\
        The prompt says where the last command succeeded, which hosts are selected, and how many\n\
        there are. ^C ends a command, ^D leaves; `help` says more. A script on stdin or in a FILE\n\
        goes on after a line that fails; the exit status is that of the last line."
)]
pub struct Args {
    /// Take the lines from this file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    if let Some(path) = &args.file {
        let file = File::open(path)
            .map_err(|error| Error::config(format!("cannot read {}: {error}", path.display())))?;
        return console::script(vm, BufReader::new(file), true);
    }
    if std::io::stdin().is_terminal() {
        return console::interactive(vm);
    }
    console::script(vm, std::io::stdin().lock(), false)
}
