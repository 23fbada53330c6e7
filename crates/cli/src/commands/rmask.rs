//! `posse rmask`: no mask any more.

use super::Outcome;
use crate::run::{self, mask};

/// Select all hosts again
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse rmask")]
pub struct Args {}

pub fn run(vm: Option<&str>, _args: &Args) -> Outcome {
    mask::put(&run::connect(vm)?, mask::ALL)?;
    Ok(0)
}
