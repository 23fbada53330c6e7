//! Which GPUs a task gets: whole ones are its own, parts share one.

use serde::{Deserialize, Serialize};

/// A part of a device, in thousandths of it.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    pub device: u16,
    pub thousandths: u32,
}

const WHOLE: u32 = 1000;

#[derive(Debug, Clone, Default)]
pub struct Devices {
    /// Thousandths that are free of each.
    free: Vec<u32>,
}

impl Devices {
    pub fn of(count: u16) -> Devices {
        Devices { free: vec![WHOLE; usize::from(count)] }
    }

    /// As many from now on, the first ones. What runs keeps what it has.
    pub fn resize(&mut self, count: u16) {
        self.free.resize(usize::from(count), WHOLE);
    }

    /// None, and nothing is taken: they are not free in that form.
    pub fn take(&mut self, thousandths: u32) -> Option<Vec<Share>> {
        let (whole, part) = ((thousandths / WHOLE) as usize, thousandths % WHOLE);
        let idle = (0..self.free.len()).filter(|at| self.free[*at] == WHOLE);
        let mut chosen: Vec<(usize, u32)> = idle.take(whole).map(|at| (at, WHOLE)).collect();
        if chosen.len() < whole {
            return None;
        }
        if part > 0 {
            let others = (0..self.free.len()).filter(|at| chosen.iter().all(|(one, _)| one != at));
            let enough = others.filter(|at| self.free[*at] >= part);
            // The one with the least left, so that others stay whole.
            chosen.push((enough.min_by_key(|at| self.free[*at])?, part));
        }
        for (at, amount) in &chosen {
            self.free[*at] -= amount;
        }
        let share = |(at, thousandths)| Share { device: at as u16, thousandths };
        Some(chosen.into_iter().map(share).collect())
    }

    pub fn give(&mut self, shares: &[Share]) {
        for share in shares {
            if let Some(free) = self.free.get_mut(usize::from(share.device)) {
                *free = (*free + share.thousandths).min(WHOLE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_distinct_and_parts_share_one() {
        let mut gpus = Devices::of(3);
        let numbers = |shares: Option<Vec<Share>>| {
            shares.map(|list| list.iter().map(|share| share.device).collect::<Vec<_>>())
        };
        let half = gpus.take(500);
        assert_eq!(numbers(half.clone()), Some(vec![0]));
        assert_eq!(numbers(gpus.take(500)), Some(vec![0]));
        assert_eq!(numbers(gpus.take(1500)), Some(vec![1, 2]));
        assert_eq!(numbers(gpus.take(1000)), None);
        gpus.give(&half.unwrap());
        assert_eq!(numbers(gpus.take(500)), Some(vec![0]));
        assert_eq!(numbers(gpus.take(500)), Some(vec![2]));
        assert_eq!(gpus.take(1), None);
        assert_eq!(gpus.take(0), Some(vec![]));
    }
}
