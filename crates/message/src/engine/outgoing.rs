//! Packets, as drivers fetch them: peers take turns, a packet each.

use std::time::Duration;

use posse_wire::ProcessId;

use super::peer::Departure;
use super::state::Engine;
use crate::packet::Packet;

impl Engine {
    /// The next packet that is to be sent, and to whom. `None` when there is nothing to send
    /// until something happens.
    pub fn outgoing(&mut self, now: Duration) -> Option<(ProcessId, Packet)> {
        while let Some(key) = self.ready.pop_front() {
            let Some(peer) = self.peers.get_mut(key) else { continue };
            let departure = if peer.is_paused { None } else { peer.next(now) };
            let id = peer.id;
            peer.is_listed = departure.is_some();
            self.count(key);
            if let Some(Departure { packet, handed }) = departure {
                self.ready.push_back(key);
                if let Some(send) = handed {
                    self.update(send, |sending| sending.state.is_handed = true);
                }
                return Some((id, packet));
            }
        }
        None
    }

    /// Whether `outgoing` or `next_fetch` may have something, without fetching it.
    pub fn has_outgoing(&self) -> bool {
        !self.ready.is_empty() || !self.fetches.is_empty()
    }
}
