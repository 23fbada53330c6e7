//! `posse completions`: the script that completes posse's command line in a shell.

use super::Outcome;
use crate::args::Cli;
use crate::completions::{Shell, script};
use clap::CommandFactory;
use std::io::Write;

/// Print the script that completes commands, options and hosts in a shell
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
    posse completions bash > ~/.local/share/bash-completion/completions/posse\n  \
    posse completions zsh > \"${fpath[1]}/_posse\"\n  \
    posse completions fish > ~/.config/fish/completions/posse.fish")]
pub struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub fn run(args: &Args) -> Outcome {
    std::io::stdout().write_all(script(args.shell, Cli::command()).as_bytes())?;
    Ok(0)
}
