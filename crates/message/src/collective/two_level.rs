//! Within each host first or last, between hosts once: what one host has to tell another goes over
//! the network one time, whatever the number of members there. Each host has a leader, which is
//! the root on the root's host, and the first member elsewhere.
//!
//! `hosts` says for each rank where it runs: equal numbers, same host; all members have the same
//! list. Combinations commute, since members of a host need not be neighbours in rank.

use super::schedule::{Op, Schedule};
use super::{all_reduce, barrier, broadcast, reduce};

/// First slots of the three parts. The first uses one or two, the second one a doubling.
const ACROSS: u32 = 8;
const DOWN: u32 = ACROSS + 80;

/// All come to their leader, leaders come together, all are let go.
pub fn barrier(rank: usize, hosts: &[usize]) -> Schedule {
    let (local, leaders) = (local(rank, hosts, 0), leaders(hosts, 0));
    let mut schedule = among(&local, rank, |place, size| reduce::tree(place, size, 0, true));
    for round in &mut schedule.rounds {
        round.retain(|op| !matches!(op, Op::Combine { .. }));
    }
    schedule.then(among(&leaders, rank, barrier::dissemination), ACROSS);
    schedule.then(among(&local, rank, |place, size| broadcast::tree(place, size, 0)), DOWN);
    schedule
}

/// From the root to the leaders, from each to its host. Cells as of `broadcast::tree`.
pub fn broadcast(rank: usize, hosts: &[usize], root: usize) -> Schedule {
    let (local, leaders) = (local(rank, hosts, root), leaders(hosts, root));
    let top = leaders.iter().position(|member| *member == root).unwrap_or(0);
    let mut schedule = Schedule::new(1);
    let across = among(&leaders, rank, |place, size| broadcast::tree(place, size, top));
    schedule.then(across, ACROSS);
    schedule.then(among(&local, rank, |place, size| broadcast::tree(place, size, 0)), DOWN);
    schedule
}

/// To the leader of each host, from those to the root. Cells as of `reduce::tree`.
pub fn reduce(rank: usize, hosts: &[usize], root: usize) -> Schedule {
    let (local, leaders) = (local(rank, hosts, root), leaders(hosts, root));
    let top = leaders.iter().position(|member| *member == root).unwrap_or(0);
    let mut schedule = among(&local, rank, |place, size| reduce::tree(place, size, 0, true));
    let across = among(&leaders, rank, |place, size| reduce::tree(place, size, top, true));
    schedule.then(across, ACROSS);
    schedule
}

/// To the leader of each host, among those, back to all. Cells as of `all_reduce::doubling`.
pub fn all_reduce(rank: usize, hosts: &[usize]) -> Schedule {
    let (local, leaders) = (local(rank, hosts, 0), leaders(hosts, 0));
    let mut schedule = among(&local, rank, |place, size| reduce::tree(place, size, 0, true));
    schedule.then(among(&leaders, rank, all_reduce::doubling), ACROSS);
    schedule.then(among(&local, rank, |place, size| broadcast::tree(place, size, 0)), DOWN);
    schedule
}

/// The members on the host of a rank, its leader first.
fn local(rank: usize, hosts: &[usize], root: usize) -> Vec<usize> {
    let is_here = |member: &usize| hosts[*member] == hosts[rank];
    let mut local: Vec<usize> = (0..hosts.len()).filter(is_here).collect();
    if let Some(at) = local.iter().position(|member| *member == root) {
        local.swap(0, at);
    }
    local
}

/// The leader of each host, in the order of ranks.
fn leaders(hosts: &[usize], root: usize) -> Vec<usize> {
    let is_leader = |member: &usize| match hosts[*member] == hosts[root] {
        true => *member == root,
        false => !hosts[..*member].contains(&hosts[*member]),
    };
    (0..hosts.len()).filter(is_leader).collect()
}

/// An algorithm among some of the members; nothing for others.
fn among(members: &[usize], rank: usize, algorithm: impl Fn(usize, usize) -> Schedule) -> Schedule {
    let Some(place) = members.iter().position(|member| *member == rank) else {
        return Schedule::default();
    };
    let mut schedule = algorithm(place, members.len());
    for op in schedule.rounds.iter_mut().flatten() {
        if let Op::Send { to: peer, .. } | Op::Receive { from: peer, .. } = op {
            *peer = members[*peer];
        }
    }
    schedule
}
