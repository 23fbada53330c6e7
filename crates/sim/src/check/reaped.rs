//! Every process that was started is reaped and forgotten, unless its host died first or it is of
//! a detached command that lost its origin; nothing is forgotten that still runs, or twice.

use super::Held;
use super::truth::{ProcessTruth, Truth};
use posse_wire::CommandId;
use std::collections::BTreeSet;

pub fn forgotten(truth: Option<&mut ProcessTruth>) -> Held {
    let Some(process) = truth else { return Err("a process that never was is forgotten".into()) };
    if process.status.is_none() {
        return Err("forgotten while it runs".into());
    }
    if std::mem::replace(&mut process.forgotten, true) {
        return Err("forgotten twice".into());
    }
    Ok(())
}

/// When all is over.
pub fn all(truth: &Truth, adrift: &BTreeSet<CommandId>) -> Held {
    for (id, command) in truth.commands.iter().filter(|(id, _)| !adrift.contains(id)) {
        for (rank, process) in &command.ranks {
            if !process.forgotten && !process.host_died {
                let (id, rank, host) = (crate::trace::id(*id), rank.0, process.host);
                return Err(format!("rank {rank} of {id} on h{host} was never forgotten"));
            }
        }
    }
    Ok(())
}
