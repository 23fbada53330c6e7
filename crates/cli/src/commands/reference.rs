//! The hidden `posse reference`: the page `docs/reference/cli.md`.

use super::Outcome;
use crate::args::Cli;
use clap::CommandFactory;
use std::io::Write;

/// Print the reference of all commands in Markdown
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse reference > docs/reference/cli.md")]
pub struct Args {}

pub fn run(_args: &Args) -> Outcome {
    std::io::stdout().write_all(crate::reference::page(Cli::command()).as_bytes())?;
    Ok(0)
}
