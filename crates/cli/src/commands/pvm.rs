//! `posse pvm`: the console of PVM. A symlink `pvm`, `pvmd` or `pvmd3` to the binary is the same.

use super::Outcome;
use std::ffi::OsString;

/// Be PVM's console: `add`, `conf`, `spawn`, `ps` and the others, on the hosts of the vm
#[derive(clap::Args, Debug)]
#[command(
    disable_help_flag = true,
    trailing_var_arg = true,
    after_help = "Example:\n  posse pvm\n  pvm> conf\n  pvm> spawn -4 -> hello\n  \
        echo 'ps -a' | posse pvm\n  posse pvm hostfile\n  ln -s $(command -v posse) ~/bin/pvm\n\n\
        Words: [--echo] [--stage] [--round-robin] [-nNAME] [-dMASK] [HOSTFILE]. Where no vm is\n\
        up, one is made: of this computer, under NAME where that is given, or of the hosts of a\n\
        HOSTFILE in PVM's form. Lines come from ~/.pvmrc, then from the terminal or stdin; `help`\n\
        says which there are. --echo writes the prompt and each line also where stdin is no\n\
        terminal. `quit` leaves the vm and its tasks as they are, `halt` ends them. --stage sends\n\
        programs to hosts that have none of their name, --round-robin gives tasks to hosts in\n\
        turn, not by load and speed, as POSSE_STAGE=1 and POSSE_PLACEMENT=round-robin do for all\n\
        tasks. -d means nothing."
)]
pub struct Args {
    /// This help
    #[arg(long, action = clap::ArgAction::HelpLong)]
    help: Option<bool>,
    /// As for PVM's console
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub fn run(vm: Option<&str>, args: Args) -> Outcome {
    crate::pvm::main(vm, args.words)
}
