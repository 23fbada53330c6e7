//! Time, and news of paths, as drivers tell them.

use std::time::Duration;

use posse_wire::ProcessId;

use super::state::Engine;

impl Engine {
    /// It is this late: what was not acknowledged in time is sent again, what waited for a packet
    /// to take it along goes alone.
    pub fn tick(&mut self, now: Duration) {
        while let Some((time, key)) = self.timers.earliest() {
            if time > now {
                return;
            }
            match self.peers.get_mut(key) {
                Some(peer) => {
                    peer.tick(now);
                    self.touch(key);
                }
                None => self.timers.set(key, None),
            }
        }
    }

    /// Packets to this peer go another way from now on. What was under way may be lost: all that
    /// was not acknowledged is sent again, now.
    pub fn path_changed(&mut self, now: Duration, peer: ProcessId) {
        let Some(key) = self.peer_keys.get(&peer).copied() else { return };
        if let Some(peer) = self.peers.get_mut(key) {
            peer.outbound.path_changed(now);
            self.touch(key);
        }
    }

    /// Packets to this peer go a way that loses none until it changes again: more of them may be
    /// under way.
    pub fn widen(&mut self, peer: ProcessId) {
        let Some(key) = self.peer_keys.get(&peer).copied() else { return };
        if let Some(peer) = self.peers.get_mut(key) {
            peer.outbound.widen();
            self.touch(key);
        }
    }

    /// The path to this peer takes no more for now: `outgoing` has nothing for it until it is
    /// resumed, and goes on for the others.
    pub fn pause(&mut self, peer: ProcessId) {
        self.set_paused(peer, true);
    }

    /// The path to this peer takes packets again.
    pub fn resume(&mut self, peer: ProcessId) {
        self.set_paused(peer, false);
    }

    fn set_paused(&mut self, peer: ProcessId, is_paused: bool) {
        let Some(key) = self.peer_keys.get(&peer).copied() else { return };
        if let Some(peer) = self.peers.get_mut(key) {
            peer.is_paused = is_paused;
            self.touch(key);
        }
    }
}
