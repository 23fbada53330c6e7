//! From the keys of a task file to batches: defaults, needs, templates. Called by `taskfile`.

use posse_farm::{Checkpoint, Needs, Rules, Text};
use posse_hostset::Expr;

use super::array;
use super::graph::{Order, called};
use super::schema::{Checkpoint as CheckpointKeys, File, Files, Task, Word};
use crate::column::{Axis, Combine, Grid};
use crate::mistake::{Mistake, Result, Warning};
use crate::sweep::{Read, check_name, parameter};
use crate::task::{Batch, Command, Shared, Transfer, Work};
use crate::template::{Style, Template, check_command};
use crate::units;
use std::time::Duration;

pub(super) fn work(file: File, order: Order, read: Read<'_>) -> Result<Work> {
    let mut work = Work { name: file.name, ..Work::default() };
    refuse_in_defaults(&file.defaults)?;
    let mut tasks: Vec<Option<Task>> = file.task.into_iter().map(Some).collect();
    let mut number = 1;
    for (place, after) in order {
        let Some(task) = tasks.get_mut(place).and_then(Option::take) else { continue };
        let source = called(&task, place);
        let task = with_defaults(task, &file.defaults);
        let mut warnings = Vec::new();
        let made = batch(&task, read, &mut warnings).map_err(|m| m.within(source.clone()));
        let mut batch = made?;
        batch.after = after;
        batch.first_number = number;
        number += batch.len();
        work.batches.push(batch);
        let told = warnings.into_iter().map(|w| Warning(format!("{source}: {w}")));
        work.warnings.extend(told);
    }
    Ok(work)
}

/// What names one task can not be a default of all.
fn refuse_in_defaults(defaults: &Task) -> Result<()> {
    let single = [
        ("name", !defaults.name.is_empty()),
        ("run", defaults.run.is_some()),
        ("argv", defaults.argv.is_some()),
        ("after", !defaults.after.all().is_empty()),
        ("array", defaults.array.is_some()),
        ("parameters", !defaults.parameters.is_empty()),
    ];
    match single.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(Mistake::new(format!("`{key}` can not stand in [defaults]"))),
        None => Ok(()),
    }
}

/// Keys that a task does not have are those of the defaults; tables are joined key by key.
fn with_defaults(mut task: Task, defaults: &Task) -> Task {
    let environment = defaults.environment.iter();
    for (key, value) in environment {
        task.environment.entry(key.clone()).or_insert_with(|| value.clone());
    }
    for (key, value) in &defaults.needs.resources {
        task.needs.resources.entry(key.clone()).or_insert_with(|| value.clone());
    }
    let needs = &mut task.needs;
    needs.cores = needs.cores.take().or_else(|| defaults.needs.cores.clone());
    needs.memory = needs.memory.take().or_else(|| defaults.needs.memory.clone());
    needs.gpus = needs.gpus.take().or_else(|| defaults.needs.gpus.clone());
    needs.hosts = needs.hosts.take().or_else(|| defaults.needs.hosts.clone());
    if task.inputs.is_empty() {
        task.inputs.clone_from(&defaults.inputs);
    }
    if task.outputs.is_empty() {
        task.outputs.clone_from(&defaults.outputs);
    }
    task.time_limit = task.time_limit.or_else(|| defaults.time_limit.clone());
    task.priority = task.priority.or(defaults.priority);
    task.retries = task.retries.or(defaults.retries);
    task.retry_statuses = task.retry_statuses.or_else(|| defaults.retry_statuses.clone());
    task.directory = task.directory.or_else(|| defaults.directory.clone());
    task.stdin = task.stdin.or_else(|| defaults.stdin.clone());
    task.stdout = task.stdout.or_else(|| defaults.stdout.clone());
    task.stderr = task.stderr.or_else(|| defaults.stderr.clone());
    task.label = task.label.or_else(|| defaults.label.clone());
    task.nice = task.nice.or(defaults.nice);
    task.at_once = task.at_once.or(defaults.at_once);
    task.memory_limit = task.memory_limit.or_else(|| defaults.memory_limit.clone());
    task.pin = task.pin.or(defaults.pin);
    task.checkpoint = task.checkpoint.or_else(|| defaults.checkpoint.clone());
    task
}

