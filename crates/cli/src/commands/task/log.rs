//! `posse log`: what the tasks of a job printed.

use crate::commands::Outcome;
use crate::farm;
use crate::farm::live::{self, By, Live};
use crate::{run, tell};
use posse::farm::{Farm, JobId, Lease, News, Output, TaskId};
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// How soon the end of a task is seen.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Print what the tasks of a job printed, task by task
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse log 3           each line behind its task's number\n  \
        posse log 3.17        of one task, as it printed it\n  \
        posse log -f 3        of all, while they print it, until the job is over\n\n\
        Kept are the first 256 KiB of each stream of a task. A task that says more\n\
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
    /// As it is printed, until the job, or the task, is over; of a job line by line
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

/// What tasks print as they print it, line by line; of one task every byte as it comes.
fn follow(farm: &Farm, job: JobId, task: Option<TaskId>, args: &Args) -> Outcome {
    let mut live = Live::new(if task.is_some() { By::Bytes } else { By::Lines });
    let mut expected = task.map(|task| farm.expect(task));
    let label = |lease: &Lease| match task {
        Some(_) => String::new(),
        None => format!("{job}.{}\t", u64::from(lease.task.index) + 1),
    };
    let (mut news, mut read) = (farm.look(job), 0);
    loop {
        let is_over = match news.next_news(Some(Instant::now() + LOOK_EVERY)) {
            Ok(Some(News::Part(part))) => {
                if task.is_none_or(|task| task == part.lease.task) {
                    let bytes = live.part(&part);
                    let (out, err) =
                        if part.is_error { (Vec::new(), bytes) } else { (bytes, Vec::new()) };
                    print(args, &out, &err, &label(&part.lease))?;
                }
                continue;
            }
            Ok(Some(News::Changed(_))) => false,
            Ok(None) => true,
            Err(posse::Error::Deadline) => false,
            Err(error) => return Err(error.into()),
        };
        if let Some(expected) = &mut expected {
            let wait = if is_over { LOOK_EVERY } else { Duration::ZERO };
            match expected.get(Some(Instant::now() + wait)) {
                Ok(end) => {
                    if let Some(output) = end.output {
                        let (out, err) = live.rest(&output);
                        print(args, &out, &err, "")?;
                    }
                    return Ok(0);
                }
                Err(posse::Error::Deadline) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        let mut outputs = Vec::new();
        read = farm.outputs_from(job, read, |output| outputs.push(output))?;
        for output in outputs {
            let (out, err) = live.rest(&output);
            print(args, &out, &err, &label(&output.lease))?;
            tell_dropped(&output);
        }
        if is_over {
            return Ok(0);
        }
    }
}

fn show(output: &Output, args: &Args, label: &str) -> io::Result<()> {
    print(args, &output.stdout, &output.stderr, label)?;
    tell_dropped(output);
    Ok(())
}

fn print(args: &Args, stdout: &[u8], stderr: &[u8], label: &str) -> io::Result<()> {
    if !args.stderr {
        live::print(&mut io::stdout().lock(), stdout, label, true)?;
    }
    if !args.stdout {
        live::print(&mut io::stderr().lock(), stderr, label, true)?;
    }
    Ok(())
}

fn tell_dropped(output: &Output) {
    if output.dropped > 0 {
        let bytes = output.dropped;
        tell::note(&format!("{}: {bytes} bytes more were not kept", output.lease.task));
    }
}
