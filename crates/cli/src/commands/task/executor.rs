//! `posse executor`: tasks by lines of JSON, for workflow managers.

use crate::commands::Outcome;
use crate::farm;

/// Take tasks from a workflow manager: a line of JSON a request, a line an answer
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        echo '{\"do\": \"submit\", \"command\": \"./step 1\", \"cores\": 2}' | posse executor\n  \
        echo '{\"do\": \"poll\", \"tasks\": [\"3.1\"]}' | posse executor\n\n\
        Requests are submit, poll, wait and cancel; see docs/reference/executor.md. Tasks outlive\n\
        the command.")]
pub struct Args {}

pub fn run(vm: Option<&str>, _: &Args) -> Outcome {
    farm::executor::main(vm)
}
