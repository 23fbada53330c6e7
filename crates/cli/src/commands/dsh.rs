//! `posse dsh`: the face of dsh, Dancer's shell. A symlink `dsh` to the binary is the same.

use super::Outcome;
use crate::face;
use std::ffi::OsString;

/// Be dsh (Dancer's shell): its flags, output and exit status, on the hosts of the vm
#[derive(clap::Args, Debug)]
#[command(
    disable_help_flag = true,
    trailing_var_arg = true,
    after_help = "Example:\n  posse dsh -M -c -g lab -- uptime\n  \
        posse dsh -m lab1,lab2 -i -c -- 'cat > /tmp/f' < f\n  \
        ln -s $(command -v posse) ~/bin/dsh\n\n\
        Hosts that are not in the vm are brought up first. Taken are -m -M -H -a -g -f -c -w -i\n\
        -F -q -v -h -V and their long forms, and dsh.conf; -r, -o, -b and -n mean nothing here."
)]
pub struct Args {
    /// This help; `-h` is that of the tool
    #[arg(long, action = clap::ArgAction::HelpLong)]
    help: Option<bool>,
    /// As for dsh; `posse dsh -h` lists them
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub fn run(vm: Option<&str>, args: Args) -> Outcome {
    face::dsh::main(vm, args.words)
}