fn batch(task: &Task, read: Read<'_>, warnings: &mut Vec<Warning>) -> Result<Batch> {
    let (grid, at_once) = grid(task, read)?;
    let names: Vec<&str> = grid.names().collect();
    let mut maker = Maker { names: &names, warnings };
    let command = match (&task.run, &task.argv) {
        (Some(line), None) => {
            check_command(line).map_err(|m| m.within("run"))?;
            Command::Shell(maker.text("run", line, true)?)
        }
        (None, Some(words)) if words.first().is_some_and(|word| !word.is_empty()) => {
            let words = words.iter().map(|word| maker.text("argv", word, false));
            Command::Argv(words.collect::<Result<_>>()?)
        }
        (None, Some(_)) => return Err(Mistake::new("`argv` has no program")),
        (Some(_), Some(_)) => return Err(Mistake::new("`run` and `argv`: give one of them")),
        (None, None) => {
            let mistake = Mistake::new("nothing to run");
            return Err(mistake.hint("add run = \"COMMAND\" or argv = [\"PROGRAM\", ..]"));
        }
    };
    let shared = maker.shared(task)?;
    let mut batch = Batch::new(command, grid);
    batch.name.clone_from(&task.name);
    batch.shared = shared;
    batch.at_once = at_once.or(task.at_once);
    Ok(batch)
}

fn grid(task: &Task, read: Read<'_>) -> Result<(Grid, Option<u32>)> {
    match &task.array {
        Some(_) if !task.parameters.is_empty() => {
            let mistake = Mistake::new("`array` and `parameters`: give one of them");
            Err(mistake.hint("an array is the parameter index=1..100"))
        }
        Some(text) => {
            let (values, at_once) = array::read(&text.text()).map_err(|m| m.within("array"))?;
            let axis = Axis::new("index", values);
            Ok((Grid::new(vec![axis], Combine::Product)?, at_once))
        }
        None if task.parameters.is_empty() => Ok((Grid::single(), None)),
        None => {
            let axes = task.parameters.iter().map(|text| parameter(text, read));
            let combine = if task.zip { Combine::Zip } else { Combine::Product };
            Ok((Grid::new(axes.collect::<Result<_>>()?, combine)?, None))
        }
    }
}

/// Makes texts of templates of one task.
struct Maker<'a> {
    names: &'a [&'a str],
    warnings: &'a mut Vec<Warning>,
}

