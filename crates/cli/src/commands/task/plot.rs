//! `posse plot`: the results of a job as a picture.

use crate::commands::Outcome;
use crate::farm::{self, mistake};
use crate::{run, tell};
use posse_work::results::Plot;
use std::path::PathBuf;

/// Draw results of a job as SVG: lines, or a heat map
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse plot 3 x=size y=miss_rate by=bench -o misses.svg     a line for each benchmark\n  \
        posse plot 3 x=size y=assoc value=miss_rate > map.svg      a heat map\n\n\
        Rows that fall on the same place are averaged.")]
pub struct Args {
    /// By number or name
    job: String,
    /// Columns of `posse results`: x, y, and by (lines) or value (heat map); title=TEXT
    #[arg(value_name = "KEY=COLUMN", required = true)]
    words: Vec<String>,
    /// Write to this file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let plot = Plot::read(&args.words).map_err(mistake)?;
    let farm = run::connect(vm)?.farm();
    let table = farm.rows(farm::find(&farm, &args.job)?)?;
    let (svg, left_out) = plot.svg(&farm::of_job(&table)).map_err(mistake)?;
    if left_out > 0 {
        tell::note(&format!("{left_out} tasks are not drawn: a value is missing or no number"));
    }
    match &args.output {
        Some(path) => std::fs::write(path, svg)?,
        None => tell::say(svg.trim_end()),
    }
    Ok(0)
}
