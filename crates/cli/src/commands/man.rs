//! `posse man`: manual pages, from the one definition of the commands.

use super::Outcome;
use crate::args::Cli;
use crate::error::Error;
use clap::CommandFactory;
use std::path::PathBuf;

/// Print the manual page of posse, or write the pages of all commands to a directory
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse man | man -l -\n  \
    mkdir -p ~/.local/share/man/man1 && posse man ~/.local/share/man/man1")]
pub struct Args {
    /// Where `posse.1`, `posse-up.1` and so on are written
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub fn run(args: &Args) -> Outcome {
    match &args.directory {
        Some(path) => clap_mangen::generate_to(Cli::command(), path).map_err(|error| {
            let text = format!("cannot write manual pages to {}: {error}", path.display());
            Error::config(text).hint("the directory must be there; mkdir -p makes it")
        })?,
        None => clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?,
    }
    Ok(0)
}
