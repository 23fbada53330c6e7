//! `posse restoremask`: a named mask comes in force.

use super::Outcome;
use crate::error::Error;
use crate::run::{self, mask};
use crate::settings::Settings;

/// Put a named mask in force
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse restoremask gpu\n  posse masks            the names")]
pub struct Args {
    #[arg(value_name = "NAME")]
    name: String,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let name = &args.name;
    let hosts = Settings::of(&vm).get(&format!("{}{name}", mask::NAMED)).ok_or_else(|| {
        Error::usage(format!("no mask is called {name}")).hint("`posse masks` lists them")
    })?;
    mask::put(&vm, &hosts)?;
    Ok(0)
}
