//! `posse attach`: back to a detached command, with the keyboard's signals.

use super::{Outcome, e, out};
use crate::run::signals::Passed;
use crate::run::{self, detached};

/// Follow a detached command as if it had been started here; ^C ends it
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse e --detach 'make -j8'      prints its number, say 3\n  \
        posse attach 3\n\n\
        Its output comes from the start. ^C ends the command; a closed terminal or a kill of\n\
        this front end does not. `posse out -f 3` follows without touching it.")]
pub struct Args {
    /// As `posse ps` lists it
    #[arg(value_name = "NUMBER")]
    number: u32,
    #[command(flatten)]
    view: e::View,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let entry = detached::find(&vm, args.number)?;
    let attached = vm.attach(entry.id, true)?;
    let signals = Passed::keyboard(attached.controller())?;
    let code = out::show(&vm, attached, &args.view, true)?;
    Ok(signals.code().unwrap_or(code))
}
