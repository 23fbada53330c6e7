//! Jobs and tasks by what people call them: `3`, the job's name, `3.17`.

use crate::error::Error;
use posse::farm::{Farm, JobId, TaskId};

/// By number, or by name: the latest of that name.
pub fn find(farm: &Farm, word: &str) -> Result<JobId, Error> {
    if let Ok(number) = word.parse() {
        return Ok(JobId(number));
    }
    let jobs = farm.jobs()?;
    let of_name = jobs.iter().rev().find(|(_, summary)| summary.name == word);
    of_name.map(|(job, _)| *job).ok_or_else(|| {
        Error::usage(format!("there is no job `{word}`")).hint("`posse jobs` lists them")
    })
}

/// `JOB.TASK`, tasks counted from 1.
pub fn find_task(farm: &Farm, word: &str) -> Result<TaskId, Error> {
    let task = word.rsplit_once('.').and_then(|(job, task)| {
        let number = task.parse::<u32>().ok()?;
        Some((job, number.checked_sub(1)?))
    });
    let Some((job, index)) = task else {
        let text = format!("`{word}` is no task, such as 3.17");
        return Err(Error::usage(text).hint("`posse results JOB` lists the tasks of a job"));
    };
    Ok(TaskId { job: find(farm, job)?, index })
}
