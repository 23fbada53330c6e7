//! Two processes of this host get the ends of a socket, and the memory of the host's permits to
//! spin, so that they can share memory without this daemon. Called where effects are carried out.

use super::core::Shell;
use posse_net::descriptors;
use posse_proto::LinkId;
use posse_shm::permit::{self, Owner, Permits, usable_cores};
use posse_wire::msg::Met;
use posse_wire::{CommandId, Message, ProcessId};
use std::cell::OnceCell;
use std::io;
use std::rc::Rc;

/// The page of permits, made when the first two processes meet.
#[derive(Default)]
pub(super) struct Spinning(OnceCell<(permit::Parts, Permits)>);

impl Spinning {
    fn parts(&self) -> io::Result<&permit::Parts> {
        if let Some((parts, _)) = self.0.get() {
            return Ok(parts);
        }
        let parts = permit::Parts::create(usable_cores()).map_err(io::Error::other)?;
        let permits = parts.map().map_err(io::Error::other)?;
        Ok(&self.0.get_or_init(|| (parts, permits)).0)
    }

    /// This process is over, and what it may hold is free.
    pub fn reclaim(&self, process: ProcessId) {
        if let Some((_, permits)) = self.0.get() {
            let is_dead = |owner: Owner| owner.get() == process.0;
            let _not_of_a_fork = permits.reclaim(is_dead);
        }
    }
}

impl Shell {
    pub(super) fn let_meet(
        self: &Rc<Self>,
        a: (LinkId, ProcessId),
        b: (LinkId, ProcessId),
        number: u64,
    ) {
        if let Err(error) = self.try_meet(a, b, number) {
            crate::log::line(&format!("{} and {} share no memory: {error}", a.1, b.1));
        }
    }

    fn try_meet(
        self: &Rc<Self>,
        a: (LinkId, ProcessId),
        b: (LinkId, ProcessId),
        number: u64,
    ) -> io::Result<()> {
        let (one, other) = descriptors::pair()?;
        let parts = self.spinning.parts()?;
        let permits = u32::try_from(parts.permits).unwrap_or(u32::MAX);
        let frame = |peer: ProcessId| Met { number, permits }.frame(CommandId(peer.0));
        for ((link, process), peer, socket) in [(a, b.1, one), (b, a.1, other)] {
            let memory = parts.memory.try_clone()?;
            self.hand((link, process), &frame(peer), vec![socket, memory]);
        }
        Ok(())
    }
}
