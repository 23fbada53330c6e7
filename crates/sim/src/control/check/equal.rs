//! Voters that have applied the same log have the same state; so no committed entry is lost or
//! becomes another.

use super::super::world::World;

impl World {
    pub fn look_at(&mut self, host: usize) {
        let Some(node) = self.hosts[host].node.as_ref() else { return };
        let (epoch, index) = (node.state().epoch, node.state().index);
        if self.ledger.seen.insert(host, index) == Some(index) {
            return;
        }
        let digest = node.state().digest();
        let (first, by) = *self.ledger.digests.entry((epoch, index)).or_insert((digest, host));
        if first != digest {
            let what = format!("hosts {by} and {host} differ at entry {index} of epoch {epoch}");
            self.wrong("equal", what);
        }
    }
}
