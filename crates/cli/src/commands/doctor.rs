//! `posse doctor`: what is wrong here, or between here and a host.

use super::Outcome;
use crate::doctor::{self, Report};
use crate::run;
use posse::Vm;

/// Find out what is wrong, here or with hosts, step by step
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse doctor               this computer: directories, vms, ssh\n  \
        posse doctor lab7          the way to lab7: name, port, login, shell, places\n\n\
        Nothing is changed. Exit status 5 if something fails; warnings do not count."
)]
pub struct Args {
    /// Hosts, in the vm or not
    #[arg(value_name = "HOST")]
    hosts: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let mut report = Report::new(args.json);
    doctor::here(&mut report, !args.hosts.is_empty());
    // Without a vm a host can be looked at all the same.
    let vm: Option<Vm> = run::connect(vm).ok();
    for text in &args.hosts {
        doctor::host(&mut report, vm.as_ref(), text)?;
    }
    Ok(report.code())
}
