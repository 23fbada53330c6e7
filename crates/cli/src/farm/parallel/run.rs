//! A line while it runs: tasks are given, their ends told, limits kept that depend on what other
//! tasks did (`--halt`, `--timeout` in percent).

use super::feed::Feeder;
use super::printer::Printer;
use super::record::Record;
use super::tasks::{Tasks, Told};
use crate::error::Error;
use crate::farm::ends::Ends;
use crate::farm::signals::Signals;
use crate::tell;
use posse::farm::{End, Ending, News, Output, State};
use posse_work::Batch;
use posse_work::limits::FAILED_MAX;
use posse_work::parallel::{Halt, On, Options, TimeLimit, When};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How soon ^C is seen, and what came.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Tasks that must have ended before their median says something, as in GNU parallel.
const MEDIAN_OF: usize = 3;

pub struct Run<'a> {
    pub options: &'a Options,
    pub tasks: &'a Tasks<'a>,
    pub feeder: Feeder<'a>,
    pub ends: Ends,
    pub printer: Printer,
    pub record: Record,
    pub state: Progress,
}

/// What became of tasks so far.
#[derive(Default)]
pub struct Progress {
    /// How far the job's store was read.
    read: u64,
    /// Of attempts whose task is not over, the last.
    outputs: BTreeMap<u32, Output>,
    failed: u64,
    succeeded: u64,
    /// The status with which the line ends, once it is stopped.
    halted: Option<u8>,
    /// What runs is not waited for.
    is_ending: bool,
    /// Running times of tasks that ended well, in order.
    times: Vec<Duration>,
    /// Tasks that were ended since they took too long.
    late: BTreeSet<u32>,
}

impl Run<'_> {
    /// The exit status: how many failed, or what `--halt` says.
    pub fn follow(mut self, signals: &Signals) -> Result<u8, Error> {
        let (farm, job) = (self.feeder.farm, self.feeder.job);
        let mut following = if self.printer.is_live() { farm.look(job) } else { farm.follow(job) };
        loop {
            if self.state.halted.is_none() {
                self.feeder.feed(self.ends.count())?;
            }
            let late = Instant::now() + LOOK_EVERY;
            let until = self.feeder.due(self.ends.count()).map_or(late, |due| due.min(late));
            match following.next_news(Some(until)) {
                Ok(Some(News::Part(part))) => self.printer.part(&part)?,
                Ok(Some(News::Changed(summary))) => {
                    self.look()?;
                    if self.state.halted.is_some() && summary.counts.of(State::Running) == 0 {
                        self.end()?;
                    }
                }
                Ok(None) => break,
                Err(posse::Error::Deadline) => self.end_late()?,
                Err(error) => return Err(error.into()),
            }
            if let Some(signal) = signals.came() {
                self.end()?;
                return Ok(128 + signal);
            }
        }
        self.look()?;
        self.printer.finish()?;
        // It fits.
        Ok(self.state.halted.unwrap_or(self.state.failed.min(FAILED_MAX) as u8))
    }

    /// What ended since the last look.
    fn look(&mut self) -> Result<(), Error> {
        let ended = self.ends.look()?;
        let (farm, job, outputs) = (self.feeder.farm, self.feeder.job, &mut self.state.outputs);
        // What a task printed is there before its end is.
        self.state.read = farm.outputs_from(job, self.state.read, |output| {
            outputs.insert(output.lease.task.index, output);
        })?;
        for task in ended {
            let host = self.ends.host(task.row.as_ref().and_then(|row| row.host));
            let told = self.tasks.told(task, host);
            self.told(&told)?;
        }
        Ok(())
    }

    fn told(&mut self, told: &Told) -> Result<(), Error> {
        let (state, index) = (&mut self.state, told.task.index);
        let output = state.outputs.remove(&index);
        let end = told.task.row.as_ref().map(|row| &row.end);
        let was_ended = matches!(end, Some(End::Killed)) && !state.late.contains(&index);
        if state.is_ending && was_ended {
            return Ok(());
        }
        if told.task.state == State::Done {
            state.succeeded += 1;
            let ran = told.task.row.as_ref().map_or(Duration::ZERO, |row| row.ran);
            let at = state.times.partition_point(|other| *other < ran);
            state.times.insert(at, ran);
        } else {
            state.failed += 1;
        }
        self.record.ended(told, output.as_ref())?;
        self.printer.ended(&told.task, output)?;
        self.halt(told)
    }

    fn halt(&mut self, told: &Told) -> Result<(), Error> {
        let Some(halt) = self.options.halt.filter(|_| self.state.halted.is_none()) else {
            return Ok(());
        };
        let (failed, succeeded) = (self.state.failed, self.state.succeeded);
        let total = match self.feeder.blocks {
            Some(_) => u64::from(self.feeder.added),
            None => self.tasks.batches.iter().map(Batch::len).sum(),
        };
        if !halt.is_reached(failed, succeeded, total) {
            return Ok(());
        }
        tell::note(&format!("this task {}: {}", word(halt), told.command));
        self.state.halted = Some(halt.status(failed, total, status(told)));
        if halt.when == When::Now {
            return self.end();
        }
        tell::note("no more tasks are started");
        self.feeder.seal()?;
        Ok(self.feeder.farm.pause(self.feeder.job, true)?)
    }

    /// All that is left.
    fn end(&mut self) -> Result<(), Error> {
        if !std::mem::replace(&mut self.state.is_ending, true) {
            self.feeder.seal()?;
            self.feeder.farm.kill(self.feeder.job, None)?;
        }
        Ok(())
    }

    /// Tasks that take longer than so many percent of the median.
    fn end_late(&mut self) -> Result<(), Error> {
        let Some(TimeLimit::Percent(part)) = self.options.timeout else { return Ok(()) };
        if self.state.times.len() < MEDIAN_OF {
            return Ok(());
        }
        // Which tasks run is known from the last look.
        self.look()?;
        let median = self.state.times[self.state.times.len() / 2];
        let mut late = self.ends.running_for(median.mul_f64(part / 100.0));
        late.retain(|index| self.state.late.insert(*index));
        if late.is_empty() {
            return Ok(());
        }
        for index in &late {
            tell::note(&format!("task {} took too long and was ended", u64::from(*index) + 1));
        }
        Ok(self.feeder.farm.kill(self.feeder.job, Some(late))?)
    }
}

fn word(halt: Halt) -> &'static str {
    match halt.on {
        On::Fail => "failed",
        On::Success => "succeeded",
        On::Done => "finished",
    }
}

/// As a shell has it.
fn status(told: &Told) -> u8 {
    match told.task.row.as_ref().map(|row| &row.end) {
        Some(End::Ended(Ending::Exited(status))) => *status,
        Some(End::Ended(Ending::Signalled(signal))) => signal.saturating_add(128),
        _ => u8::MAX,
    }
}
