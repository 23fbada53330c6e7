//! Which link leads to which host: hosts below are known one by one, all others lie upwards.

use crate::LinkId;
use posse_wire::HostId;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Routes {
    below: BTreeMap<HostId, LinkId>,
}

impl Routes {
    pub fn add(&mut self, host: HostId, link: LinkId) {
        self.below.insert(host, link);
    }

    /// Forgets the way to a host, where it still leads through `link`.
    pub fn remove(&mut self, host: HostId, link: LinkId) -> bool {
        let here = self.below.get(&host) == Some(&link);
        if here {
            self.below.remove(&host);
        }
        here
    }

    pub fn all(&self) -> impl Iterator<Item = (HostId, LinkId)> {
        self.below.iter().map(|(host, link)| (*host, *link))
    }

    pub fn below(&self, host: HostId) -> Option<LinkId> {
        self.below.get(&host).copied()
    }
}
