//! `posse sweep`: one command for every combination of values.

use crate::commands::Outcome;
use crate::farm::{self, Given, Options, mistake};
use crate::run;
use posse_work::{Combine, Style, Template, sweep};

/// Run a command for every combination of parameter values, on whatever hosts are idle
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse sweep -p size=512K,1M -p assoc=1,2,4,8 -p bench=@benchmarks.txt \\\n      \
                    'cachesim {size} {assoc} {bench}'\n  \
        posse sweep -p n=1..100 --wait './model {n}'\n  \
        posse sweep -p '*=@points.csv' --dry-run './model {x} {y}'\n  \
        posse results 1 --csv            when it is over, or before\n\n\
        Values: a list, a range 1..10 or 0..1:0.1, @FILE (a value a line), @FILE.csv:COLUMN,\n\
        @- (standard input). {NAME} is quoted for the shell, {NAME!} is not; other braces stay.")]
pub struct Args {
    /// A parameter and its values; may be repeated
    #[arg(short, long = "param", value_name = "NAME=VALUES", required = true)]
    params: Vec<String>,
    /// The first value of each goes with the first of the others
    #[arg(long)]
    zip: bool,
    #[command(flatten)]
    options: Options,
    /// A line for the shell, with {NAME} where values go
    #[arg(
        value_name = "CMD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let combine = if args.zip { Combine::Zip } else { Combine::Product };
    let command = args.command.join(" ");
    let read = &mut farm::read_file;
    let (mut batch, warnings) =
        sweep::batch(&args.params, combine, &command, read).map_err(mistake)?;
    farm::warn(&warnings);
    let names: Vec<&str> = batch.grid.names().collect();
    let text = |text: &str| {
        let (template, _) = Template::read(text, &names)?;
        Ok(template.shape(names.len(), Style { quote_values: false, ..Style::default() }))
    };
    batch.shared = args.options.shared(text)?;
    let given = Given { batches: vec![batch], options: &args.options, name: String::new() };
    farm::give(|| run::connect(vm), &given)
}
