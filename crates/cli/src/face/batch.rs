//! One command on some hosts at once, its lines with the labels of a face. What is said of exits
//! is the face's part. Called by the faces, batch after batch where they limit how many run.

use crate::error::Error;
use crate::output::{Label, Labels, Merge, Outlet, Sink};
use crate::run::input;
use crate::run::signals::Passed;
use posse::{Command, Fd, HostId, RunEvent, Running, Status, Vm};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// SIGPIPE.
const BROKEN_PIPE: u8 = 13;

/// What runs, and how it is shown.
#[derive(Debug, Clone)]
pub struct Batch {
    pub line: String,
    /// Labels before the lines.
    pub labelled: bool,
    /// Our stdin to all.
    pub stdin: bool,
    pub timeout: Option<Duration>,
}

/// Runs it; `each` is told of every exit, by the place of its host in `hosts`, after its output.
/// The result is a status where a signal or a closed pipe asked for the end of everything.
pub fn run(
    vm: &Vm,
    batch: &Batch,
    hosts: &[(String, HostId)],
    each: &mut dyn FnMut(usize, &Status),
) -> Result<Option<u8>, Error> {
    let numbers: Vec<HostId> = hosts.iter().map(|(_, number)| *number).collect();
    let mut command = Command::shell(batch.line.clone()).hosts(numbers);
    if batch.stdin {
        command = command.stdin();
    }
    if let Some(timeout) = batch.timeout {
        command = command.timeout(timeout);
    }
    let mut run = vm.run(&command)?;
    let signals = Passed::to(run.controller(), false)?;
    if batch.stdin {
        input::copy(&run, io::stdin())?;
    }
    let names: Vec<&str> = hosts.iter().map(|(label, _)| label.as_str()).collect();
    let form = if batch.labelled { Label::Plain } else { Label::None };
    let outlet = Outlet::standard(false)?;
    let mut sink = Merge::new(Arc::new(Labels::new(&names)), outlet, form);
    let broken = show(&mut run, &mut sink, each)?;
    let finished = Box::new(sink).finish().map(|_outlet| ());
    match finished {
        Err(error) if !broken && error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(error.into());
        }
        _ => {}
    }
    Ok(signals.code().or_else(|| broken.then_some(128 + BROKEN_PIPE)))
}

/// Whether the reader of our output has gone.
fn show(
    run: &mut Running,
    sink: &mut Merge,
    each: &mut dyn FnMut(usize, &Status),
) -> Result<bool, Error> {
    let mut broken = false;
    while let Some(event) = run.next_event(None)? {
        let written = match event {
            RunEvent::Output { rank, fd, bytes, end } if !broken => {
                sink.output(rank.0, fd.0, &bytes, end)
            }
            RunEvent::Exit { rank, status, elapsed } => {
                let written = sink.exit(rank.0, &status, elapsed);
                each(rank.0 as usize, &status);
                if broken { Ok(()) } else { written }
            }
            _ => Ok(()),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                broken = true;
                run.close_all_outputs(Fd::STDOUT);
                run.controller().end_with(None, BROKEN_PIPE)?;
            }
            other => other?,
        }
    }
    Ok(broken)
}
