//! A voter votes once a term, whatever happens to it.

use super::super::world::World;

impl World {
    /// Its promises up to this write are about to be relied on.
    pub fn votes_once(&mut self, host: usize, number: u64) {
        let h = &mut self.hosts[host];
        let voter = h.id();
        let (kept, open) = h.promises.drain(..).partition(|(of, _)| *of <= number);
        h.promises = open;
        let kept: Vec<(u64, _)> = kept;
        for (_, hard) in kept {
            self.hosts[host].promised = hard;
            let Some(vote) = hard.vote else { continue };
            let first = *self.ledger.votes.entry((voter, hard.term)).or_insert(vote);
            if first != vote {
                let what = format!("{voter} votes for {first} and {vote} in term {}", hard.term);
                self.wrong("votes", what);
            }
        }
    }
}
