//! Lines of standard input as tasks, each as soon as it has come: the job stays open until the
//! stream ends.

use super::mistake;
use super::options::{Options, numbered};
use super::submit::{Given, open};
use crate::commands::Outcome;
use crate::error::Error;
use posse::Vm;
use posse_work::lines::Lines;
use std::io::Read;

/// One read: what a pipe holds.
const READ_BYTES: usize = 64 * 1024;

/// `command` is what the lines are values of; empty: they are commands.
pub fn each_line(
    vm: impl FnOnce() -> Result<Vm, Error>,
    options: &Options,
    command: &str,
) -> Outcome {
    if options.into.is_some() {
        return Err(Error::usage("--into is for what is given at once, not line by line"));
    }
    let mut lines = match command {
        "" => Lines::default(),
        command => Lines::of_template(command).map_err(mistake)?,
    };
    let shared = options.shared(numbered)?;
    let given = Given { batches: Vec::new(), options, name: String::new() };
    let mut job = open(&vm()?, &given)?;
    let (mut input, mut bytes) = (std::io::stdin().lock(), vec![0; READ_BYTES]);
    loop {
        let count = input.read(&mut bytes)?;
        let batch = match count {
            0 => std::mem::take(&mut lines).finish(),
            count => lines.push(&bytes[..count]),
        };
        if let Some(mut batch) = batch.map_err(mistake)? {
            batch.shared = shared.clone();
            job.add(&batch)?;
        }
        if count == 0 {
            return job.seal(options);
        }
    }
}
