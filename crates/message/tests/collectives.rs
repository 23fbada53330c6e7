//! Every algorithm, for sizes 1 to 17 and every root, against a direct computation; messages are
//! delivered in any order.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use bytes::Bytes;
use posse_message::collective::{
    Ask, Collective, Op, Schedule, all_gather, all_reduce, all_to_all, barrier, broadcast, gather,
    join, reduce, scan, scatter, split, two_level,
};

const SIZES: std::ops::RangeInclusive<usize> = 1..=17;

/// A number from a seed, as good as chance (splitmix64).
fn chance(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((z ^ (z >> 27)) % limit as u64) as usize
}

/// Associative, and does not commute.
fn append(left: &[u8], right: &[u8]) -> Bytes {
    [left, right].concat().into()
}

/// Commutes: u64 by u64.
fn add(left: &[u8], right: &[u8]) -> Bytes {
    let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight"));
    let sum = |(a, b)| word(a).wrapping_add(word(b)).to_le_bytes();
    let sums: Vec<u8> = left.chunks(8).zip(right.chunks(8)).flat_map(sum).collect();
    assert_eq!((left.len(), sums.len()), (right.len(), right.len()));
    sums.into()
}

/// All members, until all are done; their cells at the end.
fn run(
    size: usize,
    schedule: impl Fn(usize) -> Schedule,
    cells: impl Fn(usize) -> Vec<Bytes>,
    combine: fn(&[u8], &[u8]) -> Bytes,
) -> Vec<Vec<Bytes>> {
    let mut combine = combine;
    let new = |rank| Collective::new(schedule(rank), cells(rank), &mut combine);
    let mut members: Vec<Collective> = (0..size).map(new).collect();
    let (mut sent, mut wanted) = (vec![], vec![]);
    let mut state = size as u64;
    loop {
        for (rank, member) in members.iter_mut().enumerate() {
            while let Some(ask) = member.next_ask() {
                match ask {
                    Ask::Send { to, slot, payload } => sent.push((rank, to, slot, payload)),
                    Ask::Receive { from, slot } => wanted.push((from, rank, slot)),
                }
            }
        }
        let meets = |w: &(usize, usize, u32)| sent.iter().position(|s| (s.0, s.1, s.2) == *w);
        let pairs: Vec<(usize, usize)> =
            wanted.iter().enumerate().filter_map(|(at, want)| Some((at, meets(want)?))).collect();
        if pairs.is_empty() {
            break;
        }
        let (want, message) = pairs[chance(&mut state, pairs.len())];
        wanted.swap_remove(want);
        let (from, to, slot, payload) = sent.swap_remove(message);
        members[to].arrived(from, slot, payload, &mut combine).expect("its part");
    }
    assert!(
        sent.is_empty() && wanted.is_empty(),
        "{} lost, {} waited for",
        sent.len(),
        wanted.len()
    );
    assert!(members.iter().all(|member| member.is_done() && member.partners().is_empty()));
    members.into_iter().map(Collective::into_cells).collect()
}

/// Of another length at each rank, none at some.
fn part(rank: usize) -> Bytes {
    vec![rank as u8 + 1; rank * 7 % 5].into()
}

fn numbers(rank: usize, count: u64) -> Bytes {
    (0..count).flat_map(|n| (n * 31 + rank as u64).to_le_bytes()).collect::<Vec<u8>>().into()
}

fn none(_: usize) -> Vec<Bytes> {
    vec![]
}

/// A cell at its place, and nothing at the others.
fn at(rank: usize, cell: Bytes) -> Vec<Bytes> {
    let mut cells = vec![Bytes::new(); rank];
    cells.push(cell);
    cells
}

#[test]
fn everybody_leaves_a_barrier_that_all_have_entered() {
    for size in SIZES {
        run(size, |rank| barrier::dissemination(rank, size), none, append);
    }
}

#[test]
fn a_barrier_holds_while_one_is_missing() {
    for size in 2..=17 {
        for missing in 0..size {
            let schedule = |rank| match rank == missing {
                true => Schedule::default(),
                false => barrier::dissemination(rank, size),
            };
            let new = |rank| Collective::new(schedule(rank), vec![], &mut append);
            let mut members: Vec<Collective> = (0..size).map(new).collect();
            let mut sent = vec![];
            let mut is_new = true;
            while std::mem::take(&mut is_new) {
                for (rank, member) in members.iter_mut().enumerate() {
                    while let Some(ask) = member.next_ask() {
                        if let Ask::Send { to, slot, payload } = ask {
                            sent.push((rank, to, slot, payload));
                        }
                    }
                }
                sent.retain(|(from, to, slot, payload)| {
                    let arrived =
                        members[*to].arrived(*from, *slot, payload.clone(), &mut append).is_ok();
                    is_new |= arrived;
                    !arrived
                });
            }
            let done = |rank: &usize| *rank != missing && members[*rank].is_done();
            assert_eq!((0..size).find(done), None);
        }
    }
}

#[test]
fn a_broadcast_reaches_all() {
    for size in SIZES {
        for root in 0..size {
            let whole = numbers(root, 40);
            let cells = |rank| if rank == root { vec![whole.clone()] } else { vec![] };
            let ends = run(size, |rank| broadcast::tree(rank, size, root), cells, append);
            assert!(ends.iter().all(|cells| cells[0] == whole));
            let cells = |rank| if rank == root { split(&whole, size, 8) } else { vec![] };
            let ends = run(size, |rank| broadcast::spread(rank, size, root), cells, append);
            assert!(ends.iter().all(|cells| join(&cells[..size]) == whole));
        }
    }
}

