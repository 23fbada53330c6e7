//! What tasks have in common, and the making of a task from it and its values.
//!
//! A job holds one [`JobSpec`]; each of its batches one [`Template`], which often is the same one.
//! Made by `posse-work` and the API, kept by `holder`, filled in by `worker`.

use crate::task::{Program, Rules, Sink, Stdin, TaskSpec, Transfer};
use crate::text::Text;
use crate::{BadBatch, Needs, limits};
use serde::{Deserialize, Serialize};

/// What all tasks of a job have in common.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct JobSpec {
    /// One word or a few; two jobs that are not over never have the same.
    pub name: String,
    /// The environment frozen at submission, sent once to each host.
    pub environment: Vec<(String, String)>,
    /// Greater goes first.
    pub priority: i16,
    /// Part of the vm beside other jobs of its priority, in thousandths of one job.
    pub share: u32,
    /// Running at once, on all hosts. `u32::MAX`: no cap.
    pub cap: u32,
    /// Running at once on one host.
    pub cap_per_host: u32,
    /// Drawn by who opens it: tells a job that is opened at the same time as its equal from one
    /// that is opened again after a lost answer.
    pub key: u64,
}

impl Default for JobSpec {
    fn default() -> Self {
        JobSpec {
            name: String::new(),
            environment: vec![],
            priority: 0,
            share: 1000,
            cap: u32::MAX,
            cap_per_host: u32::MAX,
            key: 0,
        }
    }
}

impl JobSpec {
    pub fn check(&self) -> Result<(), BadBatch> {
        let environment = self.environment.iter().map(|(name, value)| name.len() + value.len());
        let bytes = self.name.len() + environment.sum::<usize>();
        if bytes > limits::JOB_BYTES_MAX {
            return Err(BadBatch::TooLarge { bytes, max: limits::JOB_BYTES_MAX });
        }
        Ok(())
    }
}

/// What the texts of a template are filled in with.
#[derive(Clone, Copy, Debug)]
pub struct Fill<'a> {
    /// One for each column.
    pub values: &'a [String],
    /// From 1.
    pub number: u64,
    /// From 1.
    pub slot: u32,
}

impl Fill<'_> {
    pub fn text(&self, text: &Text) -> String {
        text.fill(self.values, self.number, self.slot)
    }
}

/// What the tasks of a batch have in common, with places for what they differ in. Needs are not
/// here: a batch lists its kinds of them.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// Names of the columns of values, as results show them.
    pub columns: Vec<String>,
    pub program: Program<Text>,
    pub environment: Vec<(String, Text)>,
    pub directory: Text,
    pub stdin: Stdin<Text>,
    pub stdout: Sink<Text>,
    pub stderr: Sink<Text>,
    pub inputs: Vec<Transfer<Text>>,
    pub outputs: Vec<Transfer<Text>>,
    pub rules: Rules,
}

impl Template {
    /// A program with nothing else said: in the home directory, output to the job's store.
    pub fn of(columns: Vec<String>, program: Program<Text>) -> Template {
        Template {
            columns,
            program,
            environment: vec![],
            directory: Text::default(),
            stdin: Stdin::Null,
            stdout: Sink::Store,
            stderr: Sink::Store,
            inputs: vec![],
            outputs: vec![],
            rules: Rules::default(),
        }
    }

    /// The task with these values. `needs` is the batch's for it.
    pub fn fill(&self, job: &JobSpec, needs: Needs, with: Fill<'_>) -> TaskSpec {
        let text = |text: &Text| with.text(text);
        let own = self.environment.iter().map(|(name, value)| (name.clone(), text(value)));
        TaskSpec {
            program: match &self.program {
                Program::Argv(words) => Program::Argv(words.iter().map(text).collect()),
                Program::Shell(line) => Program::Shell(text(line)),
            },
            environment: job.environment.iter().cloned().chain(own).collect(),
            directory: text(&self.directory),
            stdin: match &self.stdin {
                Stdin::Null => Stdin::Null,
                Stdin::Given(bytes) => Stdin::Given(text(bytes)),
                Stdin::File(path) => Stdin::File(text(path)),
                Stdin::Bytes(bytes) => Stdin::Bytes(bytes.clone()),
            },
            stdout: sink(&self.stdout, text),
            stderr: sink(&self.stderr, text),
            inputs: transfers(&self.inputs, text),
            outputs: transfers(&self.outputs, text),
            needs,
            rules: self.rules.clone(),
        }
    }

