//! A job followed on a terminal: a bar with its forecast, a line where it is over, what failed.

use super::limits::FAILURES_SHOWN;
use super::table::{ending, task_name};
use crate::commands::Outcome;
use crate::error::Error;
use crate::tell;
use indicatif::{ProgressBar, ProgressStyle};
use posse::farm::{Farm, JobId, State, Summary};
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How soon ^C is seen.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Status of a front end that was left by ^C, as shells have it.
const INTERRUPTED: u8 = 130;

/// Stays until the job is over: 0 where all tasks ended well, else 1. ^C leaves it running.
pub fn follow(farm: &Farm, job: JobId) -> Outcome {
    let left = Arc::new(AtomicBool::new(false));
    flag::register(SIGINT, Arc::clone(&left))?;
    let mut following = farm.follow(job);
    let bar = bar();
    let mut last = None;
    loop {
        match following.next_change(Some(Instant::now() + LOOK_EVERY)) {
            Ok(Some(summary)) => {
                show(&bar, &summary);
                last = Some(summary);
            }
            Ok(None) => break,
            Err(posse::Error::Deadline) if left.load(Ordering::Relaxed) => {
                bar.finish_and_clear();
                tell::note(&format!("job {job} goes on; `posse jobs --wait {job}` follows it"));
                return Ok(INTERRUPTED);
            }
            Err(posse::Error::Deadline) => bar.tick(),
            Err(error) => return Err(error.into()),
        }
    }
    bar.finish_and_clear();
    match last {
        Some(summary) => over(farm, job, &summary),
        None => Ok(0),
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let form = "{bar:30} {pos}/{len} {msg}";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, summary: &Summary) {
    let counts = &summary.counts;
    bar.set_length(u64::from(counts.all()));
    bar.set_position(u64::from(counts.all() - counts.open()));
    let mut words = vec![format!("{} running", counts.of(State::Running))];
    let failed = counts.of(State::Failed) + counts.of(State::Lost);
    if failed > 0 {
        words.push(format!("{failed} failed"));
    }
    if let Some(left) = summary.left {
        words.push(format!("about {} s left", left.as_secs()));
    }
    bar.set_message(words.join(", "));
}

fn over(farm: &Farm, job: JobId, summary: &Summary) -> Outcome {
    let counts = &summary.counts;
    let done = counts.of(State::Done);
    tell::note(&format!("job {job}: {done} of {} tasks done", counts.all()));
    if done == counts.all() {
        return Ok(0);
    }
    tell_failed(farm, job)?;
    Ok(1)
}

fn tell_failed(farm: &Farm, job: JobId) -> Result<(), Error> {
    let table = farm.rows(job)?;
    let failed = table.tasks.iter().filter(|task| task.state != State::Done);
    let count = failed.clone().count();
    for task in failed.take(FAILURES_SHOWN) {
        let why = task.row.as_ref().map(|row| ending(&row.end).1).unwrap_or_default();
        tell::note(&format!("{}: {why}", task_name(job, task)));
    }
    if count > FAILURES_SHOWN {
        tell::note(&format!("and {} more; see `posse results {job}`", count - FAILURES_SHOWN));
    }
    Ok(())
}
