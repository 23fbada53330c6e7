//! What a holder and hosts say to each other about files: sent, and handed to those who know what
//! to do. Called by the shell, and by this folder.

use crate::shell::Shell;
use posse_farm::files::{ToHolder, ToHost};
use posse_proto::Input;
use posse_wire::limits::CHUNK_BYTES_MAX;
use posse_wire::msg::{Bring, Brought};
use posse_wire::{HostId, decode_value, encode_value};
use std::rc::Rc;

impl Shell {
    pub(super) fn tell_host(self: &Rc<Self>, to: HostId, word: &ToHost) {
        self.feed(Input::ShipSend { to, body: encode_value(word) });
    }

    pub(super) fn tell_holder(self: &Rc<Self>, to: HostId, word: &ToHolder) {
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
            Ok(ToHost::Look { path }) => self.look_here(from, path),
            Ok(ToHost::Bring { path, modified_ns, content, at, bytes }) => {
                let bring = Bring { content, at, bytes: bytes.min(CHUNK_BYTES_MAX as u32) };
                self.bring_here(from, (path, modified_ns), bring);
            }
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
            Ok(ToHolder::Looked { path, found }) => self.looked(from, path, &found),
            Ok(ToHolder::Brought { content, at, bytes }) => {
                self.part_came(Brought { content, at, bytes });
            }
            Err(error) => crate::log::line(&format!("files of host {from}: {error}")),
        }
    }
}
