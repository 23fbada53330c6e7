//! Nobody alive loses a name: it goes by its owner's word or with its owner's end.

use super::super::world::World;
use super::Ledger;
use posse_control::state::{Change, Owner};

impl Ledger {
    /// What this host has applied is told from the beginning again.
    pub fn forget_holders(&mut self, host: usize) {
        self.holders.retain(|(of, _), _| *of != host);
    }
}

impl World {
    pub fn changed(&mut self, host: usize, changes: &[Change]) {
        for change in changes {
            let Change::Name { name, .. } = change else { continue };
            let Some(node) = self.hosts[host].node.as_ref() else { return };
            let now = node.state().names.get(name).map(|found| found.owner);
            let key = (host, name.clone());
            let before = match now {
                Some(owner) => self.ledger.holders.insert(key, owner),
                None => self.ledger.holders.remove(&key),
            };
            if let Some(before) = before.filter(|before| Some(*before) != now) {
                self.went_rightly(name, before);
            }
        }
    }

    fn went_rightly(&mut self, name: &str, owner: Owner) {
        let said = self.ledger.unregistered.contains(&(name.to_owned(), owner));
        if !said && !self.admin.is_over(&owner) {
            self.wrong("holders", format!("{owner:?} lives and has lost {name}"));
        }
    }
}
