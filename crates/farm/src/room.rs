//! What a host has, and what is left of it. Holders count with it what they have handed out, and
//! a host what it runs.

use crate::Needs;
use serde::{Deserialize, Serialize};

/// What a host offers to tasks, declared or detected. Units as in [`Needs`].
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Capacity {
    pub cores: u32,
    pub memory: u64,
    pub gpus: u32,
    /// Sorted by name, each once.
    pub named: Vec<(String, u32)>,
}

impl Capacity {
    /// As much more, to the greatest number.
    pub fn add(&mut self, needs: &Needs) {
        self.cores = self.cores.saturating_add(needs.cores);
        self.memory = self.memory.saturating_add(needs.memory);
        self.gpus = self.gpus.saturating_add(needs.gpus);
        for (name, amount) in &needs.named {
            match self.named.binary_search_by(|(known, _)| known.cmp(name)) {
                Ok(at) => self.named[at].1 = self.named[at].1.saturating_add(*amount),
                Err(at) => self.named.insert(at, (name.clone(), *amount)),
            }
        }
    }
}

/// What is free; below zero where more was taken than there is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Room {
    cores: i64,
    memory: i64,
    gpus: i64,
    named: Vec<(String, i64)>,
}

impl Room {
    pub fn of(capacity: &Capacity) -> Room {
        let named = capacity.named.iter().map(|(name, n)| (name.clone(), i64::from(*n)));
        let mut named: Vec<(String, i64)> = named.collect();
        named.sort();
        named.dedup_by(|a, b| a.0 == b.0);
        Room {
            cores: i64::from(capacity.cores),
            memory: signed(capacity.memory),
            gpus: i64::from(capacity.gpus),
            named,
        }
    }

    pub fn fits(&self, needs: &Needs) -> bool {
        // What is not asked for may be short, since strangers take it too.
        let enough = |free: i64, need: i64| need == 0 || free >= need;
        enough(self.cores, i64::from(needs.cores))
            && enough(self.memory, signed(needs.memory))
            && enough(self.gpus, i64::from(needs.gpus))
            && needs.named.iter().all(|(name, need)| {
                *need == 0 || self.place(name).is_some_and(|at| self.named[at].1 >= (*need).into())
            })
    }

    /// How many with these needs fit, at most `most`.
    pub fn times(&self, needs: &Needs, most: u32) -> u32 {
        if !self.fits(needs) {
            return 0;
        }
        let mut times = i64::from(most);
        let mut bound = |free: i64, need: i64| {
            if need > 0 {
                times = times.min(free / need);
            }
        };
        bound(self.cores, needs.cores.into());
        bound(self.memory, signed(needs.memory));
        bound(self.gpus, needs.gpus.into());
        for (name, need) in &needs.named {
            bound(self.place(name).map_or(0, |at| self.named[at].1), (*need).into());
        }
        u32::try_from(times.max(0)).unwrap_or(most)
    }

    pub fn take(&mut self, needs: &Needs) {
        self.add(needs, -1);
    }

    pub fn give(&mut self, needs: &Needs) {
        self.add(needs, 1);
    }

    /// Thousandths of cores that are free; never below zero.
    pub fn cores(&self) -> u32 {
        u32::try_from(self.cores.max(0)).unwrap_or(u32::MAX)
    }

    fn add(&mut self, needs: &Needs, sign: i64) {
        self.cores = self.cores.saturating_add(sign * i64::from(needs.cores));
        self.memory = self.memory.saturating_add(sign * signed(needs.memory));
        self.gpus = self.gpus.saturating_add(sign * i64::from(needs.gpus));
        for (name, amount) in &needs.named {
            if let Some(at) = self.place(name) {
                let free = &mut self.named[at].1;
                *free = free.saturating_add(sign * i64::from(*amount));
            }
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.named.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()
    }
}

/// Beyond 8 EiB nothing is told apart.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted_and_given_back() {
        let named = vec![("licence".to_string(), 2000)];
        let capacity = Capacity { cores: 4000, memory: 100, gpus: 1000, named };
        let mut room = Room::of(&capacity);
        let mut needs = Needs { cores: 1500, memory: 30, ..Needs::default() };
        assert_eq!(room.times(&needs, 99), 2);
        needs.named.push(("licence".into(), 2000));
        assert_eq!(room.times(&needs, 99), 1);
        room.take(&needs);
        assert!(!room.fits(&needs));
        assert_eq!(room.cores(), 2500);
        room.give(&needs);
        assert_eq!(room, Room::of(&capacity));
        needs.named[0].0 = "other".into();
        assert_eq!((room.fits(&needs), room.times(&needs, 9)), (false, 0));
    }

    #[test]
    fn who_needs_nothing_fits_where_nothing_is_left() {
        let mut room = Room::of(&Capacity::default());
        room.take(&Needs::default());
        let nothing = Needs { cores: 0, ..Needs::default() };
        assert!(room.fits(&nothing));
        assert_eq!(room.times(&nothing, 7), 7);
    }
}
