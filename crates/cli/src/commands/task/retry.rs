//! `posse retry`: what went wrong runs again.

use crate::commands::Outcome;
use crate::farm;
use crate::run;

/// Run tasks again that failed or were lost with their hosts
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse retry 3             both\n  posse retry 3 --lost      \
        those that did not fail by themselves")]
pub struct Args {
    /// By number or name
    job: String,
    /// Those that ended otherwise than well
    #[arg(long)]
    failed: bool,
    /// Those whose hosts were lost
    #[arg(long)]
    lost: bool,
    /// Stay until the job is over, with progress
    #[arg(short, long)]
    wait: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    let job = farm::find(&farm, &args.job)?;
    let both = args.failed == args.lost;
    farm.retry(job, both || args.failed, both || args.lost)?;
    if args.wait { farm::follow(&farm, job) } else { Ok(0) }
}
