//! `posse log`: what the tasks of a job printed.

use crate::commands::Outcome;
use crate::farm;
use crate::{run, tell};
use posse::farm::{Farm, JobId, Output, TaskId};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Print what the tasks of a job printed, task by task
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse log 3           each line behind its task's number\n  \
        posse log 3.17        of one task, as it printed it\n  \
        posse log -f 3        of each task when it is over, until the job is\n\n\
        Kept are the first 256 KiB of each stream of a task that is over. A task that says more\n\
        is to write a file: posse submit --stdout 'out/{#}.txt'.")]
pub struct Args {
    /// A job by number or name, or one of its tasks
    #[arg(value_name = "JOB[.TASK]")]
    what: String,
    /// Standard error alone
    #[arg(long)]
    stderr: bool,
    /// Standard output alone
    #[arg(long, conflicts_with = "stderr")]
    stdout: bool,
    /// Go on until the job, or the task, is over; in the order in which tasks end
    #[arg(short, long)]
    follow: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let farm = run::connect(vm)?.farm();
    let task = match args.what.contains('.') {
        true => Some(farm::find_task(&farm, &args.what)?),
        false => None,
    };
    let job = match task {
        Some(task) => task.job,
        None => farm::find(&farm, &args.what)?,
    };
    if args.follow {
        return follow(&farm, job, task, args);
    }
    let mut outputs: BTreeMap<u32, Output> = BTreeMap::new();
    farm.outputs(job, |output| {
        let index = output.lease.task.index;
        if task.is_none_or(|task| task.index == index) {
            outputs.insert(index, output);
        }
    })?;
    for (index, output) in &outputs {
        let label = task.is_none().then(|| format!("{job}.{}\t", u64::from(*index) + 1));
        show(output, args, label.as_deref().unwrap_or(""))?;
    }
    Ok(0)
}

fn follow(farm: &Farm, job: JobId, task: Option<TaskId>, args: &Args) -> Outcome {
    if let Some(task) = task {
        if let Some(output) = farm.expect(task).get(None)?.output {
            show(&output, args, "")?;
        }
        return Ok(0);
    }
    let (mut following, mut read) = (farm.follow(job), 0);
    loop {
        let is_over = following.next_change(None)?.is_none();
        let mut outputs = Vec::new();
        read = farm.outputs_from(job, read, |output| outputs.push(output))?;
        for output in outputs {
            let number = u64::from(output.lease.task.index) + 1;
            show(&output, args, &format!("{job}.{number}\t"))?;
        }
        io::stdout().flush()?;
        if is_over {
            return Ok(0);
        }
    }
}

fn show(output: &Output, args: &Args, label: &str) -> io::Result<()> {
    if !args.stderr {
        print(&mut io::stdout().lock(), &output.stdout, label)?;
    }
    if !args.stdout {
        print(&mut io::stderr().lock(), &output.stderr, label)?;
    }
    if output.dropped > 0 {
        let bytes = output.dropped;
        tell::note(&format!("{}: {bytes} bytes more were not kept", output.lease.task));
    }
    Ok(())
}

/// Bytes as they came; with a label, it stands before each line.
fn print(to: &mut dyn Write, bytes: &[u8], label: &str) -> io::Result<()> {
    if label.is_empty() {
        return to.write_all(bytes);
    }
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        to.write_all(label.as_bytes())?;
        to.write_all(line)?;
        if !line.ends_with(b"\n") {
            to.write_all(b"\n")?;
        }
    }
    Ok(())
}
