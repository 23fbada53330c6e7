//! `posse add`: as `up`, for a vm that must be there already.

use super::{Outcome, up};
use crate::run::{self, launch};

/// Add hosts to a vm that is up
#[derive(clap::Args, Debug)]
#[group(skip)]
#[command(
    about = "Add hosts to a vm that is up",
    after_help = "Example:\n  posse add 'lab[41-44]'"
)]
pub struct Args {
    #[command(flatten)]
    up: up::Args,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let requests = up::requests(Some(&vm), &args.up)?;
    launch::bring_up(&vm, requests, &args.up)
}
