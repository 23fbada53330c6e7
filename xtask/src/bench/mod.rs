//! `cargo xtask bench`: posse beside the best peers and beside the floor, that is, what the
//! machine itself needs for the job. A figure without both says nothing.
//!
//! Not for micro-benchmarks of functions. Called by `main.rs`.

pub mod agent;
mod commands;
mod contest;
mod cpu;
mod faults;
mod figure;
mod floors;
mod ground;
mod large;
mod leaders;
mod level;
mod machine;
mod messages;
mod netpipe;
mod page;
mod peers;
mod plan;
mod relay;
mod reliability;
mod spec;
mod t01;
mod t02;
mod t03;
mod t04;
mod t05;
mod t06;
mod t07;
mod t08;
mod t09;
mod t10;
mod t11;
mod table;
mod tasks;
mod witness;

use anyhow::{Context, Result, bail};
use plan::Plan;

const LEVELS: &str = "floors, commands, relay, reliability, messages, netpipe, tasks";

pub fn main(args: &[String]) -> Result<bool> {
    let (level, rest) =
        args.split_first().with_context(|| format!("bench needs a level: {LEVELS}"))?;
    let plan = Plan::read(rest)?;
    match level.as_str() {
        "floors" => floors::print(&plan),
        "commands" => commands::run(&plan),
        "relay" => relay::run_all(&plan),
        "reliability" => reliability::run(&plan),
        "messages" => messages::run(&plan),
        "netpipe" => netpipe::run(&plan),
        "tasks" => tasks::run(&plan),
        other => bail!("no level '{other}'; there are {LEVELS}"),
    }
}
