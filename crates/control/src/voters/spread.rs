//! What the loss of one host does to a set of voters. Called by `choose`, and by whoever shows
//! hosts, to say that the vm hangs by one of them.

use posse_wire::HostId;
use std::collections::{BTreeMap, BTreeSet};

/// How a host is connected.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The host next to it on the way to the owner.
    pub parent: Option<HostId>,
    /// Hosts of one site reach each other without a third; none: only through its parent.
    pub site: Option<u32>,
}

/// How many of these voters still reach each other after the worst loss of one host.
pub fn worst_loss(voters: &[HostId], places: &BTreeMap<HostId, Place>) -> usize {
    let mut suspects: BTreeSet<HostId> = BTreeSet::new();
    for voter in voters {
        suspects.extend(way_up(*voter, places));
    }
    suspects.iter().map(|lost| largest_part(voters, *lost, places)).min().unwrap_or(0)
}

/// The host, other than the one that all hang on, whose loss leaves no majority of these voters
/// that reach each other.
pub fn hangs_by(voters: &[HostId], places: &BTreeMap<HostId, Place>) -> Option<HostId> {
    let mut suspects: BTreeSet<HostId> = BTreeSet::new();
    for voter in voters {
        suspects.extend(way_up(*voter, places));
    }
    let is_below = |host: &HostId| places.get(host).is_some_and(|place| place.parent.is_some());
    let left = |host: &HostId| largest_part(voters, *host, places);
    let needed = voters.len() / 2 + 1;
    let worst = suspects.into_iter().filter(is_below).min_by_key(left);
    worst.filter(|host| voters.len() > 1 && left(host) < needed)
}

/// It and what is above it. Ends also where the table is wrong and goes round.
fn way_up(from: HostId, places: &BTreeMap<HostId, Place>) -> Vec<HostId> {
    let mut way = vec![from];
    let mut at = from;
    while let Some(above) = places.get(&at).and_then(|place| place.parent)
        && !way.contains(&above)
    {
        way.push(above);
        at = above;
    }
    way
}

fn largest_part(voters: &[HostId], lost: HostId, places: &BTreeMap<HostId, Place>) -> usize {
    // Each host knows the part that it is in by the part's first member.
    let mut part_of: BTreeMap<HostId, HostId> = BTreeMap::new();
    let mut sites: BTreeMap<u32, HostId> = BTreeMap::new();
    for voter in voters {
        let way = way_up(*voter, places);
        for pair in way.windows(2) {
            join(&mut part_of, pair[0], pair[1], lost);
        }
        for host in way.into_iter().filter(|host| *host != lost) {
            part_of.entry(host).or_insert(host);
            if let Some(site) = places.get(&host).and_then(|place| place.site) {
                let other = *sites.entry(site).or_insert(host);
                join(&mut part_of, host, other, lost);
            }
        }
    }
    let mut sizes: BTreeMap<HostId, usize> = BTreeMap::new();
    for voter in voters.iter().filter(|voter| **voter != lost) {
        *sizes.entry(find(&part_of, *voter)).or_default() += 1;
    }
    sizes.into_values().max().unwrap_or(0)
}

fn join(part_of: &mut BTreeMap<HostId, HostId>, one: HostId, other: HostId, lost: HostId) {
    if one == lost || other == lost {
        return;
    }
    let (one, other) = (find(part_of, one), find(part_of, other));
    part_of.insert(one, other);
}

fn find(part_of: &BTreeMap<HostId, HostId>, host: HostId) -> HostId {
    let mut at = host;
    while let Some(above) = part_of.get(&at).filter(|above| **above != at) {
        at = *above;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(rows: &[(u32, Option<u32>, Option<u32>)]) -> BTreeMap<HostId, Place> {
        let place = |(host, parent, site): &(u32, Option<u32>, Option<u32>)| {
            (HostId(*host), Place { parent: parent.map(HostId), site: *site })
        };
        rows.iter().map(place).collect()
    }

    #[test]
    fn hosts_that_only_know_their_parent_hang_by_it() {
        let flat = places(&[(0, None, None), (1, Some(0), None), (2, Some(0), None)]);
        let voters = [HostId(0), HostId(1), HostId(2)];
        assert_eq!(worst_loss(&voters, &flat), 1);
    }

    #[test]
    fn a_relay_that_carries_most_voters_is_named_and_the_root_is_not() {
        let flat = places(&[(0, None, None), (1, Some(0), None), (2, Some(0), None)]);
        assert_eq!(hangs_by(&[HostId(0), HostId(1), HostId(2)], &flat), None);
        let relayed = places(&[(0, None, None), (1, Some(0), None), (2, Some(1), None)]);
        assert_eq!(hangs_by(&[HostId(0), HostId(1), HostId(2)], &relayed), Some(HostId(1)));
        assert_eq!(hangs_by(&[HostId(0)], &relayed), None);
    }

    #[test]
    fn hosts_of_one_site_hang_by_nobody() {
        let site = places(&[(0, None, Some(1)), (1, Some(0), Some(1)), (2, Some(0), Some(1))]);
        assert_eq!(worst_loss(&[HostId(0), HostId(1), HostId(2)], &site), 2);
    }

    #[test]
    fn two_sites_with_one_gateway_hang_by_it() {
        let two = places(&[
            (0, None, Some(1)),
            (1, Some(0), Some(1)),
            (2, Some(0), Some(2)),
            (3, Some(0), Some(2)),
        ]);
        // The gateway's loss leaves the two behind it.
        assert_eq!(worst_loss(&[HostId(1), HostId(2), HostId(3)], &two), 2);
        assert_eq!(worst_loss(&[HostId(0), HostId(1), HostId(2)], &two), 1);
    }
}
