//! The next change of members, if one is wanted. Changes as little as it can: who votes goes on
//! voting, also while its host is away for a moment.

use super::change::{Change, Step};
use super::spread::{Place, worst_loss};
use crate::consensus::{Membership, VoterId};
use crate::limits;
use posse_wire::HostId;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the leader knows of a host.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The log that is or would be there.
    pub voter: VoterId,
    pub is_up: bool,
    /// How long it has been up, or down.
    pub lasts: Duration,
    pub place: Place,
    /// It follows and has all but the last.
    pub has_caught_up: bool,
    /// An owner's machine that may be closed and carried away is the last choice.
    pub is_steady: bool,
    /// Not taken out, and taken in before all others: front ends are there.
    pub stays: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    Change(Change),
    /// The leader itself is to go: somebody else leads first.
    Transfer(VoterId),
}

/// `facts` of all hosts of the vm; who is not in it was removed.
pub fn next_change(facts: &[Facts], members: &Membership, me: VoterId) -> Option<Next> {
    if members.is_changing() {
        return None;
    }
    let wanted = wanted_voters(facts, members, me);
    let has = |id: &VoterId| members.voters.contains(id) || members.learners.contains(id);
    let fact = |id: &VoterId| facts.iter().find(|fact| fact.voter == *id);
    // Followers first, one at a time.
    let follower = follower(facts, &wanted, members);
    let new = wanted.iter().chain(follower.as_ref()).find(|id| !has(id));
    if let Some(new) = new
        && members.learners.len() < posse_wire::limits::LEARNERS_MAX
    {
        return Some(Next::Change(Change(vec![Step::Follow(*new)])));
    }
    let ready = |id: &VoterId| {
        members.voters.contains(id) || fact(id).is_some_and(|f| f.is_up && f.has_caught_up)
    };
    if wanted.iter().all(ready) {
        let steps = steps_to(&wanted, facts, members);
        let leaves = |step: &Step| matches!(step, Step::Leave(id) | Step::Follow(id) if *id == me);
        if steps.iter().any(leaves) {
            let other = wanted.iter().find(|id| members.voters.contains(id));
            return other.map(|other| Next::Transfer(*other));
        }
        if !steps.is_empty() {
            return Some(Next::Change(Change(steps)));
        }
    }
    let is_stray = |id: &&VoterId| !wanted.contains(id) && follower.as_ref() != Some(id);
    let stray = members.learners.iter().find(is_stray)?;
    Some(Next::Change(Change(vec![Step::Leave(*stray)])))
}

/// The steps from who votes to who should.
fn steps_to(wanted: &[VoterId], facts: &[Facts], members: &Membership) -> Vec<Step> {
    let new = wanted.iter().filter(|id| !members.voters.contains(id));
    let mut steps: Vec<Step> = new.map(|id| Step::Vote(*id)).collect();
    for old in members.voters.iter().filter(|id| !wanted.contains(id)) {
        let may_follow = facts.iter().any(|fact| fact.voter == *old && fact.is_up);
        steps.push(if may_follow { Step::Follow(*old) } else { Step::Leave(*old) });
    }
    steps
}

fn target(hosts: usize) -> usize {
    match hosts {
        0..=2 => 1,
        3 | 4 => 3,
        _ => posse_wire::limits::VOTERS_MAX,
    }
}

/// With one voter, the host that `recover` would be typed at.
fn follower(facts: &[Facts], wanted: &[VoterId], members: &Membership) -> Option<VoterId> {
    if wanted.len() > 1 {
        return None;
    }
    let others = facts.iter().filter(|fact| fact.is_up && !wanted.contains(&fact.voter));
    let kept = |f: &Facts| members.learners.contains(&f.voter);
    let best = others.max_by_key(|f| (f.stays, kept(f), f.lasts, f.voter));
    best.map(|fact| fact.voter)
}

