//! `posse remove`: hosts leave the vm; what runs on them ends.

use super::Outcome;
use crate::run;

/// Take hosts out of the vm
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse remove 'lab[3-5]'")]
pub struct Args {
    /// Hosts of the vm
    #[arg(value_name = "HOSTSET", required = true)]
    hosts: Vec<String>,
    /// Remove the binary cache from them as well
    #[arg(long)]
    purge: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let hosts = vm.select(&args.hosts.join(","))?;
    let hosts: Vec<_> = hosts.iter().map(|host| host.number).collect();
    vm.remove(&hosts, args.purge)?;
    Ok(0)
}
