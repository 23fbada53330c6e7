//! `cargo xtask ci`: every check and test, cheapest first, stopping at the first that fails.
//!
//! This one lists the steps; what each does is in `steps.rs`. Called by `main.rs`, and through it
//! by `.ci/run` and by whoever types the README's test command.

pub mod packages;
mod steps;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::repo;
use steps::{STEPS, Setting};

pub fn main(args: &[String]) -> Result<bool> {
    let (setting, from) = read(args)?;
    for (n, step) in STEPS.iter().enumerate().skip(from) {
        println!("\n=== {}: {}", step.name, step.says);
        let start = Instant::now();
        if !(step.run)(&setting)? {
            println!("=== {} failed; to go on from here: cargo xtask ci --from {0}", step.name);
            return Ok(false);
        }
        // The test runner's own summary is the last line of all.
        if n + 1 < STEPS.len() {
            println!("=== {}: {:.1} s", step.name, start.elapsed().as_secs_f64());
        }
    }
    Ok(true)
}

fn read(args: &[String]) -> Result<(Setting, usize)> {
    let root = repo::root();
    let mut setting = Setting { posse: repo::posse_binary(&root)?, root, install: true };
    let mut from = 0;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--no-install" => setting.install = false,
            "--from" => {
                let name = args.next().map_or("", String::as_str);
                let Some(at) = STEPS.iter().position(|step| step.name == name) else {
                    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
                    bail!("no step '{name}'; they are: {}", names.join(", "));
                };
                from = at;
            }
            other => bail!("ci knows --no-install and --from STEP, not '{other}'"),
        }
    }
    Ok((setting, from))
}
