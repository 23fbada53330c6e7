//! Inputs and outputs of tasks. The holder knows what is in each input of a job (`manifest`,
//! `submit`), and puts outputs into their places before a task counts as done (`collect`). A host
//! gives each task that has some a scratch directory (`scratch`), with its inputs in it (`inputs`),
//! and offers its outputs when it has ended well (`outputs`). Bytes of inputs are `data`'s affair.
//! Described in `docs/internals/files.md`. Called by the rest of `farm`.

mod collect;
mod elsewhere;
mod inputs;
mod limits;
mod manifest;
mod outputs;
mod scratch;
mod submit;
mod waiting;
mod words;

pub(super) use manifest::Manifest;
pub(super) use scratch::Scratch;

use collect::Coming;
use elsewhere::Looks;
use inputs::Finds;
use outputs::Offer;
use posse_farm::Lease;
use posse_farm::worker::Key;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::task::JoinHandle;

/// What a daemon has of it beside the manifest, which is the holder's.
#[derive(Default)]
pub(super) struct Files {
    finds: Finds,
    looks: Looks,
    /// Attempts whose inputs or outputs are on their way: they have no process now.
    moving: RefCell<BTreeMap<Key, JoinHandle<()>>>,
    offers: RefCell<BTreeMap<Key, Rc<Offer>>>,
    /// Outputs on their way to this holder.
    coming: RefCell<BTreeMap<Lease, Rc<Coming>>>,
    /// Bytes of outputs that have come.
    home: Cell<u64>,
}

impl Files {
    pub fn home(&self) -> u64 {
        self.home.get()
    }
}
