//! `posse popmask`: the mask that was in force before the last `pushmask`.

use super::Outcome;
use crate::error::Error;
use crate::run::{self, mask};

/// Put the mask in force that was so before the last pushmask
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse pushmask; posse e make; posse popmask")]
pub struct Args {}

pub fn run(vm: Option<&str>, _args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let mut stack = mask::stack(&vm);
    let hosts = stack.pop().ok_or_else(|| {
        Error::usage("the stack of masks is empty").hint("`posse pushmask` puts one there")
    })?;
    mask::set_stack(&vm, &stack)?;
    mask::put(&vm, &hosts)?;
    Ok(0)
}
