//! The task farm on its way: what front ends ask goes to the shell of the daemon that leads, orders
//! of that one's holder go down the tree to hosts, reports on tasks go up. What is in them is the
//! farm's own affair (`posse-farm`), which this crate knows nothing of.

use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Job, Lease, Leased, Piece};
use posse_wire::{CommandId, Frame, HostId, Kind, Message, WireError};

impl Daemon {
    pub(crate) fn job(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let Job(piece) = Job::decode(frame)?;
        self.out.push(Effect::Job { link, id: frame.id, piece });
        Ok(())
    }

    /// Jobs are held at the root.
    pub(crate) fn farm_from_above(&mut self, frame: &Frame) -> Result<(), WireError> {
        match frame.kind {
            Kind::Brought => self.brought(frame),
            Kind::Ship => self.ship(frame),
            _ => self.lease(frame),
        }
    }

    pub(crate) fn farm_from_below(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        match frame.kind {
            Kind::Bring => self.bring(link, frame),
            Kind::Shipped => self.shipped(link, frame),
            _ => self.leased(link, frame),
        }
    }

    fn lease(&mut self, frame: &Frame) -> Result<(), WireError> {
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
    fn leased(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
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
