//! How much may be sent that nobody asked for: payload with its envelope, and envelopes. Both
//! ends count all bytes of the pair's life, so a packet that is lost or comes twice changes
//! nothing. Called by `engine`, with two of each for a pair.

/// The sender's side.
#[derive(Debug)]
pub struct Credit {
    used: u64,
    limit: u64,
}

impl Credit {
    pub fn new(least: u64) -> Credit {
        Credit { used: 0, limit: least }
    }

    pub fn has(&self, cost: u64) -> bool {
        self.limit.saturating_sub(self.used) >= cost
    }

    pub fn spend(&mut self, cost: u64) {
        self.used += cost;
    }

    /// The receiver has said this; it never takes back what it said.
    pub fn raise(&mut self, limit: u64) {
        self.limit = self.limit.max(limit);
    }
}

/// What all allowances of a process may have beyond their least.
#[derive(Debug)]
pub struct Pool(pub u64);

/// The receiver's side: how much of one peer may wait. Begins small, doubles while a peer uses
/// more than half of it and the pool has some left, and is given back when the peer is down.
#[derive(Debug)]
pub struct Allowance {
    arrived: u64,
    freed: u64,
    size: u64,
    told: u64,
    least: u64,
    most: u64,
}

impl Allowance {
    pub fn new(least: u64, most: u64) -> Allowance {
        Allowance { arrived: 0, freed: 0, size: least, told: least, least, most }
    }

    /// Counts what has arrived. False if the peer had no leave to send it.
    #[must_use]
    pub fn arrive(&mut self, cost: u64, pool: &mut Pool) -> bool {
        let Some(arrived) = self.arrived.checked_add(cost) else { return false };
        if arrived > self.limit() {
            return false;
        }
        self.arrived = arrived;
        if self.arrived - self.freed > self.size / 2 {
            let more = self.size.min(self.most - self.size).min(pool.0);
            self.size += more;
            pool.0 -= more;
        }
        true
    }

    /// What had arrived waits no more.
    pub fn free(&mut self, cost: u64) {
        self.freed += cost;
    }

    /// What the peer may have sent in all.
    pub fn limit(&self) -> u64 {
        self.freed + self.size
    }

    /// The limit, as it is told to the peer now.
    pub fn tell(&mut self) -> u64 {
        self.told = self.limit();
        self.told
    }

    /// Whether the peer has half of its allowance or more that it does not know of.
    pub fn is_news(&self) -> bool {
        self.limit() - self.told >= self.size / 2
    }

    /// The peer is down.
    pub fn give_back(&self, pool: &mut Pool) {
        pool.0 += self.size - self.least;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_ends_at_the_most_and_at_the_pool() {
        let mut pool = Pool(40);
        let mut one = Allowance::new(10, 80);
        let mut arrived = 0;
        while one.arrive(1, &mut pool) {
            arrived += 1;
        }
        assert_eq!((arrived, pool.0), (50, 0));
        let mut other = Allowance::new(10, 80);
        assert!(other.arrive(10, &mut pool) && !other.arrive(1, &mut pool));
        one.give_back(&mut pool);
        assert_eq!(pool.0, 40);
    }

    #[test]
    fn what_is_taken_may_come_again() {
        let (mut room, mut credit) = (Allowance::new(10, 10), Credit::new(10));
        for _ in 0..100 {
            assert!(credit.has(7) && !credit.has(11));
            credit.spend(7);
            assert!(room.arrive(7, &mut Pool(0)));
            assert!(!room.is_news());
            room.free(7);
            assert!(room.is_news());
            credit.raise(room.tell());
        }
    }
}
