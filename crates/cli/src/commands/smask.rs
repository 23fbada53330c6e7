//! `posse smask`: the hosts where the last command succeeded, or failed, become the mask in force.

use super::Outcome;
use crate::run::{self, mask};

/// Select the hosts where the last command succeeded, for the commands that follow
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse e test -e /dev/nvidia0; posse smask     those that have one\n  \
        posse e -q mkdir ~/lock; posse smask          one winner per shared home\n  \
        posse smask -                                 those where it failed\n  \
        posse rmask                                   all again"
)]
pub struct Args {
    /// `-` selects those where it failed; a hostset selects these
    #[arg(value_name = "-|HOSTSET")]
    which: Option<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let hosts = mask::chosen(&vm, args.which.as_deref())?;
    mask::put(&vm, &hosts)?;
    Ok(0)
}
