//! Several dimensions: points to boxes (`rack[1-2]n[01-20]` is one box). Greedy merging in
//! ClusterShell's order (`RangeSetND`), so that its text comes out; candidates are found by
//! a hash of the other axes instead of by comparing all pairs, so that 65,536 points do not
//! cost their square. Called by `fold`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Index;

/// Values of one axis within a box. Indices are replaced by their rank on the axis.
struct Axis {
    ranks: Vec<u32>,
    first: u32,
    last: u32,
    /// Sum of the hashes of the ranks: the same set has the same sum.
    hash: u128,
}

type Block = Vec<Axis>;

/// The distinct indices of an axis, in order, and the place of each among their texts.
struct Ranks {
    indices: Vec<Index>,
    text_order: Vec<u32>,
}

/// Folds distinct points, all of one number of dimensions, into disjoint boxes.
pub(super) fn fold(points: Vec<Vec<Index>>) -> Vec<Vec<Vec<Index>>> {
    let dimensions = points.first().map_or(0, Vec::len);
    let axes: Vec<Ranks> = (0..dimensions).map(|d| Ranks::of(&points, d)).collect();
    let mut boxes: Vec<Block> = points.iter().map(|point| single(point, &axes)).collect();
    drop(points);
    let mut thorough = false;
    loop {
        sort(&mut boxes, &axes);
        let before = boxes.len();
        boxes = if thorough { merge_all(boxes) } else { merge_neighbours(boxes) };
        if boxes.len() == before {
            if thorough {
                break;
            }
            thorough = true;
        }
    }
    let plain = |b: Block| b.into_iter().zip(&axes).map(|(axis, ranks)| ranks.back(axis)).collect();
    boxes.into_iter().map(plain).collect()
}

impl Ranks {
    fn of(points: &[Vec<Index>], dimension: usize) -> Ranks {
        let mut indices: Vec<Index> = points.iter().map(|point| point[dimension]).collect();
        indices.sort_unstable();
        indices.dedup();
        let texts: Vec<String> = indices.iter().map(Index::to_string).collect();
        let mut by_text: Vec<u32> = (0..indices.len() as u32).collect();
        by_text.sort_by(|&a, &b| texts[a as usize].cmp(&texts[b as usize]));
        let mut text_order = vec![0; indices.len()];
        for (place, &rank) in by_text.iter().enumerate() {
            text_order[rank as usize] = place as u32;
        }
        Ranks { indices, text_order }
    }

    fn back(&self, axis: Axis) -> Vec<Index> {
        axis.ranks.into_iter().map(|rank| self.indices[rank as usize]).collect()
    }
}

fn single(point: &[Index], axes: &[Ranks]) -> Block {
    let place = |(index, ranks): (&Index, &Ranks)| {
        // Every index of a point was put on its axis, so the search finds it.
        let rank = ranks.indices.binary_search(index).unwrap_or(0) as u32;
        Axis { ranks: vec![rank], first: rank, last: rank, hash: scatter(rank) }
    };
    point.iter().zip(axes).map(place).collect()
}

/// Large boxes first; then axis by axis more values first, then by the texts of the ends.
fn sort(boxes: &mut [Block], axes: &[Ranks]) {
    boxes.sort_by_cached_key(|b| {
        let size: usize = b.iter().map(|axis| axis.ranks.len()).product();
        let ends = b.iter().zip(axes).map(|(axis, ranks)| {
            let text = |rank: u32| ranks.text_order[rank as usize];
            (Reverse(axis.ranks.len()), text(axis.first), text(axis.last))
        });
        (Reverse(size), ends.collect::<Vec<_>>())
    });
}

/// Merges each box with those that follow it directly, as long as that goes.
fn merge_neighbours(boxes: Vec<Block>) -> Vec<Block> {
    let mut merged: Vec<Block> = Vec::new();
    for next in boxes {
        match merged.last_mut() {
            Some(last) => match only_difference(last, &next) {
                Some(dimension) => absorb(last, next, dimension),
                None => merged.push(next),
            },
            None => merged.push(next),
        }
    }
    merged
}

fn only_difference(a: &Block, b: &Block) -> Option<usize> {
    let mut differing = (0..a.len()).filter(|&d| !same(&a[d], &b[d]));
    let first = differing.next();
    if differing.next().is_some() { None } else { first }
}

