//! What one process has sent another and not seen acknowledged. What is lost is sent again: the
//! first one by a timer or when the receiver tells of a gap, and each next one as soon as an
//! acknowledgement shows that it was lost too (RFC 6582); all of it when the path has changed.
//! Called by `engine::peer`.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits::{
    PACKET_COST_BYTES, QUEUE_KEPT, REPLY_PACKETS_MAX, RESEND_AFTER, RESEND_AFTER_MAX,
    WIDE_WINDOW_BYTES_MAX, WINDOW_BYTES_MAX, WINDOW_PACKETS_MAX,
};
use crate::packet::Body;
use crate::slab::Key;

#[derive(Debug)]
struct Sent {
    body: Body,
    /// The send that is delivered when this is acknowledged.
    completes: Option<Key>,
}

#[derive(Debug)]
pub struct Outbound {
    /// Of what is sent next; the first one of `unacked` has `next - unacked.len()`.
    next: u64,
    unacked: VecDeque<Sent>,
    bytes: usize,
    /// What `bytes` may be on this path.
    window: usize,
    /// To be sent again: from the first, below the second.
    again: (u64, u64),
    /// Something up to this was lost; nothing is known of what was sent later.
    recover: u64,
    wait: Duration,
    deadline: Option<Duration>,
}

impl Default for Outbound {
    fn default() -> Self {
        Outbound {
            next: 1,
            unacked: VecDeque::new(),
            bytes: 0,
            window: WINDOW_BYTES_MAX,
            again: (0, 0),
            recover: 0,
            wait: RESEND_AFTER,
            deadline: None,
        }
    }
}

impl Outbound {
    /// Whether the window has room for a message or a part of one.
    pub fn has_room(&self, payload: usize) -> bool {
        let fits = self.bytes + payload + PACKET_COST_BYTES <= self.window;
        fits && (self.unacked.len() as u64) < WINDOW_PACKETS_MAX
    }

    /// Replies have room of their own, so that two full windows do not wait for each other.
    pub fn has_reply_room(&self) -> bool {
        (self.unacked.len() as u64) < REPLY_PACKETS_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.unacked.is_empty()
    }

    /// Numbers and keeps what is sent now.
    pub fn send(&mut self, now: Duration, body: Body, completes: Option<Key>) -> u64 {
        if self.unacked.is_empty() {
            (self.wait, self.deadline) = (RESEND_AFTER, None);
        }
        self.bytes += cost(&body);
        self.unacked.push_back(Sent { body, completes });
        self.arm(now);
        self.next += 1;
        self.next - 1
    }

    /// What is to be sent again now.
    pub fn again(&mut self) -> Option<(u64, Body)> {
        let first = self.first();
        let at = self.again.0.max(first);
        if at >= self.again.1 {
            return None;
        }
        self.again.0 = at + 1;
        self.unacked.get((at - first) as usize).map(|sent| (at, sent.body.clone()))
    }

    /// The peer has all up to `ack`. False if that was never sent.
    #[must_use]
    pub fn acknowledge(&mut self, now: Duration, ack: u64, has_gap: bool) -> bool {
        let first = self.first();
        if ack >= self.next {
            return false;
        }
        let is_progress = ack >= first;
        let left = self.next - 1 - ack.max(first - 1);
        if is_progress {
            self.wait = RESEND_AFTER;
            self.deadline = (left > 0).then(|| now + self.wait);
        }
        // Lost for sure: the next one after a progress within what was lost, or a first gap.
        let first = first.max(ack + 1);
        let is_recovering = self.recover >= first;
        if left > 0 && ((is_progress && is_recovering) || (has_gap && !is_recovering)) {
            self.recover = self.recover.max(self.next - 1);
            self.first_again(first);
        }
        true
    }

    /// One after the other, what was acknowledged up to `ack`, and the send it completes.
    pub fn settle(&mut self, ack: u64) -> Option<(Body, Option<Key>)> {
        if self.first() > ack {
            return None;
        }
        let sent = self.unacked.pop_front()?;
        self.bytes -= cost(&sent.body);
        if self.unacked.is_empty() {
            self.unacked.shrink_to(QUEUE_KEPT);
        }
        Some((sent.body, sent.completes))
    }

