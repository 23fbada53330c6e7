//! `posse down`: the end of a vm: its processes, its daemons, its files.

use super::Outcome;
use crate::limits::LIVES_MAX;
use crate::run;

/// End the vm: every process, every daemon, every file but the binary cache
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse down\n  posse down --purge     remove the binary cache too"
)]
pub struct Args {
    /// Remove the binary cache from the hosts as well
    #[arg(long)]
    purge: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    run::connect(vm)?.down(args.purge)?;
    // A daemon that was being ended in this moment has left the vm to its next life; the first of
    // these may still be the end of that daemon.
    for _ in 0..LIVES_MAX {
        if !run::is_kept(vm)? {
            break;
        }
        run::connect(vm)?.down(args.purge)?;
    }
    Ok(0)
}
