//! Where each process stands in a broadcast, with the sums that the fanout asks for at every step
//! kept ready. Not for decisions (`fanout`).

use std::collections::{BTreeMap, VecDeque};

/// Where one process stands. What it has accepted, or surely will, ends at the head of the
/// multicast for the in-step, at `cursor` for the lagging.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    InStep,
    Lagging { cursor: u64 },
    Gone,
}

#[derive(Debug, Copy, Clone)]
struct Member {
    acked: u64,
    standing: Standing,
    /// It is in `ready`.
    queued: bool,
    /// Only for the lagging: the end of the stream was sent to it alone.
    end_sent: bool,
}

#[derive(Debug)]
pub(super) struct Members {
    all: Vec<Member>,
    live: u32,
    /// Acknowledged offsets of all who are left, and how many share each.
    acked: BTreeMap<u64, u32>,
    /// Those of the in-step.
    in_step: BTreeMap<u64, u32>,
    /// Cursors of the lagging, and how many share each.
    lagging: BTreeMap<u64, u32>,
    /// The lagging that may have something to be sent.
    ready: VecDeque<u32>,
}

fn add(counts: &mut BTreeMap<u64, u32>, key: u64) {
    *counts.entry(key).or_default() += 1;
}

fn take(counts: &mut BTreeMap<u64, u32>, key: u64) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

impl Members {
    pub(super) fn new(size: u32) -> Members {
        let new = Member { acked: 0, standing: Standing::InStep, queued: false, end_sent: false };
        let mut in_step = BTreeMap::new();
        if size > 0 {
            in_step.insert(0, size);
        }
        let (acked, lagging, ready) = (in_step.clone(), BTreeMap::new(), VecDeque::new());
        Members { all: vec![new; size as usize], live: size, acked, in_step, lagging, ready }
    }

    pub(super) fn live(&self) -> u32 {
        self.live
    }

    pub(super) fn lagging_count(&self) -> usize {
        self.lagging.len()
    }

    /// What everybody who is left has acknowledged.
    pub(super) fn slowest(&self) -> Option<u64> {
        self.acked.first_key_value().map(|(acked, _)| *acked)
    }

    /// Of the in-step: the acknowledged offset of the slowest and of the fastest.
    pub(super) fn slowest_in_step(&self) -> Option<u64> {
        self.in_step.first_key_value().map(|(acked, _)| *acked)
    }

    pub(super) fn fastest_in_step(&self) -> Option<u64> {
        self.in_step.last_key_value().map(|(acked, _)| *acked)
    }

    pub(super) fn slowest_cursor(&self) -> Option<u64> {
        self.lagging.first_key_value().map(|(cursor, _)| *cursor)
    }

    pub(super) fn standing(&self, rank: u32) -> Option<Standing> {
        self.all.get(rank as usize).map(|member| member.standing)
    }

    pub(super) fn acked(&self, rank: u32) -> u64 {
        self.all.get(rank as usize).map_or(0, |member| member.acked)
    }

    pub(super) fn end_sent(&self, rank: u32) -> bool {
        self.all.get(rank as usize).is_some_and(|member| member.end_sent)
    }

    pub(super) fn set_end_sent(&mut self, rank: u32) {
        if let Some(member) = self.all.get_mut(rank as usize) {
            member.end_sent = true;
        }
    }

    pub(super) fn set_acked(&mut self, rank: u32, acked: u64) {
        let Some(member) = self.all.get_mut(rank as usize) else { return };
        let sums = match member.standing {
            Standing::InStep => [Some(&mut self.in_step), Some(&mut self.acked)],
            Standing::Lagging { .. } => [None, Some(&mut self.acked)],
            Standing::Gone => [None, None],
        };
        for sum in sums.into_iter().flatten() {
            take(sum, member.acked);
            add(sum, acked);
        }
        member.acked = acked;
    }

    pub(super) fn place(&mut self, rank: u32, standing: Standing) {
        let Some(member) = self.all.get_mut(rank as usize) else { return };
        match member.standing {
            Standing::InStep => take(&mut self.in_step, member.acked),
            Standing::Lagging { cursor } => take(&mut self.lagging, cursor),
            Standing::Gone => return,
        }
        member.standing = standing;
        match standing {
            Standing::InStep => add(&mut self.in_step, member.acked),
            Standing::Lagging { cursor } => add(&mut self.lagging, cursor),
            Standing::Gone => {
                take(&mut self.acked, member.acked);
                self.live -= 1;
            }
        }
    }

    /// What was sent to it from `offset` on, the end too, did not arrive.
    pub(super) fn start_again(&mut self, rank: u32, offset: u64) {
        self.place(rank, Standing::Lagging { cursor: offset });
        if let Some(member) = self.all.get_mut(rank as usize) {
            member.end_sent = false;
        }
    }

    /// A lagging one may have room again.
    pub(super) fn make_ready(&mut self, rank: u32) {
        let Some(member) = self.all.get_mut(rank as usize) else { return };
        if !member.queued {
            member.queued = true;
            self.ready.push_back(rank);
        }
    }

    pub(super) fn next_ready(&mut self) -> Option<u32> {
        let rank = self.ready.pop_front()?;
        if let Some(member) = self.all.get_mut(rank as usize) {
            member.queued = false;
        }
        Some(rank)
    }

    /// Ranks that stand so; looks at all of them.
    pub(super) fn which(&self, test: impl Fn(Standing, u64) -> bool) -> Vec<u32> {
        let numbered = (0..).zip(&self.all);
        let found = numbered.filter(|(_, member)| test(member.standing, member.acked));
        found.map(|(rank, _)| rank).collect()
    }
}
