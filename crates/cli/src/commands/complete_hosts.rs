//! The hidden `posse complete-hosts PREFIX`: what could stand there, for the scripts of
//! `posse completions`. Says nothing rather than an error.

use super::Outcome;
use crate::console::names::Names;
use crate::tell;

/// Print the hostsets that begin with a word
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse complete-hosts lab1,la")]
pub struct Args {
    /// The word so far
    #[arg(value_name = "PREFIX", default_value = "", allow_hyphen_values = true)]
    prefix: String,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let names = Names::of(vm);
    names.complete(&args.prefix).iter().for_each(|word| tell::say(word));
    Ok(0)
}
