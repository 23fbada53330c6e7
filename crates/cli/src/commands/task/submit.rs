//! `posse submit`: a command, lines of commands, or a task file.

use crate::commands::Outcome;
use crate::error::Error;
use crate::farm::{self, Given, Options, mistake};
use crate::run;
use posse_work::{Axis, Batch, Combine, Command, Grid, Values, quote};

/// Submit a command as a job, to run on whatever host is idle; it outlives this terminal
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse submit -- ./model --steps 1000\n  \
        posse submit --wait 'make -C src 2>&1 | tail -1'\n  \
        posse submit --count 100 './roll --seed {#}'       a task for each number\n  \
        posse jobs; posse results 1; posse log 1")]
pub struct Args {
    /// So many tasks of it; {#} in the command is the number of each
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u32,
    #[command(flatten)]
    options: Options,
    /// One word is a line for the shell; several are a program and its arguments
    #[arg(
        value_name = "CMD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    if args.count == 0 {
        return Err(Error::usage("--count 0 is nothing to run"));
    }
    let read = |text: &str| farm::numbered(text);
    let line = match &args.command[..] {
        [line] => line.clone(),
        words => words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" "),
    };
    let command = Command::Shell(read(&line).map_err(mistake)?);
    let mut batch = Batch::new(command, grid(args.count).map_err(mistake)?);
    batch.shared = args.options.shared(read)?;
    let given = Given { batches: vec![batch], options: &args.options };
    farm::give(|| run::connect(vm), &given)
}

/// A point for each task, with its number.
fn grid(count: u32) -> posse_work::Result<Grid> {
    if count == 1 {
        return Ok(Grid::single());
    }
    let numbers = Values::Range(format!("1..{count}").parse()?);
    Grid::new(vec![Axis::new("number", numbers)], Combine::Product)
}
