//! Groups: instance numbers, and a barrier each.

use posse_pvm::Tid;
use posse_pvm::code::{PvmError, Result};

#[derive(Default)]
pub struct Group {
    pub members: Vec<Option<Tid>>,
    /// Barriers that are over.
    pub round: u64,
    /// How many the waiting ones wait for, and how many they are.
    waiting: Option<(usize, usize)>,
}

impl Group {
    pub fn join(&mut self, tid: Tid) -> Result<i32> {
        if self.members.contains(&Some(tid)) {
            return Err(PvmError::DupGroup);
        }
        let free = self.members.iter().position(Option::is_none);
        let at = free.unwrap_or(self.members.len());
        if free.is_none() {
            self.members.push(None);
        }
        self.members[at] = Some(tid);
        Ok(at as i32)
    }

    pub fn leave(&mut self, tid: Tid) {
        for member in self.members.iter_mut().filter(|member| **member == Some(tid)) {
            *member = None;
        }
        while self.members.last() == Some(&None) {
            self.members.pop();
        }
    }

    /// The barrier that this one waits for the end of.
    pub fn arrive(&mut self, count: Option<u32>) -> Result<u64> {
        let count = count.map_or(self.members.iter().flatten().count(), |count| count as usize);
        let (wanted, here) = self.waiting.unwrap_or((count, 0));
        if wanted != count {
            return Err(PvmError::Mismatch);
        }
        let round = self.round;
        self.waiting = Some((wanted, here + 1));
        if here + 1 == wanted {
            self.waiting = None;
            self.round += 1;
        }
        Ok(round)
    }
}
