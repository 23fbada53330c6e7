//! What tasks print, as GNU parallel shows it: a task's output in one piece when it is over, in the
//! order of ends or (`-k`) of submission, or as it comes (`-u`, `--line-buffer`), with labels
//! before its lines where they are asked for.

use crate::farm::live::{self, By, Live};
use crate::tell;
use posse::farm::{End, Ending, Output, Part, TaskRow};
use posse_work::parallel::{Grouping, Options};
use posse_work::{Batch, Text};
use std::collections::BTreeMap;
use std::io;

pub struct Printer {
    keeps_order: bool,
    /// What was printed goes to files.
    is_silent: bool,
    /// With `-u` and `--line-buffer`: what was shown of tasks that run.
    live: Option<Live>,
    /// For labels; empty where there are none.
    batches: Vec<Batch>,
    /// With `-k`: the next task that is shown, and those that ended before their turn.
    next: u32,
    held: BTreeMap<u32, Option<Output>>,
}

impl Printer {
    pub fn new(options: &Options, batches: &[Batch]) -> Printer {
        // Bytes that come as they like begin no lines.
        let is_labelled = options.grouping != Grouping::Nothing
            && batches.iter().any(|batch| batch.shared.label.is_some());
        Printer {
            keeps_order: options.keep_order,
            is_silent: options.results.is_some(),
            live: live(options),
            batches: if is_labelled { batches.to_vec() } else { Vec::new() },
            next: 0,
            held: BTreeMap::new(),
        }
    }

    /// Whether it shows what tasks print while they run.
    pub fn is_live(&self) -> bool {
        self.live.is_some() && !self.is_silent
    }

    /// A task that runs printed this.
    pub fn part(&mut self, part: &Part) -> io::Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let bytes = live.part(part);
        let label = self.label(part.lease.task.index);
        match part.is_error {
            false => live::print(&mut io::stdout().lock(), &bytes, &label, false),
            true => live::print(&mut io::stderr().lock(), &bytes, &label, false),
        }
    }

    /// A task is over, and this is what its last attempt printed.
    pub fn ended(&mut self, task: &TaskRow, output: Option<Output>) -> io::Result<()> {
        let end = task.row.as_ref().map(|row| &row.end);
        if let Some(End::Ended(Ending::NotStarted(why))) = end {
            tell::note(&format!("task {}: {why}", u64::from(task.index) + 1));
        }
        if self.is_silent {
            return Ok(());
        }
        if !self.keeps_order {
            return self.show(output.as_ref());
        }
        self.held.insert(task.index, output);
        while let Some(output) = self.held.remove(&self.next) {
            self.show(output.as_ref())?;
            self.next += 1;
        }
        Ok(())
    }

    /// No more tasks come: what still waits for one that did not.
    pub fn finish(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        for output in held.into_values() {
            self.show(output.as_ref())?;
        }
        Ok(())
    }

    fn show(&mut self, output: Option<&Output>) -> io::Result<()> {
        let Some(output) = output else { return Ok(()) };
        let label = self.label(output.lease.task.index);
        let rest = self.live.as_mut().map(|live| live.rest(output));
        let (stdout, stderr): (&[u8], &[u8]) = match &rest {
            Some((stdout, stderr)) => (stdout, stderr),
            None => (&output.stdout, &output.stderr),
        };
        live::print(&mut io::stdout().lock(), stdout, &label, false)?;
        live::print(&mut io::stderr().lock(), stderr, &label, false)?;
        if output.dropped > 0 {
            let (task, bytes) = (u64::from(output.lease.task.index) + 1, output.dropped);
            tell::note(&format!("task {task}: {bytes} bytes more were not kept"));
        }
        Ok(())
    }

    /// With a tab; empty where there is none.
    fn label(&self, index: u32) -> String {
        let mut at = u64::from(index);
        for batch in &self.batches {
            if at < batch.len() {
                let label = batch.shared.label.as_ref();
                let fill = |label: &Text| label.fill(&batch.values(at), batch.first_number + at, 1);
                return label.map(|label| format!("{}\t", fill(label))).unwrap_or_default();
            }
            at -= batch.len();
        }
        String::new()
    }
}

/// With `-k`, tasks are shown one after the other, whole.
fn live(options: &Options) -> Option<Live> {
    match options.grouping {
        _ if options.keep_order => None,
        Grouping::Task => None,
        Grouping::Line => Some(Live::new(By::Lines)),
        Grouping::Nothing => Some(Live::new(By::Bytes)),
    }
}
