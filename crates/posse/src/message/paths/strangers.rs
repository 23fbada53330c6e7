//! Processes that are spoken to by the daemon: how much was said, and when it is enough to ask for
//! a way that passes none. Called by `table`.

use crate::limits::{MEET_AGAIN_MAX, STRANGERS_MAX};
use posse_wire::ProcessId;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Strangers(BTreeMap<ProcessId, Stranger>);

struct Stranger {
    packets: u32,
    enough: u32,
}

impl Strangers {
    /// A packet goes to it; whether it is time to ask, which it first is after so many.
    pub fn count(&mut self, peer: ProcessId, first: u32) -> bool {
        if self.0.len() >= STRANGERS_MAX && !self.0.contains_key(&peer) {
            self.0.pop_first();
        }
        let new = Stranger { packets: 0, enough: first };
        let stranger = self.0.entry(peer).or_insert(new);
        stranger.packets += 1;
        if stranger.packets < stranger.enough {
            return false;
        }
        // Nothing may come of it: then it is asked for again, ever less often.
        let enough = stranger.enough.saturating_mul(4).min(MEET_AGAIN_MAX);
        *stranger = Stranger { packets: 0, enough };
        true
    }

    pub fn forget(&mut self, peer: ProcessId) {
        self.0.remove(&peer);
    }
}
