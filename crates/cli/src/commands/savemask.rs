//! `posse savemask`: a name for the mask in force.

use super::Outcome;
use crate::run::{self, mask};
use crate::settings;

/// Keep the mask in force under a name
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  posse e test -e /dev/nvidia0; posse smask; posse savemask gpu\n  \
        posse savemask quiet 'load<1'     these hosts instead of the mask in force\n  \
        posse e -m gpu nvidia-smi\n  posse savemask -u gpu             forget it"
)]
pub struct Args {
    #[arg(value_name = "NAME")]
    name: String,
    /// Keep these hosts instead of the mask in force
    #[arg(value_name = "HOSTSET")]
    hosts: Option<String>,
    /// Forget the name
    #[arg(short = 'u', long, conflicts_with = "hosts")]
    unset: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    mask::check_name(&args.name)?;
    let vm = run::connect(vm)?;
    let hosts = match (&args.hosts, args.unset) {
        (_, true) => None,
        (None, false) => Some(mask::in_force(&vm)),
        (hosts, false) => Some(mask::chosen(&vm, hosts.as_deref())?),
    };
    settings::set(&vm, &format!("{}{}", mask::NAMED, args.name), hosts.as_deref())?;
    Ok(0)
}
