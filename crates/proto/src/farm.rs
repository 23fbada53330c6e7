//! The task farm on its way: what front ends ask goes to the shell of the daemon that leads, orders
//! of that one's holder go down the tree to hosts, reports on tasks go up. What is in them is the
//! farm's own affair (`posse-farm`), which this crate knows nothing of.

use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Job, Lease, Leased, Piece};
use posse_wire::{CommandId, Frame, HostId, Message, WireError};

impl Daemon {
    pub(crate) fn job(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Job(piece) = Job::decode(frame)?;
        self.out.push(Effect::Job { link, id: frame.id, piece });
        Ok(())
    }

    /// From above: jobs are held at the root.
    pub(crate) fn lease(&mut self, frame: &Frame) -> Result<(), WireError> {
        self.pass_lease(Lease::decode(frame)?);
        Ok(())
    }

    pub(crate) fn lease_send(&mut self, to: HostId, piece: Piece) {
        self.pass_lease(Lease { to, from: self.config.host, piece });
    }

    /// To this host or down. Where no way is known it is dropped: [`Effect::HostUp`] says when
    /// there is one again.
    fn pass_lease(&mut self, lease: Lease) {
        if lease.to == self.config.host {
            self.out.push(Effect::Lease { from: lease.from, piece: lease.piece });
        } else if let Some(link) = self.routes.below(lease.to) {
            self.send(link, lease.frame(CommandId::NONE));
        }
    }

    /// A child speaks for the hosts below it and for no other.
    pub(crate) fn leased(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let leased = Leased::decode(frame)?;
        if self.routes.below(leased.from) == Some(link) {
            self.pass_leased(leased);
        }
        Ok(())
    }

    pub(crate) fn leased_send(&mut self, to: HostId, piece: Piece) {
        self.pass_leased(Leased { to, from: self.config.host, piece });
    }

    fn pass_leased(&mut self, leased: Leased) {
        if leased.to == self.config.host {
            self.out.push(Effect::Leased { from: leased.from, piece: leased.piece });
        } else if let Some(parent) = self.parent {
            self.send(parent, leased.frame(CommandId::NONE));
        }
    }
}
