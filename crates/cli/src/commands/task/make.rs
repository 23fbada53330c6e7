//! `posse make`: an existing makefile, its recipes as tasks.

use crate::commands::Outcome;
use crate::farm;

/// Run a makefile: GNU make decides what is stale, recipes run as tasks on idle hosts
#[derive(clap::Args, Debug)]
#[command(
    disable_help_flag = true,
    after_help = "Example:\n  posse make\n  posse make -C src -k all\n  \
        posse make -H 'lab[1-4]' -j16 test\n\n\
        Words are make's, but for -H, which stands before them. Without -j, as many lines run at\n\
        a time as the vm has slots. Files are those of the hosts: what is made lies on a\n\
        file system that they share. Lines that run make, and $(shell ...), run here."
)]
pub struct Args {
    /// This help
    #[arg(long, action = clap::ArgAction::HelpLong)]
    help: Option<bool>,
    /// Only on these hosts [default: all]
    #[arg(short = 'H', long, value_name = "HOSTSET")]
    hosts: Option<String>,
    /// As for make
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    farm::make::main(vm, args.hosts.as_deref().unwrap_or_default(), &args.words)
}