fn wanted_voters(facts: &[Facts], members: &Membership, me: VoterId) -> Vec<VoterId> {
    let votes = |fact: &&Facts| members.voters.contains(&fact.voter);
    let hosts = facts.iter().filter(|fact| fact.is_up || votes(fact)).count();
    let target = target(hosts);
    let is_kept = |fact: &&Facts| fact.stays || fact.is_up || fact.lasts < limits::REPLACE_AFTER;
    let mut wanted: Vec<&Facts> = facts.iter().filter(votes).filter(is_kept).collect();
    // Too many: this one stays, then who is up, then who has been for long.
    wanted.sort_by_key(|f| std::cmp::Reverse((f.voter == me, f.stays, f.is_up, f.lasts, f.voter)));
    wanted.truncate(target);
    let mut candidates: Vec<&Facts> =
        facts.iter().filter(|fact| fact.is_up && !votes(fact)).collect();
    candidates.sort_by_key(|f| std::cmp::Reverse((f.stays, f.is_steady, f.lasts, f.voter)));
    candidates.truncate(limits::CANDIDATES_MAX);
    let places: BTreeMap<HostId, Place> = facts.iter().map(|f| (f.voter.host, f.place)).collect();
    if let Some(first) = candidates.iter().position(|fact| fact.stays) {
        // This one stays first of all.
        if wanted.len() == target && target > 1 {
            wanted.pop();
        }
        if wanted.len() < target {
            wanted.push(candidates.remove(first));
        }
    }
    while wanted.len() < target
        && let Some(best) = best_addition(&wanted, &candidates, &places)
    {
        wanted.push(candidates.remove(best));
    }
    let dead = facts.iter().filter(votes).filter(|fact| !is_kept(fact));
    let room = target.saturating_sub(wanted.len());
    wanted.extend(dead.take(room));
    if is_fragile(&wanted, &places) {
        improve(&mut wanted, &candidates, &places, me);
    }
    let mut ids: Vec<VoterId> = wanted.iter().map(|fact| fact.voter).collect();
    ids.sort_unstable();
    ids
}

fn loss(set: &[&Facts], places: &BTreeMap<HostId, Place>) -> usize {
    let hosts: Vec<HostId> = set.iter().map(|fact| fact.voter.host).collect();
    worst_loss(&hosts, places)
}

fn is_fragile(set: &[&Facts], places: &BTreeMap<HostId, Place>) -> bool {
    set.len() > 1 && loss(set, places) <= set.len() / 2
}

/// Who makes the set hang least by one host; the first of equals.
fn best_addition(
    wanted: &[&Facts],
    candidates: &[&Facts],
    places: &BTreeMap<HostId, Place>,
) -> Option<usize> {
    let with = |at: &usize| {
        let mut set = wanted.to_vec();
        set.push(candidates[*at]);
        (loss(&set, places), std::cmp::Reverse(*at))
    };
    (0..candidates.len()).max_by_key(with)
}

