//! What waits for the owner's daemon to lead. Launches that were asked for while another host
//! leads, or that its lead interrupted: carried out when it leads again, refused when that takes
//! too long. And the end of the vm, which is to reach hosts that are being looked for.
//! Called by `request`, `lead` and `beat`.

use crate::{Daemon, LinkId, Time};
use posse_wire::msg::Up;
use posse_wire::{CommandId, limits};
use std::rc::Rc;

const LED_ELSEWHERE: &str = "another host leads this vm until nobody works there and this one has \
     caught up; nothing was started, try again";

#[derive(Debug)]
struct Held {
    link: LinkId,
    id: CommandId,
    up: Rc<Up>,
    until: Time,
}

/// In the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct HeldUps(Vec<Held>);

impl HeldUps {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn next_due(&self) -> Option<Time> {
        self.0.iter().map(|held| held.until).min()
    }

    pub fn lost_client(&mut self, link: LinkId) {
        self.0.retain(|held| held.link != link);
    }
}

/// The vm is to end, at the latest then, with or without the binary caches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldDown {
    purge: bool,
    pub until: Time,
}

impl Daemon {
    /// At once where all hosts are linked or known to be down; those that are being looked for, as
    /// after a reboot of the owner's machine, would go on without an owner.
    pub(crate) fn down_when_settled(&mut self, purge: bool) {
        let until = self.now + limits::DOWN_HELD_WITHIN;
        let until = self.held_down.map_or(until, |held| held.until);
        self.held_down = Some(HeldDown { purge, until });
        self.held_down_due();
    }

    /// Looked at after every input.
    pub(crate) fn held_down_due(&mut self) {
        let Some(HeldDown { purge, until }) = self.held_down else { return };
        let is_settled = self.leads() && self.missing.count() == 0;
        if is_settled || until <= self.now || !self.is_owner() {
            self.held_down = None;
            self.end_everything(purge);
        }
    }

    pub(crate) fn hold_up(&mut self, link: LinkId, id: CommandId, up: Rc<Up>) {
        if self.held_ups.count() >= limits::UPS_HELD_MAX {
            return self.done(link, id, Some(LED_ELSEWHERE.to_owned()));
        }
        let until = self.now + limits::UP_HELD_WITHIN;
        self.held_ups.0.push(Held { link, id, up, until });
    }

    /// This daemon leads again.
    pub(crate) fn take_held_ups(&mut self) {
        for held in std::mem::take(&mut self.held_ups.0) {
            self.launch_all(held.link, held.id, held.up);
        }
    }

    pub(crate) fn held_ups_due(&mut self) {
        let now = self.now;
        let (over, left) = std::mem::take(&mut self.held_ups.0)
            .into_iter()
            .partition(|held: &Held| held.until <= now);
        self.held_ups.0 = left;
        let over: Vec<Held> = over;
        for held in over {
            self.done(held.link, held.id, Some(LED_ELSEWHERE.to_owned()));
        }
    }
}
