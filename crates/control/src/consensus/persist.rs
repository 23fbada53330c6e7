//! What is on its way to the disk, and the messages that must not leave before it is there.
//!
//! `raft` lets a leader send before its own write, which is right as long as its term is durable.
//! A voter alone leads before it has written that term; were its messages sent then, a crash would
//! let it lead the same term again with another log. So a new term holds all messages back.
//! Called by `node`.

use raft::eraftpb::Message;
use std::collections::VecDeque;

#[derive(Debug)]
struct Waiting {
    number: u64,
    needs_disk: bool,
    is_new_term: bool,
    held: Vec<Message>,
}

#[derive(Debug, Default)]
pub(super) struct Persists {
    waiting: VecDeque<Waiting>,
}

/// One `Ready` of `raft`, as far as it concerns the disk.
pub(super) struct Batch {
    pub number: u64,
    pub needs_disk: bool,
    pub is_new_term: bool,
    pub at_once: Vec<Message>,
    pub after: Vec<Message>,
}

/// What is over: the number to tell `raft`, if any, and the messages to send.
#[derive(Debug, Default)]
pub(super) struct Freed {
    pub number: Option<u64>,
    pub messages: Vec<Message>,
}

impl Persists {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn add(&mut self, batch: Batch) -> Freed {
        let Batch { number, needs_disk, is_new_term, at_once, after } = batch;
        let holds_all = is_new_term || self.waiting.iter().any(|waiting| waiting.is_new_term);
        let (mut freed, mut held) = (Freed::default(), vec![]);
        if holds_all {
            held.extend(at_once)
        } else {
            freed.messages.extend(at_once)
        }
        held.extend(after);
        self.waiting.push_back(Waiting { number, needs_disk, is_new_term, held });
        let over = self.done(0);
        freed.number = over.number;
        freed.messages.extend(over.messages);
        freed
    }

    /// All up to this number is durable.
    pub fn done(&mut self, number: u64) -> Freed {
        let mut freed = Freed::default();
        while let Some(front) = self.waiting.front()
            && (front.number <= number || !front.needs_disk)
            && let Some(front) = self.waiting.pop_front()
        {
            freed.number = Some(front.number);
            freed.messages.extend(front.held);
        }
        freed
    }
}
