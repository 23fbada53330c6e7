//! Tries something on all hosts and says where it fails: before a directory or an environment is
//! kept for the commands to come. Shows no output. Called by `posse cd` and `posse env`.

use super::launch;
use crate::error::{Error, Kind};
use crate::output::{Labels, Summary};
use crate::tell;
use posse::{Command, RunEvent, Vm};

/// An error where it fails everywhere, a note where it fails somewhere. Without hosts there is
/// nothing to try.
pub fn everywhere(vm: &Vm, command: &Command, what: &str) -> Result<(), Error> {
    let mut run = match vm.run(command) {
        Err(posse::Error::NoHosts) => return Ok(()),
        run => run?,
    };
    let names: Vec<&str> = run.ranks().iter().map(|info| info.name.as_str()).collect();
    let labels = Labels::new(&names);
    let mut summary = Summary::new(labels.size());
    while let Some(event) = run.next_event(None)? {
        if let RunEvent::Exit { rank, status, .. } = event {
            summary.exit(rank.0, &status);
        }
    }
    let text = summary.text(&labels, &launch::fold).replace("posse: ", "");
    if text.is_empty() {
        return Ok(());
    }
    if summary.succeeded() == 0 {
        let (first, size) = (text.lines().next().unwrap_or_default(), labels.size());
        let text = format!("{what} was not kept, since it fails on all {size} hosts; {first}");
        return Err(Error::new(Kind::Hosts, text));
    }
    text.lines().for_each(tell::note);
    Ok(())
}
