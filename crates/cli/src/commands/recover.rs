//! `posse recover`: the voters are lost for good; the vm goes on with what this computer holds.

use super::Outcome;
use crate::error::Error;
use crate::{run, tell};
use posse::{HostId, Vm, Voters};
use std::io::{IsTerminal, Write, stdin, stdout};

/// Go on without voters that are lost for good, as a new epoch
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse hosts            who votes, and who is down\n  \
        posse up lab3          brings a voter back, which is better\n  posse recover --yes\n\n\
        Names are as this computer last knew them; what the lost voters agreed upon without it\n\
        is gone, and they are refused when they are back. Refused while a majority answers.")]
pub struct Args {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let voters = vm.voters()?;
    if !args.yes && !confirmed(&vm, &voters)? {
        return Ok(crate::error::Kind::No.code());
    }
    vm.recover(voters.epoch)?;
    tell::note(&format!("recovered: this computer alone votes, in epoch {}", voters.epoch + 1));
    Ok(0)
}

fn confirmed(vm: &Vm, voters: &Voters) -> Result<bool, Error> {
    if !stdin().is_terminal() {
        let text = "what lost voters agreed upon without this computer will be gone";
        return Err(Error::usage(text).hint("--yes says that this is meant"));
    }
    let name = |number: &HostId| {
        let known = vm.hosts().iter().find(|host| host.number == *number).cloned();
        known.map_or_else(|| format!("host {number}"), |host| host.name)
    };
    let names: Vec<String> = voters.voters.iter().map(name).collect();
    let mut out = stdout();
    write!(
        out,
        "Voters of epoch {}: {}.\nWhat they agreed upon without this computer will be gone, and \
         they will be refused.\nGo on with this computer alone? [y/N] ",
        voters.epoch,
        names.join(", ")
    )?;
    out.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
