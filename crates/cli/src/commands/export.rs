//! `posse export`: variables for the commands to come, kept by the vm.

use super::Outcome;
use crate::error::Error;
use crate::output::visible;
use crate::run::pipeline::quote;
use crate::settings::{self, EXPORT, Settings};
use crate::{run, tell};
use posse::Vm;

/// Set variables of commands, or list them
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse export OMP_NUM_THREADS=4 LANG=C\n  \
        posse export DISPLAY        with the value it has here\n  \
        posse export -u LANG        forget it\n  posse export                list them")]
pub struct Args {
    /// Forget these
    #[arg(short = 'u', long)]
    unset: bool,
    #[arg(value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    if args.variables.is_empty() {
        return if args.unset {
            Err(Error::usage("name the variables to forget"))
        } else {
            list(&vm)
        };
    }
    let here = |name: &str| std::env::var(name).ok();
    let changes = args.variables.iter().map(|text| change(text, args.unset, here));
    for (name, value) in changes.collect::<Result<Vec<_>, _>>()? {
        settings::set(&vm, &format!("{EXPORT}{name}"), value.as_deref())?;
    }
    Ok(0)
}

/// In the form that a shell reads back.
fn list(vm: &Vm) -> Outcome {
    for (name, value) in Settings::of(vm).exports() {
        tell::say(&visible(format!("{name}={}", quote(&value)).as_bytes()));
    }
    Ok(0)
}

/// A name without a value has the one of this process.
fn change(
    text: &str,
    unset: bool,
    here: impl Fn(&str) -> Option<String>,
) -> Result<(String, Option<String>), Error> {
    let (name, value) = match text.split_once('=') {
        Some((name, _)) if unset => return Err(Error::usage(format!("to forget it: -u {name}"))),
        Some((name, value)) => (name, Some(value.to_owned())),
        None if unset => (text, None),
        None => {
            let unknown = || Error::usage(format!("{text} is not set here; give {text}=VALUE"));
            (text, Some(here(text).ok_or_else(unknown)?))
        }
    };
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Error::usage(format!("`{name}` cannot be the name of a variable")));
    }
    Ok((name.to_owned(), value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_are_changes() {
        let here = |name: &str| (name == "HERE").then(|| "yes".to_owned());
        let of = |text: &str, unset| change(text, unset, here);
        assert_eq!(of("A=b=c", false).unwrap(), ("A".into(), Some("b=c".into())));
        assert_eq!(of("A=", false).unwrap(), ("A".into(), Some(String::new())));
        assert_eq!(of("HERE", false).unwrap(), ("HERE".into(), Some("yes".into())));
        assert_eq!(of("A", true).unwrap(), ("A".into(), None));
        for (text, unset) in [("A", false), ("1A=x", false), ("=x", false), ("A=b", true)] {
            assert!(of(text, unset).is_err(), "{text}");
        }
    }
}
