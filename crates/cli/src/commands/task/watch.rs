//! `posse watch`: a job followed to its end.

use crate::commands::Outcome;
use crate::farm;
use crate::run;

/// Follow a job with progress until it is over, from any terminal; ^C leaves it running
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse watch 3\n  posse watch study && posse results study\n\n\
        The exit status is 0 where all tasks ended well, else 1.")]
pub struct Args {
    /// By number or name
    job: String,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    farm::follow(&farm, farm::find(&farm, &args.job)?)
}
