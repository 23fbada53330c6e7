//! What tasks print, as GNU parallel shows it: a task's output in one piece when it is over, in the
//! order of ends or (`-k`) of submission, with labels before its lines where they are asked for.

use crate::tell;
use posse::farm::{End, Ending, Output, TaskRow};
use posse_work::Batch;
use posse_work::parallel::Options;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub struct Printer {
    keeps_order: bool,
    /// What was printed goes to files.
    is_silent: bool,
    /// For labels; empty where there are none.
    batches: Vec<Batch>,
    /// With `-k`: the next task that is shown, and those that ended before their turn.
    next: u32,
    held: BTreeMap<u32, Option<Output>>,
}

impl Printer {
    pub fn new(options: &Options, batches: &[Batch]) -> Printer {
        let is_labelled = batches.iter().any(|batch| batch.shared.label.is_some());
        Printer {
            keeps_order: options.keep_order,
            is_silent: options.results.is_some(),
            batches: if is_labelled { batches.to_vec() } else { Vec::new() },
            next: 0,
            held: BTreeMap::new(),
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
        held.into_values().try_for_each(|output| self.show(output.as_ref()))
    }

    fn show(&self, output: Option<&Output>) -> io::Result<()> {
        let Some(output) = output else { return Ok(()) };
        let label = self.label(output.lease.task.index);
        print(&mut io::stdout().lock(), &output.stdout, label.as_deref())?;
        print(&mut io::stderr().lock(), &output.stderr, label.as_deref())?;
        if output.dropped > 0 {
            let (task, bytes) = (u64::from(output.lease.task.index) + 1, output.dropped);
            tell::note(&format!("task {task}: {bytes} bytes more were not kept"));
        }
        Ok(())
    }

    fn label(&self, index: u32) -> Option<String> {
        let mut at = u64::from(index);
        for batch in &self.batches {
            if at < batch.len() {
                let label = batch.shared.label.as_ref()?;
                return Some(label.fill(&batch.values(at), batch.first_number + at, 1));
            }
            at -= batch.len();
        }
        None
    }
}

/// Bytes as they came; a label and a tab stand before each line.
fn print(to: &mut dyn Write, bytes: &[u8], label: Option<&str>) -> io::Result<()> {
    let Some(label) = label else {
        to.write_all(bytes)?;
        return to.flush();
    };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        write!(to, "{label}\t")?;
        to.write_all(line)?;
    }
    to.flush()
}
