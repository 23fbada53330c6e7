//! A whole GNU parallel line: what it runs, and how. Called by `posse parallel`.

use super::fill::{self, Room, Run};
use super::joblog;
use super::options::{Load, Options, Resume, TimeLimit};
use super::pipe::Split;
use super::records::{self, Records};
use super::results::Results;
use super::sources::{self, Linked, Source};
use crate::column::{Axis, Combine, Grid, List, Values};
use crate::mistake::{Mistake, Result, Warning};
use crate::shuffle;
use crate::sweep::Read;
use crate::task::{Batch, Command, Work};
use crate::template::{Dialect, Style, Template};
use posse_farm::Text;

/// What this crate can not know by itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Tasks that run at a time in all; `-X` and `-m` spread arguments over them.
    pub slots: u32,
    /// From which `--shuf` draws the order.
    pub seed: u64,
}

/// What a line means.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Tasks are numbered from 1 through all batches, as in the joblog.
    pub work: Work,
    pub options: Options,
    /// Names of the columns; numbers from 1 without `--header`.
    pub names: Vec<String>,
    pub results: Option<Results>,
    /// With `--pipe`: the batch has one task, and each block of this file (`-`: the standard
    /// input) runs it again.
    pub split: Option<(String, Split)>,
    /// Numbers of tasks that an earlier run has done.
    pub done: std::collections::BTreeSet<u64>,
}

/// Reads `args`, the words after `parallel`. Files, the standard input (`-`) and the joblog of
/// `--resume` come from `read`.
///
/// ```
/// use posse_work::parallel::{Facts, plan};
///
/// let args = ["-N2", "echo", "{2}-{1}", ":::", "a", "b c", "d"].map(str::to_owned);
/// let plan = plan(&args, Facts { slots: 2, seed: 0 }, &mut |_| Err("no files".to_owned()))?;
/// let lines: Vec<String> = plan.commands().collect();
/// assert_eq!(lines, ["echo 'b c'-a", "echo -d"]);
/// # Ok::<(), posse_work::Mistake>(())
/// ```
pub fn plan(args: &[String], facts: Facts, read: Read<'_>) -> Result<Plan> {
    let (options, words) = Options::read(args)?;
    let (mut command, found) = sources::split(args.get(words..).unwrap_or(&[]), &options);
    let mut done = Default::default();
    if options.resume != Resume::No
        && let Some(file) = &options.joblog
    {
        // A log that is not there yet is that of the first run.
        let log = read(file).unwrap_or_default();
        done = joblog::done(&log, options.resume).map_err(|m| m.within(file.clone()))?;
        if options.resume == Resume::FailedOfLog {
            let mut plan = again(&log, options)?;
            plan.done = done;
            return Ok(plan);
        }
    }
    if options.pipe {
        return piped(&command, &found, options);
    }
    let mut texts = Vec::new();
    for linked in &found {
        texts.push((linked.source.text(&options.delimiter, read)?, linked.linked));
    }
    let Records { mut grid, names, warnings } = records::read(&texts, &options)?;
    if options.shuffle {
        grid = shuffled(&grid, facts.seed)?;
    }
    if command.iter().all(String::is_empty) {
        command.clear();
    }
    let mut work = batches(&command, &grid, &names, &options, facts)?;
    work.warnings.extend(warnings);
    let results = options.results.as_deref().map(|text| Results::read(text, &names)).transpose()?;
    Ok(Plan { work, options, names, results, split: None, done })
}

impl Plan {
    /// What each task runs, in order; what `--dry-run` prints. Slots show as 1.
    pub fn commands(&self) -> impl Iterator<Item = String> {
        let each = |batch| (0..Batch::len(batch)).map(move |at| batch.command_line(at));
        self.work.batches.iter().flat_map(each)
    }
}

fn dialect<'a>(names: &[&'a str], options: &Options) -> Dialect<'a> {
    let renamed: Vec<(&str, &str)> =
        options.renamed.iter().map(|(old, new)| (*old, new.as_str())).collect();
    Dialect::parallel(names, &renamed)
}

fn batches(
    command: &[String],
    grid: &Grid,
    names: &[String],
    options: &Options,
    facts: Facts,
) -> Result<Work> {
    // Numbers are not names: `{1}` is a place already.
    let named: Vec<&str> = match options.header {
        Some(_) => names.iter().map(String::as_str).collect(),
        None => Vec::new(),
    };
    let dialect = dialect(&named, options);
    let mut template = Template::of_words(command, &dialect)?;
    if !template.has_fields() {
        template.push_each();
    }
    let style = Style {
        quote_values: !template.begins_with_field() && !options.quote,
        quote_words: options.quote,
        repeat_context: options.repeat_context,
    };
    let free = Style { quote_values: false, quote_words: false, ..style };
    let read = |text: &String| Template::of_words(std::slice::from_ref(text), &dialect);
    let label = options.tag.as_ref().map(read).transpose()?;
    let directory = options.directory.as_ref().map(read).transpose()?;
    let runs = fill::runs(grid, options, facts.slots, room(&template, style, names.len()));
    let mut work = Work::default();
    let mut number = 1;
    for run in runs {
        let records = if options.per_task == Some(0) { 0 } else { run.per_task };
        let arity = usize::try_from(records).unwrap_or(usize::MAX).saturating_mul(names.len());
        if arity > usize::from(u16::MAX) {
            let what = format!("{arity} arguments for one task; the limit is {}", u16::MAX);
            return Err(Mistake::new(what).hint("write a smaller -n or -N"));
        }
        let mut batch = Batch::new(Command::Shell(template.shape(arity, style)), grid.clone());
        batch.shared.label = label.as_ref().map(|label| label.shape(arity, free));
        batch.shared.directory = directory.as_ref().map(|text| text.shape(arity, free));
        number = finish(&mut batch, run, number, options);
        work.batches.push(batch);
    }
    warn(options, &mut work.warnings);
    Ok(work)
}

