//! `posse out`: what a detached command has printed, in any of the modes of `e`.

use super::{Outcome, e};
use crate::run::show::{self, Followed, Look, Show};
use crate::run::{self, detached};
use crate::tell;
use posse::{Attached, CommandState, Vm};

/// Print the output of a detached command, from its start
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse e --detach make -j8     prints its number, say 3\n  \
        posse out 3\n  posse out -f --fold 3         follow until it is over\n\n\
        Exit status: that of the command as far as it is over.")]
pub struct Args {
    /// As `posse ps` lists it
    #[arg(value_name = "NUMBER")]
    number: u32,
    /// Go on with what still comes
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    view: e::View,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let entry = detached::find(&vm, args.number)?;
    let attached = vm.attach(entry.id, args.follow)?;
    let state = attached.entry().state.clone();
    let CommandState::Running { left } = state else {
        return show(&vm, attached, &args.view, true);
    };
    let code = show(&vm, attached, &args.view, args.follow)?;
    if !args.follow {
        let (number, size) = (entry.number, entry.size);
        tell::note(&format!("command {number} still runs ({left} of {size}); -f follows it"));
        return Ok(0);
    }
    Ok(code)
}

/// Shows it to its end through the sink of the mode; the exit status is the command's.
pub fn show(vm: &Vm, attached: Attached, view: &e::View, report: bool) -> Outcome {
    let names = detached::hosts(vm, attached.entry());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mode, labels) = (view.mode(), view.labels());
    let look = Look { mode: &mode, labels, terminal: false, piped: false, report };
    let outlet = show::outlet(&look, None)?;
    let mut shown = Show::new(Followed::new(attached), &names, &look, outlet);
    shown.to_end()?;
    Ok(shown.finish(&look)?.code())
}
