//! `posse explore`: as `up`, for hosts that this computer may not be able to log in to: they are
//! tried again through hosts of the vm that are up.

use super::{Outcome, up};
use crate::error::Error;
use crate::explore::{self, Policy};
use crate::run::{self, launch};
use crate::tell;

/// Bring hosts up, finding out which hosts can log in to which
#[derive(clap::Args, Debug)]
#[group(skip)]
#[command(
    about = "Bring hosts up, finding out which hosts can log in to which",
    after_help = "Example:\n  posse explore gate 'inner[1-40]'\n  \
        posse explore --dry 'inner*'       what would be tried, in order\n  \
        posse use gate 'inner*' && posse up gate 'inner*'    nothing to be found out"
)]
pub struct Args {
    #[command(flatten)]
    up: up::Args,
    /// Try nothing; print from where each host would be tried, in order
    #[arg(long)]
    dry: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    if args.up.via.is_some() {
        return Err(Error::usage("explore finds the way itself")
            .hint("`posse up --via HOST` goes one way, `posse use SRC TGT` states it for later"));
    }
    let there = run::connect_if_up(vm)?;
    let requests = up::requests(there.as_ref(), &args.up)?;
    if args.dry {
        let ways = launch::plan(there.as_ref(), requests, Policy::Explore)?;
        explore::outlook(&ways).iter().for_each(|line| tell::say(line));
        return Ok(0);
    }
    let vm = up::made(vm, there, &args.up)?;
    let ways = launch::carry_out(&vm, requests, &args.up, Policy::Explore)?;
    if !args.up.json {
        explore::reached_and_failed(&ways).iter().for_each(|line| tell::say(line));
        launch::say_count(&ways);
        explore::hints(&ways).iter().for_each(|hint| launch::hint(hint));
    }
    Ok(launch::status(&ways))
}
