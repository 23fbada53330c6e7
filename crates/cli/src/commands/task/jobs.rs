//! `posse jobs`: the jobs of the vm.

use crate::commands::Outcome;
use crate::farm;
use crate::output::visible;
use crate::{run, tell};
use posse::farm::{JobId, State, Summary};
use serde_json::json;

/// List jobs, running and over; follow one, forget one
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse jobs\n  posse jobs --wait 3      until it is over\n  \
        posse jobs --forget 3    its results too\n  posse results 3 --csv")]
pub struct Args {
    /// Follow this job, by number or name, until it is over; ^C leaves it running
    #[arg(short, long, value_name = "JOB")]
    wait: Option<String>,
    /// Forget a job that is over, with its results
    #[arg(long, value_name = "JOB", conflicts_with = "wait")]
    forget: Option<String>,
    /// One JSON object a line
    #[arg(long, conflicts_with_all = ["wait", "forget"])]
    json: bool,
    /// How many bytes of inputs went to hosts, and of outputs came home, since the owner's daemon
    /// began
    #[arg(long, conflicts_with_all = ["wait", "forget", "json"])]
    moved: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    if let Some(word) = &args.wait {
        return farm::follow(&farm, farm::find(&farm, word)?);
    }
    if let Some(word) = &args.forget {
        farm.forget(farm::find(&farm, word)?)?;
        return Ok(0);
    }
    if args.moved {
        let (to_hosts, home) = farm.moved()?;
        tell::say(&format!("to_hosts={to_hosts} home={home}"));
        return Ok(0);
    }
    let jobs = farm.jobs()?;
    if !args.json {
        tell::say("  JOB      TASKS       DONE  RUNNING  FAILED  STATE         NAME");
    }
    for (job, summary) in &jobs {
        let line = if args.json { object(*job, summary) } else { farm::summary(*job, summary) };
        tell::say(&visible(line.as_bytes()));
    }
    Ok(0)
}

fn object(job: JobId, summary: &Summary) -> String {
    let counts = &summary.counts;
    let of = |state| counts.of(state);
    json!({
        "job": job.0, "name": summary.name, "tasks": counts.all(), "over": summary.over,
        "sealed": summary.sealed, "paused": summary.paused,
        "waiting": of(State::Waiting), "ready": of(State::Ready), "running": of(State::Running),
        "done": of(State::Done), "failed": of(State::Failed), "lost": of(State::Lost),
        "killed": of(State::Killed), "skipped": of(State::Skipped),
        "seconds_left": summary.left.map(|left| left.as_secs_f64()),
    })
    .to_string()
}
