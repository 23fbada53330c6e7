//! The vm's tree of links: who hangs below whom, and the hosts that lie between two. Pure. Called
//! by `survey`.

use posse::{HostEntry, HostId};
use std::collections::BTreeMap;

/// The parents of all hosts.
pub struct Tree {
    parents: BTreeMap<HostId, HostId>,
}

impl Tree {
    pub fn new(hosts: &[HostEntry]) -> Tree {
        let below = hosts.iter().filter(|host| host.number != HostId::OWNER);
        Tree { parents: below.map(|host| (host.number, host.parent)).collect() }
    }

    /// From a host up to the owner, both included. A table that makes no sense ends it early.
    fn up(&self, from: HostId) -> Vec<HostId> {
        let mut path = vec![from];
        let mut at = from;
        while let Some(parent) = self.parents.get(&at).filter(|parent| !path.contains(parent)) {
            at = *parent;
            path.push(at);
        }
        path
    }

    /// From one to the other, both included; the second is where the path turns down.
    pub fn path(&self, a: HostId, b: HostId) -> Option<(Vec<HostId>, HostId)> {
        let (mut up, down) = (self.up(a), self.up(b));
        let turn = *up.iter().find(|host| down.contains(host))?;
        up.truncate(up.iter().position(|host| *host == turn)? + 1);
        let rest = down.iter().position(|host| *host == turn)?;
        up.extend(down.iter().take(rest).rev());
        Some((up, turn))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tree(parents: &[(u32, u32)]) -> Tree {
        let pair = |(host, parent): &(u32, u32)| (HostId(*host), HostId(*parent));
        Tree { parents: parents.iter().map(pair).collect() }
    }

    fn path(tree: &Tree, a: u32, b: u32) -> (Vec<u32>, u32) {
        let (path, turn) = tree.path(HostId(a), HostId(b)).unwrap();
        (path.into_iter().map(|host| host.0).collect(), turn.0)
    }

    #[test]
    fn the_path_turns_at_the_first_host_above_both() {
        // 1 and 2 below the owner, 3 and 4 below 1, 5 below 4.
        let tree = tree(&[(1, 0), (2, 0), (3, 1), (4, 1), (5, 4)]);
        assert_eq!(path(&tree, 3, 5), (vec![3, 1, 4, 5], 1));
        assert_eq!(path(&tree, 5, 2), (vec![5, 4, 1, 0, 2], 0));
        assert_eq!(path(&tree, 0, 5), (vec![0, 1, 4, 5], 0));
        assert_eq!(path(&tree, 4, 5), (vec![4, 5], 4));
        assert_eq!(path(&tree, 5, 4), (vec![5, 4], 4));
    }

    #[test]
    fn a_circle_is_no_tree() {
        let tree = tree(&[(1, 2), (2, 1), (3, 0)]);
        assert!(tree.path(HostId(1), HostId(3)).is_none());
        assert_eq!(path(&tree, 1, 2), (vec![1, 2], 1));
    }
}
