//! Who writes where several hosts have one file system. Pure: keys and looks in, orders out.
//! Hosts with equal keys are suspects; the first of them makes a marker, and who sees it shares
//! its place. The others try again among themselves. Called by `spread.rs`.

use super::limits::ROUNDS_MAX;
use std::collections::BTreeMap;

/// What is known of each rank.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Has failed; takes part in nothing.
    Out,
    Suspect(String),
    Writes,
    /// This rank writes for it.
    Follows(u32),
}

#[derive(Debug)]
pub struct Shared {
    standing: Vec<Standing>,
    rounds: usize,
}

/// A round: who makes a marker, and who looks for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    pub leader: u32,
    pub others: Vec<u32>,
}

impl Shared {
    /// One key for each rank; none for those that have failed.
    pub fn new(keys: Vec<Option<String>>) -> Shared {
        let standing = keys.into_iter().map(|key| key.map_or(Standing::Out, Standing::Suspect));
        Shared { standing: standing.collect(), rounds: 0 }
    }

    /// The suspects of the next round; none when all is settled.
    pub fn round(&mut self) -> Vec<Group> {
        self.rounds += 1;
        let mut alike: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (rank, standing) in self.standing.iter().enumerate() {
            if let Standing::Suspect(key) = standing {
                alike.entry(key).or_default().push(rank as u32);
            }
        }
        let mut groups = Vec::new();
        let mut alone = Vec::new();
        for ranks in alike.into_values() {
            match ranks.split_first() {
                Some((leader, others)) if !others.is_empty() && self.rounds <= ROUNDS_MAX => {
                    groups.push(Group { leader: *leader, others: others.to_vec() });
                }
                _ => alone.extend(ranks),
            }
        }
        let leaders = groups.iter().map(|group| group.leader);
        alone.into_iter().chain(leaders).for_each(|rank| self.put(rank, Standing::Writes));
        groups
    }

    fn put(&mut self, rank: u32, standing: Standing) {
        if let Some(known) = self.standing.get_mut(rank as usize) {
            *known = standing;
        }
    }

    /// A rank saw its leader's marker.
    pub fn seen(&mut self, rank: u32, leader: u32) {
        self.put(rank, Standing::Follows(leader));
    }

    /// A rank has failed.
    pub fn out(&mut self, rank: u32) {
        self.put(rank, Standing::Out);
    }

    /// Those for whom somebody else writes, with who that is.
    pub fn followers(&self) -> Vec<(u32, u32)> {
        let ranks = self.standing.iter().enumerate();
        let follows = ranks.filter_map(|(rank, standing)| match standing {
            Standing::Follows(leader) => Some((rank as u32, *leader)),
            _ => None,
        });
        follows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays hosts whose true place is a number, all with one key but where told otherwise.
    fn settle(places: &[u32], key: impl Fn(usize) -> String) -> (Vec<(u32, u32)>, usize) {
        let mut shared = Shared::new((0..places.len()).map(|rank| Some(key(rank))).collect());
        let mut rounds = 0;
        loop {
            let groups = shared.round();
            if groups.is_empty() {
                return (shared.followers(), rounds);
            }
            rounds += 1;
            for Group { leader, others } in groups {
                for rank in others {
                    if places[rank as usize] == places[leader as usize] {
                        shared.seen(rank, leader);
                    }
                }
            }
        }
    }

    #[test]
    fn one_writes_for_all_that_share() {
        let one = |_: usize| "nfs".to_owned();
        assert_eq!(settle(&[7, 7, 7], one), (vec![(1, 0), (2, 0)], 1));
        assert_eq!(settle(&[1, 2, 1, 2], one), (vec![(2, 0), (3, 1)], 2));
        assert_eq!(settle(&[1], one), (vec![], 0));
        let own = |rank: usize| rank.to_string();
        assert_eq!(settle(&[1, 1, 1], own), (vec![], 0));
        // Many that only look alike all write, after a few rounds.
        assert_eq!(settle(&[1, 2, 3, 4, 5, 6, 7], one), (vec![], ROUNDS_MAX));
    }

    #[test]
    fn who_failed_takes_no_part() {
        let mut shared = Shared::new(vec![None, Some("a".into()), Some("a".into())]);
        assert_eq!(shared.round(), [Group { leader: 1, others: vec![2] }]);
        shared.out(2);
        assert!(shared.round().is_empty());
        assert!(shared.followers().is_empty());
    }
}
