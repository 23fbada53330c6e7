//! `posse leave`: this computer is no host any more of a vm that it joined by a code.

use super::Outcome;
use crate::error::{Error, Kind};
use crate::output::visible;
use crate::tell;

/// Take this computer out of a vm that it joined by `posse join`
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse leave\n  posse --vm lab leave\n\n\
        Tasks that run here are told to end and run elsewhere. Without --vm all vms are left that\n\
        were joined.")]
pub struct Args {}

pub fn run(vm: Option<&str>, _args: &Args) -> Outcome {
    let left = posse_daemon::leave(vm)?;
    if left.is_empty() {
        return Err(Error::new(Kind::No, "this computer has joined no vm by a code")
            .hint("`posse down` ends a vm of your own"));
    }
    left.iter().for_each(|name| tell::say(&format!("left `{}`", visible(name.as_bytes()))));
    Ok(0)
}
