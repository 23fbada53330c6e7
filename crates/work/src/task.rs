//! What all faces come to: batches of tasks that share a template, columns of values, needs and
//! rules. One to one with what the farm stores; nothing here is filled in until it is asked for.

use std::borrow::Cow;

use crate::column::Grid;
use crate::units;
use posse_farm::{Needs, Program, Rules, Text, quote};

/// Tasks that differ in their values alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What dependencies and results call it; empty where nobody named it.
    pub name: String,
    pub command: Command,
    pub grid: Grid,
    /// Records of the grid that one task takes, joined (`-N`); 1 for all but GNU parallel's face.
    pub per_task: u64,
    /// Of them, the first of this batch, where a job continues another batch's grid.
    pub first: u64,
    /// The number of records from `first` on.
    pub records: u64,
    /// Number of the first task in its job, from 1 (`{#}`).
    pub first_number: u64,
    pub shared: Shared,
    /// Batches (by their place in the job) all of whose tasks must be done before.
    pub after: Vec<usize>,
    /// At most so many of its tasks at a time.
    pub at_once: Option<u32>,
}

/// What is executed.
pub type Command = Program<Text>;

/// What tasks of a batch have in common beside their command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Added to the environment; a later one wins.
    pub environment: Vec<(String, Text)>,
    /// Where it runs; where the job was submitted if nothing is said.
    pub directory: Option<Text>,
    pub stdin: Option<Text>,
    /// Files; the job's store of output where nothing is said.
    pub stdout: Option<Text>,
    pub stderr: Option<Text>,
    /// Before each line of what it prints; a tab follows.
    pub label: Option<Text>,
    /// Brought to the host before the start, and away after the end.
    pub inputs: Vec<Transfer>,
    pub outputs: Vec<Transfer>,
    pub needs: Needs,
    pub rules: Rules,
    /// The greater runs first.
    pub priority: i16,
}

/// A file that goes from one place to another: a path, `host:path`, or an address with a scheme.
pub type Transfer = posse_farm::Transfer<Text>;

/// `2 cores, 4G, 1 gpus, 0.5 licence, on lab[1-4]`: what a dry run shows.
pub fn needs_in_words(needs: &Needs) -> String {
    let amount = |thousandths: u32| f64::from(thousandths) / 1000.0;
    let mut words = vec![format!("{} cores", amount(needs.cores))];
    if needs.memory > 0 {
        words.push(units::brief_bytes(needs.memory));
    }
    if needs.gpus > 0 {
        words.push(format!("{} gpus", amount(needs.gpus)));
    }
    words.extend(needs.named.iter().map(|(name, count)| format!("{} {name}", amount(*count))));
    if !needs.hosts.is_empty() {
        words.push(format!("on {}", needs.hosts));
    }
    words.join(", ")
}

impl Batch {
    /// A task for each point of a grid.
    pub fn new(command: Command, grid: Grid) -> Batch {
        Batch {
            name: String::new(),
            command,
            per_task: 1,
            first: 0,
            records: grid.len(),
            grid,
            first_number: 1,
            shared: Shared::default(),
            after: Vec::new(),
            at_once: None,
        }
    }

    /// The number of tasks.
    pub fn len(&self) -> u64 {
        self.records.div_ceil(self.per_task.max(1))
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the values of a task, in their order. Where a task takes several records, the
    /// names of the second end in `.2`, and so on.
    pub fn column_names(&self) -> Vec<String> {
        let named = |record: u64, name: &str| match record {
            1 => name.to_owned(),
            _ => format!("{name}.{record}"),
        };
        (1..=self.per_task.min(self.records))
            .flat_map(|record| self.grid.names().map(move |name| named(record, name)))
            .collect()
    }

    /// The values of task `at` of the batch, from 0.
    pub fn values(&self, at: u64) -> Vec<Cow<'_, str>> {
        let start = at.saturating_mul(self.per_task);
        let end = start.saturating_add(self.per_task).min(self.records);
        (start..end).flat_map(|record| self.grid.point(self.first + record)).collect()
    }

    /// What task `at` runs, as a shell would read it. The slot is not known before it runs and
    /// shows as 1.
    pub fn command_line(&self, at: u64) -> String {
        self.command_line_in(at, 1)
    }

    /// The same with the slot (from 1) that it runs in.
    pub fn command_line_in(&self, at: u64, slot: u32) -> String {
        let (values, number) = (self.values(at), self.first_number + at);
        match &self.command {
            Command::Shell(text) => text.fill(&values, number, slot),
            Command::Argv(words) => {
                let words = words.iter().map(|word| word.fill(&values, number, slot));
                words.map(|word| quote(&word).into_owned()).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// All that one submit holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Of the job; empty where nobody named it.
    pub name: String,
    pub batches: Vec<Batch>,
    pub warnings: Vec<crate::mistake::Warning>,
}

impl Work {
    /// The number of tasks in all batches.
    pub fn len(&self) -> u64 {
        self.batches.iter().map(Batch::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Needs, needs_in_words};

    #[test]
    fn needs_are_told_as_they_are_written() {
        assert_eq!(needs_in_words(&Needs::default()), "1 cores");
        let named = vec![("licence".to_owned(), 500)];
        let hosts = "lab[1-4]".to_owned();
        let needs = Needs { cores: 2500, memory: 6 << 29, gpus: 1000, named, hosts };
        let told = "2.5 cores, 3G, 1 gpus, 0.5 licence, on lab[1-4]";
        assert_eq!(needs_in_words(&needs), told);
    }
}
