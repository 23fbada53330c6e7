//! Messages of one task: those under way, and those that have arrived, in order.
//!
//! Values only; nothing is sent or waited for. `K` names the engine's receive of a message that
//! is under way. Called by `messages.rs`, and by who makes messages here (`notify.rs`,
//! `output.rs`).

use std::collections::{HashSet, VecDeque};

use bytes::Bytes;

use crate::Tid;
use crate::machine::{Arrival, Arrived, Label, Want};

#[derive(Debug)]
pub struct Inbox<K> {
    /// In the order in which their envelopes came.
    coming: VecDeque<Coming<K>>,
    arrived: VecDeque<Arrived>,
    handlers: Vec<(u32, Want)>,
    stamps: u64,
}

#[derive(Debug)]
struct Coming<K> {
    from: Tid,
    key: K,
    whole: Option<(Label, Bytes)>,
}

/// How far a message under way has come.
#[derive(Debug)]
pub enum Progress {
    Coming,
    Whole(Label, Bytes),
    /// The rest of it will not come.
    Lost,
}

impl<K: Copy> Inbox<K> {
    pub fn new() -> Inbox<K> {
        let (coming, arrived) = (VecDeque::new(), VecDeque::new());
        Inbox { coming, arrived, handlers: Vec::new(), stamps: 0 }
    }

    pub fn handle(&mut self, handlers: &[(u32, Want)]) {
        self.handlers = handlers.to_vec();
    }

    /// A whole message, behind all that have arrived.
    pub fn push(&mut self, from: Tid, label: Label, body: Bytes) {
        self.stamps += 1;
        self.arrived.push_back(Arrived { stamp: self.stamps, from, label, body });
    }

    /// A message of which the envelope has come.
    pub fn announce(&mut self, from: Tid, key: K) {
        self.coming.push_back(Coming { from, key, whole: None });
    }

    /// Is anything of this sender under way?
    pub fn awaits(&self, from: Tid) -> bool {
        self.coming.iter().any(|coming| coming.from == from)
    }

    /// Look at what is under way. A message has arrived when all of it has, and those that its
    /// sender sent before have: a small one does not overtake a large one.
    pub fn settle(&mut self, mut progress: impl FnMut(K) -> Progress) {
        let mut held_back: HashSet<Tid> = HashSet::new();
        for mut coming in std::mem::take(&mut self.coming) {
            if coming.whole.is_none() {
                match progress(coming.key) {
                    Progress::Coming => {}
                    Progress::Whole(label, body) => coming.whole = Some((label, body)),
                    Progress::Lost => continue,
                }
            }
            match coming.whole.take() {
                Some((label, body)) if !held_back.contains(&coming.from) => {
                    self.push(coming.from, label, body);
                }
                whole => {
                    held_back.insert(coming.from);
                    self.coming.push_back(Coming { whole, ..coming });
                }
            }
        }
    }

    /// The oldest message that is for a handler, taken out, or that is wanted, taken out or as a
    /// copy: a handler does not run before what came before its message was received.
    pub fn next(&mut self, want: Option<&Want>, take: bool) -> Option<Arrival> {
        let handler = |arrived: &Arrived| {
            let handler = self.handlers.iter().find(|(_, want)| takes(want, arrived))?;
            Some(handler.0)
        };
        let is_wanted = |arrived: &Arrived| want.is_some_and(|want| takes(want, arrived));
        let (at, handler) = self.arrived.iter().enumerate().find_map(|(at, arrived)| {
            let handler = handler(arrived);
            (handler.is_some() || is_wanted(arrived)).then_some((at, handler))
        })?;
        match handler {
            Some(handler) => self.arrived.remove(at).map(|a| Arrival::Handled(handler, a)),
            None if take => self.arrived.remove(at).map(Arrival::Wanted),
            None => self.arrived.get(at).cloned().map(Arrival::Wanted),
        }
    }

    /// How many have arrived so far.
    pub fn stamps(&self) -> u64 {
        self.stamps
    }

    /// The oldest with this tag, taken out.
    pub fn take_tagged(&mut self, tag: i32) -> Option<Arrived> {
        let at = self.arrived.iter().position(|arrived| arrived.label.tag == tag)?;
        self.arrived.remove(at)
    }
}

fn takes(want: &Want, arrived: &Arrived) -> bool {
    want.takes(arrived.from, arrived.label.context, arrived.label.tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Tid = Tid(0x40001);
    const B: Tid = Tid(0x80001);

    fn label(tag: i32) -> Label {
        Label { context: 0, tag, wait_id: 0, encoding: 0 }
    }

    fn whole(tag: i32) -> Progress {
        Progress::Whole(label(tag), Bytes::new())
    }

    fn tag(arrival: Option<Arrival>) -> Option<i32> {
        match arrival? {
            Arrival::Wanted(arrived) => Some(arrived.label.tag),
            Arrival::Handled(id, arrived) => Some(-(id as i32) * 100 - arrived.label.tag),
        }
    }

    fn of(from: Tid) -> Want {
        Want { from: Some(from), ..Want::ANY }
    }

    #[test]
    fn the_oldest_that_is_wanted_comes_first() {
        let mut inbox: Inbox<u32> = Inbox::new();
        inbox.push(A, label(1), Bytes::new());
        inbox.push(B, label(2), Bytes::new());
        inbox.push(A, label(3), Bytes::new());
        assert_eq!(tag(inbox.next(Some(&of(B)), false)), Some(2));
        assert_eq!(tag(inbox.next(Some(&of(B)), true)), Some(2));
        assert_eq!(tag(inbox.next(Some(&of(B)), true)), None);
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), Some(1));
        assert_eq!(tag(inbox.next(None, true)), None);
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), Some(3));
    }

    #[test]
    fn what_is_under_way_holds_back_its_own_sender_alone() {
        let mut inbox = Inbox::new();
        inbox.announce(A, 1);
        inbox.announce(A, 2);
        inbox.announce(B, 3);
        inbox.settle(|key| if key == 1 { Progress::Coming } else { whole(key) });
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), Some(3));
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), None);
        assert!(inbox.awaits(A) && !inbox.awaits(B));
        inbox.settle(whole);
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), Some(1));
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), Some(2));
    }

    #[test]
    fn what_is_lost_holds_back_nothing() {
        let mut inbox = Inbox::new();
        inbox.announce(A, 1);
        inbox.announce(A, 2);
        inbox.settle(|key| if key == 1 { Progress::Lost } else { whole(key) });
        assert_eq!(tag(inbox.next(Some(&of(A)), true)), Some(2));
        assert!(!inbox.awaits(A));
    }

    #[test]
    fn handlers_have_theirs_in_the_order_of_arrival() {
        let mut inbox: Inbox<u32> = Inbox::new();
        inbox.handle(&[(1, Want { tag: Some(7), ..Want::ANY })]);
        inbox.push(A, label(1), Bytes::new());
        inbox.push(A, label(7), Bytes::new());
        inbox.push(A, label(7), Bytes::new());
        assert_eq!(tag(inbox.next(Some(&Want::ANY), false)), Some(1));
        assert_eq!(tag(inbox.next(Some(&of(B)), true)), Some(-107));
        assert_eq!(tag(inbox.next(Some(&Want::ANY), true)), Some(1));
        assert_eq!(tag(inbox.next(None, true)), Some(-107));
        assert_eq!(tag(inbox.next(None, true)), None);
    }
}