#[test]
fn a_reduction_keeps_the_order_of_ranks() {
    for size in SIZES {
        let cells = |rank| vec![part(rank)];
        let whole = join(&(0..size).map(part).collect::<Vec<_>>());
        for root in 0..size {
            let ends = run(size, |rank| reduce::tree(rank, size, root, false), cells, append);
            assert_eq!(ends[root][0], whole);
            let cells = |rank| vec![numbers(rank, 3)];
            let ends = run(size, |rank| reduce::tree(rank, size, root, true), cells, add);
            let sum = (1..size).fold(numbers(0, 3), |sum, rank| add(&sum, &numbers(rank, 3)));
            assert_eq!(ends[root][0], sum);
        }
        let ends = run(size, |rank| all_reduce::doubling(rank, size), cells, append);
        assert!(ends.iter().all(|cells| cells[0] == whole));
        let ends = run(size, |rank| scan::doubling(rank, size), cells, append);
        for (rank, cells) in ends.iter().enumerate() {
            assert_eq!(cells[0], join(&(0..=rank).map(part).collect::<Vec<_>>()));
        }
    }
}

#[test]
fn a_reduction_around_the_ring_is_the_same() {
    for size in SIZES {
        for count in [0, 3, 100] {
            let cells = |rank| split(&numbers(rank, count), size, 8);
            let ends = run(size, |rank| all_reduce::ring(rank, size), cells, add);
            let rest = 1..size;
            let sum = rest.fold(numbers(0, count), |sum, rank| add(&sum, &numbers(rank, count)));
            assert!(ends.iter().all(|cells| join(&cells[..size]) == sum));
        }
    }
}

#[test]
fn parts_are_gathered_and_scattered() {
    for size in SIZES {
        let all: Vec<Bytes> = (0..size).map(part).collect();
        for root in 0..size {
            for gather in [gather::tree, gather::linear] {
                let cells = |rank| at(rank, part(rank));
                let ends = run(size, |rank| gather(rank, size, root), cells, append);
                assert_eq!(ends[root], all);
            }
            for scatter in [scatter::tree, scatter::linear] {
                let cells = |rank| if rank == root { all.clone() } else { vec![] };
                let ends = run(size, |rank| scatter(rank, size, root), cells, append);
                assert!(ends.iter().enumerate().all(|(rank, cells)| cells[rank] == all[rank]));
            }
        }
        for all_gather in [all_gather::ring, all_gather::doubling] {
            let cells = |rank| at(rank, part(rank));
            let ends = run(size, |rank| all_gather(rank, size), cells, append);
            assert!(ends.iter().all(|cells| *cells == all));
        }
    }
}

#[test]
fn each_gets_what_each_has_for_it() {
    for size in SIZES {
        let part = |from: usize, to: usize| Bytes::from(vec![from as u8; (from * 3 + to) % 5]);
        let cells = |from| (0..size).map(|to| part(from, to)).collect();
        let ends = run(size, |rank| all_to_all::pairwise(rank, size), cells, append);
        for (to, cells) in ends.iter().enumerate() {
            let got: Vec<Bytes> = (0..size).map(|from| part(from, to)).collect();
            assert_eq!(cells[size..], got);
        }
    }
}

/// Of a schedule of each member: the messages between members of two hosts.
fn crossings(hosts: &[usize], schedule: impl Fn(usize) -> Schedule) -> usize {
    let sends = (0..hosts.len()).flat_map(|rank| {
        let ops = schedule(rank).rounds.into_iter().flatten();
        ops.filter_map(move |op| match op {
            Op::Send { to, .. } => Some((rank, to)),
            _ => None,
        })
    });
    sends.filter(|(from, to)| hosts[*from] != hosts[*to]).count()
}

#[test]
fn what_goes_between_hosts_goes_once() {
    let layouts: [fn(usize) -> usize; 4] = [|_| 0, |rank| rank, |rank| rank % 3, |rank| rank / 4];
    for (size, layout) in SIZES.flat_map(|size| layouts.map(|layout| (size, layout))) {
        let hosts: Vec<usize> = (0..size).map(layout).collect();
        let hosts = &hosts[..];
        let mut others = hosts.to_vec();
        others.sort_unstable();
        others.dedup();
        let others = others.len() - 1;
        let cells = |rank| vec![numbers(rank, 3)];
        let sum = (1..size).fold(numbers(0, 3), |sum, rank| add(&sum, &numbers(rank, 3)));
        run(size, |rank| two_level::barrier(rank, hosts), none, append);
        let ends = run(size, |rank| two_level::all_reduce(rank, hosts), cells, add);
        assert!(ends.iter().all(|cells| cells[0] == sum));
        for root in 0..size {
            let ends = run(size, |rank| two_level::reduce(rank, hosts, root), cells, add);
            assert_eq!(ends[root][0], sum);
            assert_eq!(crossings(hosts, |rank| two_level::reduce(rank, hosts, root)), others);
            let begin = |rank| if rank == root { cells(rank) } else { vec![] };
            let ends = run(size, |rank| two_level::broadcast(rank, hosts, root), begin, append);
            assert!(ends.iter().all(|cells| cells[0] == numbers(root, 3)));
            assert_eq!(crossings(hosts, |rank| two_level::broadcast(rank, hosts, root)), others);
        }
    }
}

#[test]
fn who_takes_part_in_something_else_is_told_apart() {
    let mut one = Collective::new(gather::tree(0, 2, 0), vec![], &mut append);
    let other = Bytes::from_static(b"x");
    assert!(one.arrived(1, 5, other.clone(), &mut append).is_err());
    assert!(one.arrived(1, 0, other, &mut append).is_ok());
    let mut one = Collective::new(gather::tree(0, 4, 0), vec![], &mut append);
    assert!(one.arrived(2, 0, Bytes::from_static(b"not two cells"), &mut append).is_err());
}
