//! `posse parallel`: the face of GNU parallel on the hosts of the vm.

use crate::commands::Outcome;
use crate::farm;

/// Be GNU parallel: its command line, on whatever hosts of the vm are idle
#[derive(clap::Args, Debug)]
#[command(
    disable_help_flag = true,
    trailing_var_arg = true,
    after_help = "Example:\n  posse parallel gzip -9 {} ::: *.log\n  \
        posse parallel -j4 --tag 'sim {1} {2}' ::: 1 2 3 ::: a b\n  \
        find . -name '*.png' | posse parallel -k convert {} {.}.jpg\n  \
        posse parallel --pipe --block 10M grep -c error < log\n  \
        posse parallel --joblog log --resume './model {}' :::: points.txt\n\n\
        Places for values: {} {.} {/} {//} {/.} {#} {%} {1}; input: ::: :::: :::+ ::::+ -a stdin.\n\
        Files are those of the hosts. Output of a task comes when it is over."
)]
pub struct Args {
    /// This help
    #[arg(long, action = clap::ArgAction::HelpLong)]
    help: Option<bool>,
    /// As for parallel
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    farm::parallel::main(vm, &args.words)
}