fn same(a: &Axis, b: &Axis) -> bool {
    a.hash == b.hash && a.ranks.len() == b.ranks.len()
}

/// Boxes are disjoint, so two that differ on one axis only have no value of it in common.
fn absorb(target: &mut Block, source: Block, dimension: usize) {
    let axis = &mut target[dimension];
    if let Some(more) = source.into_iter().nth(dimension) {
        axis.first = axis.first.min(more.first);
        axis.last = axis.last.max(more.last);
        axis.hash = axis.hash.wrapping_add(more.hash);
        axis.ranks.extend(more.ranks);
    }
}

/// Merges each box, in order, with every later one that differs on one axis only, nearest
/// first; what it grows into decides which come next.
fn merge_all(boxes: Vec<Block>) -> Vec<Block> {
    let mut places: BTreeMap<(usize, u128), Vec<u32>> = BTreeMap::new();
    for (at, b) in boxes.iter().enumerate() {
        for dimension in 0..b.len() {
            places.entry((dimension, key(b, dimension))).or_default().push(at as u32);
        }
    }
    let mut boxes: Vec<Option<Block>> = boxes.into_iter().map(Some).collect();
    let mut merged = Vec::new();
    for at in 0..boxes.len() {
        let Some(mut current) = boxes[at].take() else { continue };
        let mut after = at as u32;
        while let Some((next, dimension)) = nearest(&current, after, &places, &boxes) {
            if let Some(other) = boxes[next as usize].take() {
                absorb(&mut current, other, dimension);
            }
            after = next;
        }
        merged.push(current);
    }
    merged
}

/// The first box after `after` that differs from `current` on one axis, and which.
fn nearest(
    current: &Block,
    after: u32,
    places: &BTreeMap<(usize, u128), Vec<u32>>,
    boxes: &[Option<Block>],
) -> Option<(u32, usize)> {
    let candidates = (0..current.len()).filter_map(|dimension| {
        let list = places.get(&(dimension, key(current, dimension)))?;
        let from = list.partition_point(|&place| place <= after);
        let alive = |&&place: &&u32| boxes[place as usize].is_some();
        list[from..].iter().find(alive).map(|&place| (place, dimension))
    });
    candidates.min()
}

/// Hash of all axes but one.
fn key(b: &Block, dimension: usize) -> u128 {
    let others = b.iter().enumerate().filter(|(d, _)| *d != dimension);
    others.fold(0u128, |sum, (d, axis)| {
        let mixed = mix((axis.hash as u64) ^ ((axis.hash >> 64) as u64).rotate_left(d as u32 + 1));
        let place = mix(d as u64 + 1);
        sum.wrapping_add(axis.hash.wrapping_mul(u128::from(place) | 1))
            .wrapping_add(u128::from(mixed.wrapping_mul(place | 1)) << 32)
    })
}

fn scatter(rank: u32) -> u128 {
    let low = mix(u64::from(rank));
    u128::from(low) | (u128::from(mix(low ^ 0x9e37_79b9_7f4a_7c15)) << 64)
}

/// The finalizer of splitmix64.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use crate::{HostName, HostSet};

    fn grid(keep: impl Fn(u32, u32) -> bool) -> HostSet {
        let cells = (0..256).flat_map(|a| (0..256).map(move |b| (a, b)));
        let names = cells.filter(|&(a, b)| keep(a, b));
        names.map(|(a, b)| HostName::new(&format!("r{a}n{b}")).unwrap()).collect()
    }

    #[test]
    fn full_grid_of_65536() {
        assert_eq!(grid(|_, _| true).to_string(), "r[0-255]n[0-255]");
    }

    #[test]
    fn scattered_grid_does_not_cost_its_square() {
        let set = grid(|a, b| (a * 7919 + b * 104_729).is_multiple_of(3) || (a ^ b) % 5 == 1);
        let text = set.to_string();
        assert_eq!(text.parse::<HostSet>().unwrap(), set);
        let diagonal = grid(|a, b| a == b || a + b == 255);
        assert_eq!(diagonal.to_string().parse::<HostSet>().unwrap(), diagonal);
    }
}
