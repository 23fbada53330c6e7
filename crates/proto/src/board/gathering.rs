//! Members of a group that wait for each other, for a barrier or a freeze. Used by `groups.rs`.

use super::Asker;
use posse_wire::ProcessId;
use posse_wire::msg::Heard;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    /// None while its connection is lost: it counts all the same, and asks again.
    pub asker: Option<Asker>,
    /// It wants to hear of a member's death.
    pub strict: bool,
    /// What it was told, now or by an earlier daemon.
    pub heard: Heard,
    /// It waited already when this daemon heard of it.
    pub told: bool,
}

/// Not empty: it begins with the first who waits.
#[derive(Debug)]
pub(super) struct Gathering {
    /// How many are waited for.
    pub count: u32,
    waiting: BTreeMap<ProcessId, Waiter>,
}

impl Gathering {
    pub fn new(count: u32) -> Gathering {
        Gathering { count, waiting: BTreeMap::new() }
    }

    /// Returns how it waited before, where it did.
    pub fn arrive(&mut self, by: ProcessId, waiter: Waiter) -> Option<Waiter> {
        self.waiting.insert(by, waiter)
    }

    pub fn is_complete(&self) -> bool {
        self.waiting.len() >= self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn withdraw(&mut self, by: ProcessId) -> Option<Waiter> {
        self.waiting.remove(&by)
    }

    /// Takes out those for whom this holds.
    pub fn take(
        &mut self,
        mut which: impl FnMut(ProcessId, &Waiter) -> bool,
    ) -> Vec<(ProcessId, Waiter)> {
        self.waiting.extract_if(.., |by, waiter| which(*by, waiter)).collect()
    }

    pub fn into_all(self) -> BTreeMap<ProcessId, Waiter> {
        self.waiting
    }

    /// Its connection is lost.
    pub fn disconnect(&mut self, by: ProcessId, link: crate::LinkId) {
        if let Some(waiter) = self.waiting.get_mut(&by)
            && waiter.asker.is_some_and(|asker| asker.link == link)
        {
            waiter.asker = None;
        }
    }
}
