//! `posse why`: why a task is where it is.

use crate::commands::Outcome;
use crate::farm;
use crate::output::visible_line;
use crate::{run, tell};

/// Say why a task is not running, where it runs, or how it ended
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse why 3.17       task 17 of job 3")]
pub struct Args {
    /// The job, by number or name, and the task's number in it from 1
    #[arg(value_name = "JOB.TASK")]
    task: String,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    let why = farm.why(farm::find_task(&farm, &args.task)?)?;
    tell::say(&visible_line(&why));
    Ok(0)
}
