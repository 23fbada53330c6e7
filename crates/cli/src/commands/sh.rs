//! `posse sh`: a login shell on one host, with this terminal.

use super::Outcome;
use crate::run::plan::{Labels, Mode, Plan, Source, What};
use crate::run::{self, drive, pipeline};
use crate::settings::Settings;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Open a login shell on a host, as ssh would, through the link that is there
#[derive(clap::Args, Debug)]
#[command(
    trailing_var_arg = true,
    after_help = "Example:\n  posse sh lab7\n  posse sh lab7 top\n  \
        tar c . | posse sh lab7 'tar x'\n\n\
        Exit status: that of the shell; 255 if the host is lost."
)]
pub struct Args {
    #[arg(value_name = "HOST")]
    host: String,
    /// Start there [default: `posse cd`'s, else the home of the host]
    #[arg(short = 'C', long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Run this line instead of a login shell; with a terminal, if stdin is one
    #[arg(value_name = "CMD", allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let what = match &args.words[..] {
        [] => What::LoginShell,
        [line] => What::Shell(line.clone()),
        words => {
            What::Shell(words.iter().map(|w| pipeline::quote(w)).collect::<Vec<_>>().join(" "))
        }
    };
    let mut plan = Plan::new(what);
    plan.hosts = Some(one(&vm, &args.host)?);
    plan.source = Source::Own;
    plan.terminal = std::io::stdin().is_terminal();
    plan.mode = Mode::Raw;
    plan.labels = Labels::Never;
    plan.report = false;
    let home = || Settings::of(&vm).directory().is_none().then(|| PathBuf::from("~"));
    plan.directory = args.directory.clone().or_else(home);
    if plan.terminal
        && let Ok(term) = std::env::var("TERM")
    {
        plan.environment.push(("TERM".into(), term));
    }
    drive::run(&vm, &plan)
}

/// A host that is not in the vm yet is brought up by `drive`.
fn one(vm: &posse::Vm, host: &str) -> Result<String, crate::error::Error> {
    match run::one_host(vm, host) {
        Ok(entry) => Ok(entry.name),
        Err(error) if vm.select(host).is_ok() => Err(error),
        Err(_) => Ok(host.to_owned()),
    }
}
