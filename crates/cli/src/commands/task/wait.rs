//! `posse wait`: for scripts, the end of jobs.

use crate::commands::Outcome;
use crate::farm;
use crate::run;
use posse::farm::State;

/// Wait until jobs are over, and say nothing; for scripts
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse wait 3 4\n  \
        posse submit --name a ./first && posse wait a && ./next\n\n\
        The exit status is 0 where all tasks of all of them ended well, else 1.")]
pub struct Args {
    /// By number or name
    #[arg(value_name = "JOB", required = true)]
    jobs: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    let jobs = args.jobs.iter().map(|word| farm::find(&farm, word));
    let mut well = true;
    for job in jobs.collect::<Result<Vec<_>, _>>()? {
        let counts = farm.wait(job, None)?.counts;
        well &= counts.of(State::Done) == counts.all();
    }
    Ok(u8::from(!well))
}