/// Fills in what options say of a batch's tasks; the number of the task after them.
fn finish(batch: &mut Batch, run: Run, number: u64, options: &Options) -> u64 {
    (batch.first, batch.records, batch.per_task) = (run.first, run.records, run.per_task);
    batch.first_number = number;
    let rules = &mut batch.shared.rules;
    // 0 tries without end.
    rules.retries = options.tries.map_or(0, |tries| tries.checked_sub(1).unwrap_or(u16::MAX));
    rules.nice = options.nice;
    if let Some(TimeLimit::After(limit)) = options.timeout {
        rules.time_limit = Some(limit);
    }
    number + batch.len()
}

fn warn(options: &Options, warnings: &mut Vec<Warning>) {
    if matches!(options.load, Some(Load::Absolute(load)) if load == 0.0) {
        warnings.push(Warning("--load 0 lets no task start".to_owned()));
    }
}

/// What a template costs, for `-X` and `-m`: measured on texts of one and two values.
fn room(template: &Template, style: Style, columns: usize) -> Room {
    let empty = |arity: usize| template.shape(arity, style).fill::<&str>(&[], 1, 1).len();
    let fields = |arity: usize| template.shape(arity, style).columns().count();
    let each = fields(2) - fields(1).min(fields(2));
    let quotes = if style.quote_values || style.quote_words { 2 } else { 0 };
    let context = (empty(2) - empty(1)).saturating_sub(each * (quotes + 1));
    Room { fixed: empty(0), fields: each.max(usize::from(columns > 0)), context }
}

/// All points of a grid in an order drawn from the seed, as lists.
fn shuffled(grid: &Grid, seed: u64) -> Result<Grid> {
    let order = shuffle::order(grid.len(), seed);
    let mut lists: Vec<List> = grid.names().map(|_| List::default()).collect();
    for number in order {
        for (list, value) in lists.iter_mut().zip(grid.point(number)) {
            list.push(&value)?;
        }
    }
    let columns = grid.names().map(str::to_owned).zip(lists.into_iter().map(Values::List));
    Grid::new(vec![Axis::of(columns.collect())], Combine::Product)
}

/// `--pipe`: one command without values, fed with a block at a time.
fn piped(command: &[String], found: &[Linked], options: Options) -> Result<Plan> {
    let [Linked { source: Source::File(input), .. }] = found else {
        let mistake = Mistake::new("--pipe cuts one input, and has no arguments");
        return Err(mistake.hint("leave out `:::`, or leave out --pipe"));
    };
    let template = Template::of_words(command, &dialect(&[], &options))?;
    let style = Style { quote_values: false, quote_words: options.quote, repeat_context: false };
    let text = template.shape(0, style);
    if text.0.is_empty() {
        let mistake = Mistake::new("--pipe needs a command that reads the blocks");
        return Err(mistake.hint("write for instance: --pipe wc -l"));
    }
    let mut batch = Batch::new(Command::Shell(text), Grid::single());
    finish(&mut batch, Run { first: 0, records: 1, per_task: 1 }, 1, &options);
    let split = Some((input.clone(), Split::of(&options)?));
    let work = Work { batches: vec![batch], ..Work::default() };
    let results = options.results.as_deref().map(|text| Results::read(text, &[])).transpose()?;
    let done = Default::default();
    Ok(Plan { work, options, names: Vec::new(), results, split, done })
}

/// `--retry-failed`: the commands of the log, of which some are done.
fn again(log: &str, options: Options) -> Result<Plan> {
    let commands = joblog::commands(log)?;
    let list = Values::List(List::of(commands)?);
    let grid = Grid::new(vec![Axis::new("1", list)], Combine::Product)?;
    let whole = Template::of_words(&["{}".to_owned()], &Dialect::parallel(&[], &[]))?;
    let style = Style { quote_values: false, ..Style::default() };
    let text: Text = whole.shape(1, style);
    let mut batch = Batch::new(Command::Shell(text), grid);
    let run = Run { first: 0, records: batch.records, per_task: 1 };
    finish(&mut batch, run, 1, &options);
    let work = Work { batches: vec![batch], ..Work::default() };
    let (names, done) = (vec!["1".to_owned()], Default::default());
    Ok(Plan { work, options, names, results: None, split: None, done })
}
