//! `posse pdsh`: the face of pdsh. A symlink `pdsh` to the binary is the same.

use super::Outcome;
use crate::face;
use std::ffi::OsString;

/// Be pdsh: its flags, output and exit status, on the hosts of the vm
#[derive(clap::Args, Debug)]
#[command(
    disable_help_flag = true,
    trailing_var_arg = true,
    after_help = "Example:\n  posse pdsh -w 'lab[1-40]' -x lab7 uptime\n  \
        posse pdsh -S -g gpu nvidia-smi -L\n  ln -s $(command -v posse) ~/bin/pdsh\n\n\
        Hosts that are not in the vm are brought up first. Taken are -w -x -g -X -a -l -t -u -f\n\
        -S -N -b -q -h -V -L, `^file`, WCOLL; `-R ssh`, -M and -d mean nothing; genders, regular\n\
        expressions and other -R are refused. Commands have no stdin."
)]
pub struct Args {
    /// This help; `-h` is that of the tool
    #[arg(long, action = clap::ArgAction::HelpLong)]
    help: Option<bool>,
    /// As for pdsh; `posse pdsh -h` lists them
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub fn run(vm: Option<&str>, args: Args) -> Outcome {
    face::pdsh::main(vm, args.words)
}
