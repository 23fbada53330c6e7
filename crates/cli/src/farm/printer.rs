//! What tasks print, as GNU parallel shows it: a task's output in one piece when it is over, in the
//! order of ends or (`-k`) of submission, with labels before its lines where they are asked for.

use crate::error::Error;
use crate::tell;
use posse::farm::{Farm, JobId, Output, Table};
use posse_work::Batch;
use posse_work::parallel::Options;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub struct Printer {
    job: JobId,
    /// All is shown at the end, since the last attempt counts, or the order.
    holds: bool,
    batches: Vec<Batch>,
    labelled: bool,
    /// How far the job's store was read.
    read: u64,
    held: BTreeMap<u32, Output>,
}

impl Printer {
    pub fn new(job: JobId, options: &Options, batches: &[Batch]) -> Printer {
        let again = options.tries.is_some_and(|tries| tries != 1);
        let labelled = batches.iter().any(|batch| batch.shared.label.is_some());
        let holds = options.keep_order || again;
        let batches = batches.to_vec();
        Printer { job, holds, batches, labelled, read: 0, held: BTreeMap::new() }
    }

    /// What came since the last time.
    pub fn look(&mut self, farm: &Farm) -> Result<(), Error> {
        let mut outputs = Vec::new();
        self.read = farm.outputs_from(self.job, self.read, |output| outputs.push(output))?;
        for output in outputs {
            if self.holds {
                self.held.insert(output.lease.task.index, output);
            } else {
                self.show(&output)?;
            }
        }
        Ok(())
    }

    /// The job is over: what was held, and what could not be started.
    pub fn finish(&mut self, table: &Table) -> Result<(), Error> {
        for output in std::mem::take(&mut self.held).into_values() {
            self.show(&output)?;
        }
        for task in &table.tasks {
            if let Some(row) = &task.row
                && let posse::farm::End::Ended(posse::farm::Ending::NotStarted(why)) = &row.end
            {
                tell::note(&format!("task {}: {why}", u64::from(task.index) + 1));
            }
        }
        Ok(())
    }

    fn show(&self, output: &Output) -> io::Result<()> {
        let label = if self.labelled { self.label(output.lease.task.index) } else { None };
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
