//! `posse invite`: a code by which another computer joins the vm.

use super::Outcome;
use crate::limits::INVITED_FOR;
use crate::{run, tell};
use posse::Invitation;
use std::time::Duration;

/// Print a code by which other computers join this vm, without a login there
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse invite                            for one computer, good for 12 hours\n  \
        posse invite --uses 20 --for 1h         for a room of them\n  \
        posse invite --at 203.0.113.7:7000      reached by a port that a gateway passes on\n  \
        posse join CODE                         on the other computer\n\n\
        Who has the code can join, and starts nothing on your hosts; you start programs there, as\n\
        the user who joined. This machine listens from now on, for those who join alone. Give a\n\
        code by a way that others can not read.")]
pub struct Args {
    /// So many computers may join by it
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..))]
    uses: u32,
    /// It is good for this time [default: 12h]
    #[arg(long = "for", value_name = "TIME", value_parser = super::e::duration)]
    time: Option<Duration>,
    /// Where this machine is reached, with or without a port; may be repeated [default: the
    /// addresses by which it reaches others]
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    at: Vec<String>,
    /// Listen at this port [default: any that is free]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// End all codes that were given out; computers that joined stay
    #[arg(long, conflicts_with_all = ["uses", "time", "at", "port"])]
    end: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect_or_start(vm)?;
    if args.end {
        vm.end_invitations()?;
        return Ok(0);
    }
    let (uses, at, port) = (args.uses, args.at.clone(), args.port.unwrap_or(0));
    let wanted = Invitation { uses, time: args.time.unwrap_or(INVITED_FOR), at, port };
    tell::say(&vm.invite(&wanted)?);
    Ok(0)
}
