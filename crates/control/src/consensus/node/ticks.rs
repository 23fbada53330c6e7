//! Time and chance: both come from outside.

use super::super::error::Refused;
use super::super::output::Output;
use super::{Node, Time};
use crate::limits;
use raft::StateRole;

const TICK: Time = limits::TICK.as_micros() as Time;
const LATE: Time = posse_wire::limits::LATE_AFTER.as_micros() as Time;
const LOOK: Time = posse_wire::limits::LOOK_EVERY.as_micros() as Time;

/// One step of splitmix64.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

impl Node {
    /// Makes up for the steps that have passed. Who was itself stopped or asleep has heard
    /// nothing meanwhile, which proves nothing: those steps do not count.
    pub(super) fn catch_up(&mut self, now: Time) {
        let was_late = now > self.wake.saturating_add(LATE);
        if now < self.ticked || was_late || self.rests() {
            self.ticked = now;
        }
        self.now = now;
        while self.ticked + TICK <= now && !self.is_out() {
            self.ticked += TICK;
            self.tick();
        }
        self.look_after_waits();
        self.look_after_snapshots();
    }

    /// A leader with nobody to lead and nothing to do: time means nothing to it.
    fn rests(&self) -> bool {
        let is_busy = !self.pending.is_idle() || !self.outgoing.is_empty();
        self.is_leader() && self.is_alone() && !is_busy
    }

    fn tick(&mut self) {
        let raft = &self.raw.raft;
        let is_leader = raft.state == StateRole::Leader;
        if !is_leader && !self.persists.is_empty() {
            // A disk that is behind would only make a slow leader, and `raft` wants its log whole.
            return;
        }
        self.raw.tick();
        self.draw();
        if is_leader && self.state.members.is_changing() && !self.raw.raft.has_pending_conf() {
            // The leader that began it may be gone.
            let leave = raft::eraftpb::ConfChangeV2::default();
            let _not_now = self.raw.propose_conf_change(vec![], leave);
        }
    }

    /// `raft` draws its election timeout from the thread's generator; what it drew is replaced by
    /// ours before it is looked at.
    pub(super) fn draw(&mut self) {
        let raft = &self.raw.raft;
        let of = Some((raft.term, raft.state));
        if self.drawn_for != of {
            self.drawn_for = of;
            self.draws += 1;
            let range = limits::ELECTION_TICKS_MAX - limits::ELECTION_TICKS_MIN;
            let drawn = mix(self.chance ^ mix(self.draws)) % range as u64;
            self.drawn = limits::ELECTION_TICKS_MIN + drawn as usize;
        }
        self.raw.raft.set_randomized_election_timeout(self.drawn);
    }

    pub(super) fn next_wake(&self) -> Time {
        if self.is_out() {
            return self.now + LOOK;
        }
        if self.rests() {
            return self.now + limits::REST.as_micros() as Time;
        }
        let raft = &self.raw.raft;
        let left = match raft.state {
            StateRole::Leader => {
                let left = raft.heartbeat_timeout().saturating_sub(raft.heartbeat_elapsed());
                left.max(1) as Time
            }
            _ => self.drawn.saturating_sub(raft.election_elapsed).max(1) as Time,
        };
        let is_busy = !self.pending.is_idle() || !self.outgoing.is_empty();
        let soon = self.now + limits::HEARTBEAT_TICKS as Time * TICK;
        let wake = (self.ticked + left * TICK).min(self.now + LOOK);
        if is_busy { wake.min(soon) } else { wake }
    }

    fn look_after_waits(&mut self) {
        let (changes, questions) = self.pending.overdue(self.now);
        let last_leader = self.last_leader;
        for token in changes {
            let refused = Refused::NoMajority { last_leader, was_proposed: true };
            self.out.push(Output::Answer { token, result: Err(refused) });
        }
        for token in questions {
            let refused = Refused::NoMajority { last_leader, was_proposed: false };
            self.out.push(Output::Readable { token, result: Err(refused) });
        }
    }
}
