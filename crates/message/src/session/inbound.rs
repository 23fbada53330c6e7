//! What arrives from one peer, in the order in which it was sent; and when that is acknowledged:
//! with the next packet, at once when half the window has come or something is odd, else soon.
//! Called by `engine`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::limits::{ACK_WITHIN, PACKET_COST_BYTES, REPLY_PACKETS_MAX, WINDOW_BYTES_MAX};
use crate::packet::Body;

/// What is to be done with a packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// It is the next one.
    Next,
    /// One before it is missing.
    Early,
    /// It has been here.
    Again,
    /// No peer sends so far ahead.
    Wrong,
}

#[derive(Debug)]
pub struct Inbound {
    /// All up to this one have arrived.
    last: u64,
    early: BTreeMap<u64, Body>,
    unacked_bytes: usize,
    ack_at: Option<Duration>,
    ack_now: bool,
}

impl Default for Inbound {
    fn default() -> Self {
        let early = BTreeMap::new();
        Inbound { last: 0, early, unacked_bytes: 0, ack_at: None, ack_now: false }
    }
}

impl Inbound {
    pub fn order(&self, sequence: u64) -> Order {
        match sequence.checked_sub(self.last) {
            None | Some(0) => Order::Again,
            Some(1) => Order::Next,
            Some(ahead) if ahead > REPLY_PACKETS_MAX => Order::Wrong,
            Some(_) if self.early.contains_key(&sequence) => Order::Again,
            Some(_) => Order::Early,
        }
    }

    /// Counts the next one as arrived.
    pub fn advance(&mut self, now: Duration, body: &Body) {
        self.last += 1;
        self.unacked_bytes += cost(body);
        self.ack_soon(now);
        if self.unacked_bytes >= WINDOW_BYTES_MAX / 2 {
            self.ack_now = true;
        }
    }

    /// Keeps one that came too early; its cost in bytes.
    pub fn keep(&mut self, sequence: u64, body: Body) -> usize {
        let cost = cost(&body);
        self.early.insert(sequence, body);
        cost
    }

    /// The next one, if it came early, and its cost in bytes.
    pub fn take_early(&mut self) -> Option<(Body, usize)> {
        let body = self.early.remove(&(self.last + 1))?;
        let cost = cost(&body);
        Some((body, cost))
    }

    fn ack_soon(&mut self, now: Duration) {
        self.ack_at.get_or_insert(now + ACK_WITHIN);
    }

    pub fn ack_now(&mut self) {
        self.ack_now = true;
    }

    /// The time for it has come, or it has not waited for one.
    pub fn must_ack(&self) -> bool {
        self.ack_now
    }

    pub fn deadline(&self) -> Option<Duration> {
        if self.ack_now { None } else { self.ack_at }
    }

    /// Whether an acknowledgement is due now.
    pub fn tick(&mut self, now: Duration) -> bool {
        let is_due = self.ack_at.is_some_and(|at| at <= now);
        self.ack_now |= is_due;
        is_due
    }

    /// What a packet that leaves now tells: all up to this, and whether there is a gap.
    pub fn tell(&mut self) -> (u64, bool) {
        (self.unacked_bytes, self.ack_at, self.ack_now) = (0, None, false);
        (self.last, !self.early.is_empty())
    }

    /// What waits for a missing one, in bytes of cost.
    pub fn early_bytes(&self) -> usize {
        self.early.values().map(cost).sum()
    }
}

fn cost(body: &Body) -> usize {
    PACKET_COST_BYTES + body.payload().map_or(0, |payload| payload.len())
}
