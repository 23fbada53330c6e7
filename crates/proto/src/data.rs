//! Files of tasks on their way through this daemon: parts of them between parent and child, words
//! about them between holder and hosts. What is in a file, and who has it, is the shell's affair.

use crate::{Daemon, Effect, LinkId};
use posse_wire::msg::{Bring, Brought, Ship, Shipped};
use posse_wire::{CommandId, Frame, HostId, Message, WireError};

impl Daemon {
    /// A child asks for a part of a file.
    pub(crate) fn bring(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let bring = Bring::decode(frame)?;
        self.out.push(Effect::Bring { link, bring });
        Ok(())
    }

    pub(crate) fn brought(&mut self, frame: &Frame) -> Result<(), WireError> {
        let brought = Brought::decode(frame)?;
        self.out.push(Effect::Brought { brought });
        Ok(())
    }

    /// To the parent. Where there is none now, it is dropped: who asked asks again.
    pub(crate) fn bring_send(&mut self, bring: Bring) {
        if let Some(parent) = self.parent {
            self.send(parent, bring.frame(CommandId::NONE));
        }
    }

    /// From above: files are held at the root.
    pub(crate) fn ship(&mut self, frame: &Frame) -> Result<(), WireError> {
        self.pass_ship(Ship::decode(frame)?);
        Ok(())
    }

    pub(crate) fn ship_send(&mut self, to: HostId, body: Vec<u8>) {
        self.pass_ship(Ship { to, from: self.config.host, body });
    }

    fn pass_ship(&mut self, ship: Ship) {
        if ship.to == self.config.host {
            self.out.push(Effect::Ship { from: ship.from, body: ship.body });
        } else if let Some(link) = self.routes.below(ship.to) {
            self.send(link, ship.frame(CommandId::NONE));
        }
    }

    /// A child speaks for the hosts below it and for no other.
    pub(crate) fn shipped(&mut self, link: LinkId, frame: &Frame) -> Result<(), WireError> {
        let shipped = Shipped::decode(frame)?;
        if self.routes.below(shipped.from) == Some(link) {
            self.pass_shipped(shipped);
        }
        Ok(())
    }

    pub(crate) fn shipped_send(&mut self, to: HostId, body: Vec<u8>) {
        self.pass_shipped(Shipped { to, from: self.config.host, body });
    }

    fn pass_shipped(&mut self, shipped: Shipped) {
        if shipped.to == self.config.host {
            self.out.push(Effect::Shipped { from: shipped.from, body: shipped.body });
        } else if let Some(parent) = self.parent {
            self.send(parent, shipped.frame(CommandId::NONE));
        }
    }
}
