//! `posse pushmask`: as `smask`, the mask in force being kept on the stack.

use super::Outcome;
use crate::error::Error;
use crate::limits::MASK_DEPTH_MAX;
use crate::run::{self, mask};

/// As smask, but keep the mask in force for popmask
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse e test -d /scratch; posse pushmask; posse e df /scratch\n  \
        posse popmask"
)]
pub struct Args {
    /// `-` selects those where the last command failed; a hostset selects these
    #[arg(value_name = "-|HOSTSET")]
    which: Option<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let hosts = mask::chosen(&vm, args.which.as_deref())?;
    let mut stack = mask::stack(&vm);
    if stack.len() >= MASK_DEPTH_MAX {
        return Err(Error::usage(format!("the stack holds {MASK_DEPTH_MAX} masks already"))
            .hint("`posse popmask` takes one off, `posse savemask NAME` keeps one by name"));
    }
    stack.push(mask::in_force(&vm));
    mask::set_stack(&vm, &stack)?;
    mask::put(&vm, &hosts)?;
    Ok(0)
}
