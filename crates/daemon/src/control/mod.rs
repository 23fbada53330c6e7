//! The control state on this host: the shell around `posse-control`, where this host votes or
//! follows, and the way to the one that leads for what this daemon has to ask. The owner's daemon
//! asks in the names of its front ends (`names`, `waits`) and tells what becomes of hosts and of
//! processes with names (`tell`). A host without a part has no files. Called by the shell.

mod ask;
mod begin;
mod earlier;
mod files;
mod generation;
mod heard;
mod holders;
mod lead;
mod lines;
mod members;
mod names;
mod recover;
mod rows;
mod tell;
mod voter;
mod waits;
mod writer;

pub(crate) use earlier::Earlier;
pub(crate) use files::NAMES as FILES;

use ask::Asks;
use holders::Holders;
use lead::Leading;
use lines::Lines;
use members::Members;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tell::Teller;
use voter::Voter;
use waits::Waits;

/// What a daemon holds of it.
#[derive(Default)]
pub(crate) struct Control {
    voter: RefCell<Option<Rc<Voter>>>,
    asks: Asks,
    heard: ask::Heard,
    teller: Teller,
    holders: Holders,
    waits: Waits,
    members: Members,
    lines: Lines,
    leading: Leading,
    /// Logs that this life of the daemon has begun.
    begun: Cell<u32>,
    /// Files are being made for another.
    begins: Cell<bool>,
}

impl Control {
    fn voter(&self) -> Option<Rc<Voter>> {
        self.voter.borrow().clone()
    }
}
