//! The mailbox, by the rules of pvm_putinfo(3PVM).

use std::collections::BTreeMap;

use posse_pvm::Tid;
use posse_pvm::code::{PvmError, Result};
use posse_pvm::machine::flags::{
    MAIL_DELETE, MAIL_FIRST, MAIL_INDEX_SHIFT, MAIL_MULTI, MAIL_OVERWRITABLE, MAIL_PERSISTENT,
};
use posse_pvm::machine::{Arrived, Class, Entry, Outgoing};

#[derive(Default)]
pub struct Mail(BTreeMap<String, BTreeMap<i32, Stored>>);

struct Stored {
    owner: Tid,
    flags: i32,
    message: Outgoing,
}

impl Stored {
    fn is_open_to(&self, who: Tid) -> bool {
        self.owner == who || self.flags & MAIL_OVERWRITABLE != 0
    }
}

impl Mail {
    pub fn put(&mut self, owner: Tid, name: &str, message: Outgoing, flags: i32) -> Result<i32> {
        let class = self.0.entry(name.to_owned()).or_default();
        let direct = flags >> MAIL_INDEX_SHIFT;
        let index = if direct > 0 {
            direct
        } else if flags & MAIL_MULTI != 0 {
            (0..).find(|index| !class.contains_key(index)).expect("few entries")
        } else {
            0
        };
        if class.get(&index).is_some_and(|old| !old.is_open_to(owner)) {
            return Err(PvmError::Denied);
        }
        class.insert(index, Stored { owner, flags, message });
        Ok(index)
    }

    pub fn get(&mut self, who: Tid, name: &str, index: i32, flags: i32) -> Result<(i32, Arrived)> {
        let class = self.0.get(name).ok_or(PvmError::NotFound)?;
        let found = if flags & MAIL_FIRST != 0 {
            class.range(index..).next()
        } else {
            class.get_key_value(&index)
        };
        let (index, stored) = found.ok_or(PvmError::NotFound)?;
        let index = *index;
        let Outgoing { label, body } = stored.message.clone();
        let arrived = Arrived { stamp: u64::MAX, from: stored.owner, label, body };
        if flags & MAIL_DELETE != 0 {
            self.delete(who, name, index)?;
        }
        Ok((index, arrived))
    }

    pub fn delete(&mut self, who: Tid, name: &str, index: i32) -> Result<i32> {
        let class = self.0.get_mut(name).ok_or(PvmError::NotFound)?;
        let stored = class.get(&index).ok_or(PvmError::NotFound)?;
        if !stored.is_open_to(who) {
            return Err(PvmError::Denied);
        }
        class.remove(&index);
        Ok(index)
    }

    pub fn list(&self) -> Vec<Class> {
        let entry = |(index, stored): (&i32, &Stored)| Entry {
            index: *index,
            owner: stored.owner.0,
            flags: stored.flags,
        };
        let filled = self.0.iter().filter(|(_, entries)| !entries.is_empty());
        filled
            .map(|(name, entries)| Class {
                name: name.clone(),
                entries: entries.iter().map(entry).collect(),
            })
            .collect()
    }

    pub fn owner_ended(&mut self, owner: Tid) {
        for class in self.0.values_mut() {
            class.retain(|_, stored| stored.owner != owner || stored.flags & MAIL_PERSISTENT != 0);
            for stored in class.values_mut().filter(|stored| stored.owner == owner) {
                stored.owner = Tid(0);
            }
        }
    }
}
