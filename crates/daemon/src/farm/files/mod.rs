//! Inputs and outputs of tasks. The holder knows what is in each input of a job (`manifest`,
//! `submit`), and puts outputs into their places before a task counts as done (`collect`). A host
//! gives each task that has some a scratch directory (`scratch`), with its inputs in it (`inputs`),
//! and offers its outputs when it has ended well (`outputs`). Bytes of inputs are `data`'s affair.
//! Described in `docs/internals/files.md`. Called by the rest of `farm`.

mod collect;
mod inputs;
mod limits;
mod manifest;
mod outputs;
mod scratch;
mod submit;

pub(super) use manifest::Manifest;
pub(super) use scratch::Scratch;

use crate::shell::Shell;
use collect::Coming;
use inputs::Finds;
use outputs::Offer;
use posse_farm::Lease;
use posse_farm::files::{ToHolder, ToHost};
use posse_farm::worker::Key;
use posse_proto::Input;
use posse_wire::{HostId, decode_value, encode_value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::task::JoinHandle;

/// What a daemon has of it beside the manifest, which is the holder's.
#[derive(Default)]
pub(super) struct Files {
    finds: Finds,
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

impl Shell {
    fn tell_host(self: &Rc<Self>, to: HostId, word: &ToHost) {
        self.feed(Input::ShipSend { to, body: encode_value(word) });
    }

    fn tell_holder(self: &Rc<Self>, to: HostId, word: &ToHolder) {
        self.feed(Input::ShippedSend { to, body: encode_value(word) });
    }

    /// Of a holder, for this host.
    pub(crate) fn files_ordered(self: &Rc<Self>, from: HostId, body: &[u8]) {
        match decode_value::<ToHost>(body) {
            Ok(ToHost::Found { job, path, found }) => self.found(from, (job, path), found),
            Ok(ToHost::Pull { lease, output, at, bytes }) => {
                self.pulled((from, lease), output, at, bytes);
            }
            Ok(ToHost::Placed { lease, outcome }) => self.placed((from, lease), outcome),
            Err(error) => crate::log::line(&format!("files of host {from}: {error}")),
        }
    }

    /// Of a host, for the holder here.
    pub(crate) fn files_reported(self: &Rc<Self>, from: HostId, body: &[u8]) {
        match decode_value::<ToHolder>(body) {
            Ok(ToHolder::Find { job, path }) => {
                let found = self.hold(|held, _| {
                    let found = held.files.find(job, &path);
                    if let Ok(found) = &found {
                        held.files.is_at(found.content, from);
                    }
                    found
                });
                if let Some(found) = found {
                    self.tell_host(from, &ToHost::Found { job, path, found });
                }
            }
            Ok(ToHolder::Offer { lease, outputs }) => self.offered(from, lease, outputs),
            Ok(ToHolder::Part { lease, output, at, bytes }) => {
                self.output_came(from, lease, usize::from(output), at, &bytes);
            }
            Err(error) => crate::log::line(&format!("files of host {from}: {error}")),
        }
    }
}
