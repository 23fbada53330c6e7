//! `posse umask`: the file mode mask of commands to come, kept by the vm.

use super::Outcome;
use crate::settings::{self, Settings, UMASK};
use crate::{run, tell};

/// Set or show the umask of commands
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse umask 022\n  posse umask            show it\n  \
        posse umask -u         that of each login again")]
pub struct Args {
    /// In octal
    #[arg(value_name = "MASK", value_parser = octal)]
    mask: Option<u32>,
    /// That of each login again
    #[arg(short = 'u', long, conflicts_with = "mask")]
    unset: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    match (args.mask, args.unset) {
        (Some(mask), _) => settings::set(&vm, UMASK, Some(&format!("{mask:03o}")))?,
        (None, true) => settings::set(&vm, UMASK, None)?,
        (None, false) => match Settings::of(&vm).umask() {
            Some(mask) => tell::say(&format!("{mask:03o}")),
            None => tell::note("none is set: that of each host's login holds"),
        },
    }
    Ok(0)
}

fn octal(text: &str) -> Result<u32, String> {
    let mask = u32::from_str_radix(text, 8).ok().filter(|mask| *mask <= 0o777);
    mask.ok_or_else(|| format!("`{text}` is no umask; give octal digits up to 777"))
}

#[cfg(test)]
mod tests {
    use super::octal;

    #[test]
    fn masks_are_octal() {
        assert_eq!(octal("022"), Ok(0o22));
        assert_eq!(octal("0077"), Ok(0o77));
        assert!(octal("8").is_err() && octal("1777").is_err() && octal("u=rwx").is_err());
    }
}
