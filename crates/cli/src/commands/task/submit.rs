//! `posse submit`: a command, a task file, lines of a stream, GXP's task lines.

use crate::commands::Outcome;
use crate::error::Error;
use crate::farm::{self, Given, Options, mistake};
use crate::run;
use posse_work::taskfile::{self, Syntax};
use posse_work::{Axis, Batch, Combine, Command, Grid, Values, Work, gxp, quote};
use std::path::{Path, PathBuf};

/// Submit a command or a file of tasks, to run on idle hosts; it outlives this terminal
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse submit -- ./model --steps 1000\n  \
        posse submit --wait 'make -C src 2>&1 | tail -1'\n  \
        posse submit --count 100 './roll --seed {#}'       a task for each number\n  \
        posse submit -f study.toml                         tasks with needs and order\n  \
        find . -name '*.log' | posse submit --each-line 'gzip {}'\n  \
        posse jobs; posse results 1; posse log 1")]
pub struct Args {
    /// Tasks from a TOML or JSON file
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["count", "command"])]
    file: Option<PathBuf>,
    /// Tasks from GXP's lines: task_name host_constraint command
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "count", "command"])]
    gxp: Option<PathBuf>,
    /// Each line of standard input is a task as soon as it has come: a command, or with CMD the
    /// value of {}
    #[arg(long, conflicts_with_all = ["file", "gxp", "count"])]
    each_line: bool,
    /// So many tasks of it; {#} in the command is the number of each
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u32,
    #[command(flatten)]
    options: Options,
    /// One word is a line for the shell; several are a program and its arguments
    #[arg(value_name = "CMD", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    if args.each_line {
        return farm::each_line(|| run::connect(vm), &args.options, &line(&args.command));
    }
    if (args.file.is_some() || args.gxp.is_some()) && args.options.are_of_tasks() {
        let text = "what tasks need and how they run stands in the file, not on the command line";
        return Err(Error::usage(text));
    }
    let work = match (&args.file, &args.gxp) {
        (Some(file), _) => of_file(file)?,
        (None, Some(file)) => {
            let known = run::connect(vm)?.hosts();
            let names: Vec<&str> = known.iter().map(|host| host.name.as_str()).collect();
            gxp::read(&text_of(file)?, &names).map_err(|m| mistake(m.within(shown(file))))?
        }
        (None, None) => of_command(args)?,
    };
    farm::warn(&work.warnings);
    let Work { name, batches, .. } = work;
    let given = Given { batches, options: &args.options, name };
    farm::give(|| run::connect(vm), &given)
}

fn of_file(file: &Path) -> Result<Work, Error> {
    let (text, path) = (text_of(file)?, shown(file));
    let syntax = Syntax::of(&path, &text);
    taskfile::read(&text, syntax, &mut farm::read_file).map_err(|m| mistake(m.within(path)))
}

fn text_of(file: &Path) -> Result<String, Error> {
    let path = shown(file);
    farm::read_file(&path).map_err(|why| Error::config(format!("cannot read {path}: {why}")))
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

fn of_command(args: &Args) -> Result<Work, Error> {
    if args.command.is_empty() || args.count == 0 {
        let hint = "`posse submit CMD`, or -f FILE, --gxp FILE, --each-line";
        return Err(Error::usage("there is nothing to run").hint(hint));
    }
    let line = farm::numbered(&line(&args.command)).map_err(mistake)?;
    let mut batch = Batch::new(Command::Shell(line), grid(args.count).map_err(mistake)?);
    batch.shared = args.options.shared(farm::numbered)?;
    Ok(Work { batches: vec![batch], ..Work::default() })
}

/// One word is a line already.
fn line(words: &[String]) -> String {
    match words {
        [line] => line.clone(),
        words => words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" "),
    }
}

/// A point for each task, with its number.
fn grid(count: u32) -> posse_work::Result<Grid> {
    if count == 1 {
        return Ok(Grid::single());
    }
    let numbers = Values::Range(format!("1..{count}").parse()?);
    Grid::new(vec![Axis::new("number", numbers)], Combine::Product)
}