    /// The path of now loses nothing.
    pub fn widen(&mut self) {
        self.window = WIDE_WINDOW_BYTES_MAX;
    }

    /// What was under way may be lost: all of it is sent again.
    pub fn path_changed(&mut self, now: Duration) {
        self.window = WINDOW_BYTES_MAX;
        if self.unacked.is_empty() {
            return;
        }
        self.again = (self.first(), self.next);
        // None of that is known to be lost on the new path.
        self.recover = 0;
        self.wait = RESEND_AFTER;
        self.deadline = Some(now + self.wait);
    }

    /// Starts the timer if it does not run; also for who waits for credit with nothing under way.
    pub fn arm(&mut self, now: Duration) {
        self.deadline.get_or_insert(now + self.wait);
    }

    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// True if the timer has run out. The oldest is sent again, if there is one.
    pub fn tick(&mut self, now: Duration) -> bool {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return false;
        }
        self.wait = (self.wait * 2).min(RESEND_AFTER_MAX);
        self.deadline = None;
        if !self.unacked.is_empty() {
            self.first_again(self.first());
            self.recover = self.next - 1;
            self.arm(now);
        }
        true
    }

    /// Everything under way, when the peer is down.
    pub fn drain(&mut self) -> impl Iterator<Item = (Body, Option<Key>)> {
        self.unacked.drain(..).map(|sent| (sent.body, sent.completes))
    }

    /// The oldest goes again, unless more than that is about to.
    fn first_again(&mut self, first: u64) {
        if self.again.0.max(first) >= self.again.1 {
            self.again = (first, first + 1);
        }
    }

    fn first(&self) -> u64 {
        self.next - self.unacked.len() as u64
    }
}

fn cost(body: &Body) -> usize {
    PACKET_COST_BYTES + body.payload().map_or(0, |payload| payload.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn sent(count: u64) -> Outbound {
        let mut out = Outbound::default();
        for number in 1..=count {
            assert_eq!(out.send(Duration::ZERO, Body::Ready { number }, None), number);
        }
        out
    }

    fn acknowledge(out: &mut Outbound, now: Duration, ack: u64, has_gap: bool) {
        assert!(out.acknowledge(now, ack, has_gap));
        while out.settle(ack).is_some() {}
    }

    fn again(out: &mut Outbound) -> Vec<u64> {
        std::iter::from_fn(|| out.again()).map(|(sequence, _)| sequence).collect()
    }

    #[test]
    fn a_gap_is_filled_at_once_and_the_next_one_too() {
        let mut out = sent(9);
        acknowledge(&mut out, MS, 2, true);
        assert_eq!(again(&mut out), [3]);
        acknowledge(&mut out, MS, 2, true);
        assert_eq!(again(&mut out), []);
        acknowledge(&mut out, MS, 5, true);
        assert_eq!(again(&mut out), [6]);
        acknowledge(&mut out, MS, 9, false);
        assert_eq!((again(&mut out), out.deadline()), (vec![], None));
        assert!(!out.acknowledge(MS, 10, false));
    }

    #[test]
    fn the_timer_doubles_until_there_is_progress() {
        let mut out = sent(2);
        let mut at = Duration::ZERO;
        for wait in [200, 400, 800, 1600, 2000, 2000] {
            assert_eq!(out.deadline(), Some(at + wait * MS));
            assert!(!out.tick(at) && again(&mut out).is_empty());
            at += wait * MS;
            assert!(out.tick(at));
            assert_eq!(again(&mut out), [1]);
        }
        acknowledge(&mut out, at, 1, false);
        assert_eq!((again(&mut out), out.deadline()), (vec![2], Some(at + 200 * MS)));
    }

    #[test]
    fn all_goes_again_on_another_path() {
        let mut out = sent(4);
        acknowledge(&mut out, MS, 1, false);
        out.path_changed(MS);
        assert_eq!(out.again().map(|(sequence, _)| sequence), Some(2));
        acknowledge(&mut out, MS, 3, false);
        assert_eq!(again(&mut out), [4]);
    }

    #[test]
    fn replies_have_room_when_messages_have_none() {
        let mut out = Outbound::default();
        while out.has_room(0) {
            out.send(MS, Body::Ready { number: 1 }, None);
        }
        assert!(out.has_reply_room());
    }
}
