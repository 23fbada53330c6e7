//! The owner is cut off with some hosts, by a network that falls into two parts: it leads on there,
//! and knows of nothing. On the other side, where the majority is, another host comes to lead. When
//! the network is whole again the voters give the lead back to the owner's daemon, which is how it
//! hears of all that.

use super::part::Part;
use super::{Event, World};
use crate::plan::SECOND;
use std::collections::BTreeSet;

/// After the network is whole, so long until all is found again that was given up on either side.
const HEALS_WITHIN: u64 = 30 * SECOND;

#[derive(Debug, Default)]
pub struct Split {
    until: u64,
    /// Their side is not the majority's.
    with_owner: BTreeSet<usize>,
}

impl World {
    pub fn split(&mut self, us: u64, mask: u64) {
        let until = self.now + us;
        let bit = |host: usize| host <= 64 && mask & 1 << (host - 1) != 0;
        let here = |host: &usize| *host == 0 || bit(*host);
        let (with_owner, others): (BTreeSet<usize>, BTreeSet<usize>) =
            (0..self.hosts.len()).partition(here);
        for (one, other) in with_owner.iter().flat_map(|one| others.iter().map(move |o| (*one, *o)))
        {
            self.parts.push(Part::new(one, other, until));
            self.parts.push(Part::new(other, one, until));
        }
        self.excuse_cut_off(us);
        self.split = Split { until, with_owner };
        self.must_elect();
        self.after(us, Event::Elect);
    }

    /// Whether this host is on the side of the minority now.
    pub fn is_cut_off(&self, host: usize) -> bool {
        self.now < self.split.until && self.split.with_owner.contains(&host)
    }

    pub fn has_been_split(&self) -> bool {
        self.split.until > 0
    }

    /// Whether two lead, or what came of it is not yet mended.
    pub fn is_split(&self) -> bool {
        self.has_been_split() && self.now < self.split.until + HEALS_WITHIN
    }
}