/// One for another, if that makes it whole.
fn improve<'a>(
    wanted: &mut [&'a Facts],
    candidates: &[&'a Facts],
    places: &BTreeMap<HostId, Place>,
    me: VoterId,
) {
    for at in 0..wanted.len() {
        let old = wanted[at];
        if old.voter == me || old.stays {
            continue;
        }
        for candidate in candidates {
            wanted[at] = candidate;
            if !is_fragile(wanted, places) {
                return;
            }
        }
        wanted[at] = old;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse_wire::Incarnation;

    fn id(host: u32) -> VoterId {
        VoterId::new(HostId(host), Incarnation(1))
    }

    fn up(host: u32) -> Facts {
        Facts {
            voter: id(host),
            is_up: true,
            lasts: Duration::from_secs(100),
            place: Place { parent: Some(HostId(0)), site: Some(1) },
            has_caught_up: true,
            is_steady: host > 0,
            stays: false,
        }
    }

    fn settle(facts: &[Facts], mut members: Membership, me: VoterId) -> Membership {
        for _ in 0..20 {
            let Some(Next::Change(change)) = next_change(facts, &members, me) else { break };
            assert!(change.is_sound(&members), "{change:?} of {members:?}");
            for step in change.0 {
                let (Step::Follow(id) | Step::Vote(id) | Step::Leave(id)) = step;
                members.voters.retain(|other| *other != id);
                members.learners.retain(|other| *other != id);
                match step {
                    Step::Follow(id) => members.learners.push(id),
                    Step::Vote(id) => members.voters.push(id),
                    Step::Leave(_) => {}
                }
            }
        }
        members.voters.sort_unstable();
        members
    }

    fn hosts(count: u32) -> Vec<Facts> {
        (0..count).map(up).collect()
    }

    #[test]
    fn the_second_of_two_follows_and_three_vote() {
        let one = Membership::of_one(id(0));
        let two = settle(&hosts(2), one.clone(), id(0));
        assert_eq!((two.voters, two.learners), (vec![id(0)], vec![id(1)]));
        for (count, voters) in [(1, 1), (3, 3), (4, 3), (5, 5), (40, 5)] {
            let members = settle(&hosts(count), one.clone(), id(0));
            assert_eq!((members.voters.len(), members.learners.len()), (voters, 0), "{count}");
        }
    }

    #[test]
    fn three_voters_come_at_once_and_never_two() {
        let members = Membership { learners: vec![id(1), id(2)], ..Membership::of_one(id(0)) };
        let Some(Next::Change(change)) = next_change(&hosts(3), &members, id(0)) else { panic!() };
        assert_eq!(change.0, [Step::Vote(id(1)), Step::Vote(id(2))]);
    }

    #[test]
    fn a_lost_voter_is_replaced_after_a_while_if_there_is_another_host() {
        let three = Membership { voters: vec![id(0), id(1), id(2)], ..Membership::default() };
        let mut facts = hosts(4);
        facts[1].is_up = false;
        facts[1].lasts = Duration::from_secs(5);
        assert_eq!(next_change(&facts, &three, id(0)), None);
        facts[1].lasts = Duration::from_secs(60);
        let after = settle(&facts, three.clone(), id(0));
        assert_eq!(after.voters, [id(0), id(2), id(3)]);
        // With nobody to take its place it stays.
        facts.truncate(3);
        assert_eq!(next_change(&facts, &three, id(0)), None);
    }

    #[test]
    fn a_leader_that_was_removed_hands_over_first() {
        let three = Membership { voters: vec![id(0), id(1), id(2)], ..Membership::default() };
        let facts: Vec<Facts> = hosts(4).into_iter().filter(|f| f.voter != id(0)).collect();
        let with_learner = Membership { learners: vec![id(3)], ..three };
        let next = next_change(&facts, &with_learner, id(0));
        assert!(matches!(next, Some(Next::Transfer(_))), "{next:?}");
    }

    #[test]
    fn one_that_stays_is_taken_in_first_and_never_out() {
        let mut facts = hosts(8);
        facts[7].stays = true;
        facts[7].is_steady = false;
        let five = Membership { voters: (0..5).map(id).collect(), ..Membership::default() };
        let after = settle(&facts, five, id(0));
        assert!(after.voters.contains(&id(7)) && after.voters.len() == 5, "{after:?}");
        // Neither when it is away, nor when fewer are to vote.
        facts[7].is_up = false;
        let next = next_change(&facts, &after, id(0));
        assert_eq!(next, None);
        facts[7].is_up = true;
        facts.retain(|f| f.stays || f.voter.host.0 < 3);
        let fewer = settle(&facts, after, id(0));
        assert!(fewer.voters.contains(&id(7)) && fewer.voters.len() == 3, "{fewer:?}");
    }

    #[test]
    fn voters_are_spread_where_the_network_allows() {
        // Host 1 only knows its parent 0; 2 and 3 know each other as well.
        let mut facts = hosts(4);
        for (host, site) in [(0, None), (1, None), (2, Some(2)), (3, Some(2))] {
            facts[host].place.site = site;
        }
        facts[0].place.parent = None;
        let three = Membership { voters: vec![id(0), id(1), id(2)], ..Membership::default() };
        let after = settle(&facts, three, id(0));
        assert_eq!(after.voters, [id(0), id(2), id(3)]);
    }
}
