//! When all is over, no daemon holds a command, a query, a way or a link that it should not.

use super::Held;
use posse_proto::{Inspection, LinkId};

/// What a quiet daemon may hold, with so many commands that nobody can end.
pub fn quiet(
    held: &Inspection,
    adrift: usize,
    links: usize,
    open: impl Fn(LinkId) -> bool,
) -> Held {
    let wrong = [
        ("commands", held.commands, adrift),
        ("processes", held.processes, if adrift > 0 { usize::MAX } else { 0 }),
        ("queries", held.queries, 0),
        ("calls of up", held.ups, 0),
        ("deadlines", held.deadlines, if adrift > 0 { usize::MAX } else { held.unsettled.len() }),
        ("links", held.links, links),
    ];
    match wrong.into_iter().find(|(_, has, may)| has > may) {
        Some((what, has, may)) => Err(format!("holds {has} {what}, {may} would be right")),
        None => match held.routes.iter().find(|(_, link)| !open(*link)) {
            Some((host, _)) => Err(format!("has a way to h{host} over a link that is closed")),
            None => Ok(()),
        },
    }
}