impl Maker<'_> {
    fn text(&mut self, key: &str, text: &str, is_shell: bool) -> Result<Text> {
        let read = Template::read(text, self.names).map_err(|mistake| mistake.within(key))?;
        let (template, warnings) = read;
        self.warnings.extend(warnings);
        let style = Style { quote_values: is_shell, ..Style::default() };
        Ok(template.shape(self.names.len(), style))
    }

    fn maybe(&mut self, key: &str, text: Option<&String>) -> Result<Option<Text>> {
        text.map(|text| self.text(key, text, false)).transpose()
    }

    fn files(&mut self, key: &str, files: &[Files]) -> Result<Vec<Transfer>> {
        let mut transfer = |files: &Files| {
            let (from, to) = match files {
                Files::Two { from, to } => (from, to),
                // `host:path` and `s3://..` name nothing in the task's directory.
                Files::Same(path) if path.contains(':') => {
                    let mistake = Mistake::new(format!("`{path}` says not what it is called here"));
                    return Err(mistake.hint("write { from = \"..\", to = \"..\" }").within(key));
                }
                Files::Same(path) => (path, path),
            };
            Ok(Transfer { from: self.text(key, from, false)?, to: self.text(key, to, false)? })
        };
        files.iter().map(&mut transfer).collect()
    }

    fn shared(&mut self, task: &Task) -> Result<Shared> {
        let mut environment = Vec::new();
        for (name, value) in &task.environment {
            if name.is_empty() || name.contains(['=', '\0']) {
                let what = format!("`{name}` can not be the name of an environment variable");
                return Err(Mistake::new(what));
            }
            environment.push((name.clone(), self.text("environment", &value.text(), false)?));
        }
        let limit = task.time_limit.as_ref().map(|word| units::duration(&word.text()));
        let agreed = task.checkpoint.as_ref().map(checkpoint).transpose()?;
        let usual = Rules::default();
        let rules = Rules {
            time_limit: limit.transpose().map_err(|m| m.within("time_limit"))?,
            retries: task.retries.unwrap_or(0),
            retry_statuses: task.retry_statuses.clone().unwrap_or_default(),
            nice: task.nice,
            memory_limit: memory_limit(task)?,
            pin: task.pin != Some(false),
            checkpoint: agreed.map(|(checkpoint, _)| checkpoint),
            end_grace: agreed.map_or(usual.end_grace, |(_, within)| within),
            ..usual
        };
        Ok(Shared {
            environment,
            directory: self.maybe("directory", task.directory.as_ref())?,
            stdin: self.maybe("stdin", task.stdin.as_ref())?,
            stdout: self.maybe("stdout", task.stdout.as_ref())?,
            stderr: self.maybe("stderr", task.stderr.as_ref())?,
            label: self.maybe("label", task.label.as_ref())?,
            inputs: self.files("inputs", &task.inputs)?,
            outputs: self.files("outputs", &task.outputs)?,
            needs: needs(task)?,
            rules,
            priority: task.priority.unwrap_or(0),
        })
    }
}

fn memory_limit(task: &Task) -> Result<Option<u64>> {
    let limit = task.memory_limit.as_ref().map(|word| units::bytes(&word.text()));
    limit.transpose().map_err(|m| m.within("memory_limit"))
}

/// With how long it may take.
fn checkpoint(keys: &CheckpointKeys) -> Result<(Checkpoint, Duration)> {
    let within = keys.within.as_ref().map(|word| units::duration(&word.text()));
    let within = within.transpose().map_err(|m| m.within("checkpoint.within"))?;
    let checkpoint = Checkpoint {
        signal: units::signal(&keys.signal.text()).map_err(|m| m.within("checkpoint.signal"))?,
        status: keys.status.unwrap_or(Checkpoint::STATUS),
    };
    Ok((checkpoint, within.unwrap_or(Checkpoint::WITHIN)))
}

fn needs(task: &Task) -> Result<Needs> {
    let keys = &task.needs;
    let amount = |key: &str, word: &Word| {
        units::thousandths(&word.text()).map_err(|m| m.within(format!("needs.{key}")))
    };
    let mut needs = Needs::default();
    if let Some(word) = &keys.cores {
        needs.cores = amount("cores", word)?;
    }
    if let Some(word) = &keys.gpus {
        needs.gpus = amount("gpus", word)?;
    }
    if let Some(word) = &keys.memory {
        needs.memory = units::bytes(&word.text()).map_err(|m| m.within("needs.memory"))?;
    }
    if needs.memory == 0 {
        needs.memory = memory_limit(task)?.unwrap_or(0);
    }
    for (name, word) in &keys.resources {
        check_name(name).map_err(|m| m.within("needs.resources"))?;
        needs.named.push((name.clone(), amount(name, word)?));
    }
    if let Some(hosts) = &keys.hosts {
        Expr::parse(hosts).map_err(|why| {
            let at = hosts.char_indices().nth(why.column() - 1).map_or(hosts.len(), |(at, _)| at);
            let what = why.problem().to_string();
            Mistake::new(what).at(hosts, at, 1).within("needs.hosts")
        })?;
        needs.hosts.clone_from(hosts);
    }
    Ok(needs)
}