    /// Every text of it.
    fn texts(&self) -> impl Iterator<Item = &Text> {
        let words = match &self.program {
            Program::Argv(words) => words.as_slice(),
            Program::Shell(line) => std::slice::from_ref(line),
        };
        let stdin = match &self.stdin {
            Stdin::Null | Stdin::Bytes(_) => None,
            Stdin::Given(text) | Stdin::File(text) => Some(text),
        };
        let sinks = [&self.stdout, &self.stderr].into_iter().filter_map(|sink| match sink {
            Sink::File(path) => Some(path),
            Sink::Store | Sink::Null => None,
        });
        let both = self.inputs.iter().chain(&self.outputs);
        let files = both.flat_map(|transfer| [&transfer.from, &transfer.to]);
        let environment = self.environment.iter().map(|(_, value)| value);
        let rest = sinks.chain(stdin).chain(std::iter::once(&self.directory));
        words.iter().chain(environment).chain(files).chain(rest)
    }

    /// That it names no column that is not there, and starts something.
    pub fn check(&self) -> Result<(), BadBatch> {
        let highest = self.texts().flat_map(Text::columns).max();
        if let Some(column) = highest.filter(|c| usize::from(*c) >= self.columns.len()) {
            return Err(BadBatch::NoColumn(column));
        }
        match &self.program {
            Program::Argv(words) if words.is_empty() => Err(BadBatch::NoProgram),
            _ => Ok(()),
        }
    }
}

fn sink(sink: &Sink<Text>, text: impl Fn(&Text) -> String) -> Sink<String> {
    match sink {
        Sink::Store => Sink::Store,
        Sink::Null => Sink::Null,
        Sink::File(path) => Sink::File(text(path)),
    }
}

fn transfers(list: &[Transfer<Text>], text: impl Fn(&Text) -> String) -> Vec<Transfer<String>> {
    list.iter().map(|one| Transfer { from: text(&one.from), to: text(&one.to) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Form, Piece};

    #[test]
    fn a_task_is_filled_in_with_the_jobs_environment_first() {
        let job = JobSpec { environment: vec![("A".into(), "job".into())], ..JobSpec::default() };
        let program = Program::Argv(vec![Text::plain("sim"), Text::value(0)]);
        let mut template = Template::of(vec!["size".into()], program);
        template.environment.push(("A".into(), Text::value(0)));
        template.stdout = Sink::File(Text(vec![Piece::Plain("out/".into()), Piece::Number]));
        template.check().unwrap();
        let fill = Fill { values: &["4 M".into()], number: 3, slot: 1 };
        let spec = template.fill(&job, Needs::default(), fill);
        assert_eq!(spec.program, Program::Argv(vec!["sim".into(), "4 M".into()]));
        let both = [("A".to_string(), "job".to_string()), ("A".into(), "4 M".into())];
        assert_eq!(spec.environment, both);
        assert_eq!(spec.stdout, Sink::File("out/3".into()));
    }

    #[test]
    fn a_column_that_is_not_there_is_refused() {
        let piece = Piece::Value { column: 1, form: Form::Base, quoted: true };
        let mut template = Template::of(vec!["a".into()], Program::Shell(Text::plain("true")));
        template.inputs.push(Transfer { from: Text(vec![piece]), to: Text::plain("x") });
        assert_eq!(template.check(), Err(BadBatch::NoColumn(1)));
        template.program = Program::Argv(vec![]);
        template.inputs.clear();
        assert_eq!(template.check(), Err(BadBatch::NoProgram));
    }
}
