//! Keeps the outputs of many ranks, every common beginning once: a tree whose nodes are texts and
//! whose branches stand where outputs begin to differ.
//!
//! A rank is a place in the tree. While its bytes equal what is there it only moves, so N equal
//! outputs cost one copy and N comparisons. Bytes are compared rather than hashed: that is exact,
//! cheaper than a hash, and finds the place where two outputs part. Ranks that end at one place
//! have equal outputs; their group is complete when no living rank can still get there.
//! One tree for each descriptor. Prints nothing. Called by `fold.rs` and `diff.rs`.

use super::store::{Store, TextId};
use std::collections::{BTreeMap, HashMap};
use std::io;

/// The end of one distinct output: so many bytes into a node.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    node: usize,
    offset: u64,
}

/// Ranks with one and the same output.
#[derive(PartialEq, Eq, Debug)]
pub struct Equal {
    pub place: Place,
    pub ranks: Vec<u32>,
    pub finished: bool,
}

pub struct Prefixes {
    nodes: Vec<Node>,
    /// Which node continues where the first byte that differs is this one.
    branches: HashMap<(Place, u8), usize>,
    ranks: Vec<Rank>,
    /// Finished ranks whose group may still grow.
    waiting: BTreeMap<Place, Vec<u32>>,
}

#[derive(Copy, Clone)]
struct Rank {
    at: Place,
    over: bool,
}

struct Node {
    text: TextId,
    parent: Option<Place>,
    /// How many living ranks stand at each offset.
    living: BTreeMap<u64, u32>,
    /// Groups that wait until no rank lives at or before the offset.
    watchers: BTreeMap<u64, Vec<Place>>,
    /// Branches and groups that need this text.
    needed: u32,
}

const ROOT: Place = Place { node: 0, offset: 0 };

impl Prefixes {
    pub fn new(size: usize, store: &mut Store) -> Prefixes {
        let mut root = Node::new(store.create(), None);
        root.living.insert(0, size as u32);
        let ranks = vec![Rank { at: ROOT, over: false }; size];
        Prefixes { nodes: vec![root], branches: HashMap::new(), ranks, waiting: BTreeMap::new() }
    }

    /// More bytes of a rank; the groups that nobody can join any more because of it.
    pub fn push(&mut self, rank: u32, bytes: &[u8], store: &mut Store) -> io::Result<Vec<Equal>> {
        let Some(Rank { at: from, over: false }) = self.ranks.get(rank as usize).copied() else {
            return Ok(vec![]);
        };
        let to = self.follow(from, bytes, store)?;
        if to == from {
            return Ok(vec![]);
        }
        self.ranks[rank as usize].at = to;
        *self.nodes[to.node].living.entry(to.offset).or_default() += 1;
        Ok(self.leave(from))
    }

    /// The rank has no more bytes; the groups that nobody can join any more.
    pub fn end(&mut self, rank: u32) -> Vec<Equal> {
        let Some(entry) = self.ranks.get_mut(rank as usize).filter(|entry| !entry.over) else {
            return vec![];
        };
        entry.over = true;
        let place = entry.at;
        let group = self.waiting.entry(place).or_default();
        group.push(rank);
        let is_new = group.len() == 1;
        let mut complete = self.leave(place);
        if is_new {
            self.nodes[place.node].needed += 1;
            complete.extend(self.settle(place));
        }
        complete
    }

    /// Everything that is left: groups that might have grown, and ranks that are not over.
    pub fn rest(&mut self) -> Vec<Equal> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let equal = |(place, ranks)| Equal { place, ranks, finished: true };
        let mut rest: Vec<Equal> = waiting.map(equal).collect();
        let mut living: BTreeMap<Place, Vec<u32>> = BTreeMap::new();
        for (rank, entry) in self.ranks.iter().enumerate().filter(|(_, entry)| !entry.over) {
            living.entry(entry.at).or_default().push(rank as u32);
        }
        let equal = |(place, ranks)| Equal { place, ranks, finished: false };
        rest.extend(living.into_iter().map(equal));
        rest.sort_by_key(|equal| equal.ranks.iter().min().copied());
        rest
    }

    /// Length of the output that ends there.
    pub fn length(&self, place: Place) -> u64 {
        self.path(place).iter().map(|part| part.offset).sum()
    }

    /// Hands over the output that ends there.
    pub fn copy(
        &self,
        place: Place,
        store: &Store,
        each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path(place);
        let mut parts = path.into_iter().rev();
        parts.try_for_each(|part| store.copy(self.nodes[part.node].text, 0, part.offset, each))
    }

    /// A complete group is printed: frees what nobody else needs.
    pub fn release(&mut self, place: Place, store: &mut Store) {
        let mut next = Some(place);
        while let Some(place) = next {
            let node = &mut self.nodes[place.node];
            node.needed = node.needed.saturating_sub(1);
            // Nobody can come here from above: the group below could not have been complete.
            if place.node == ROOT.node || node.needed > 0 || !node.living.is_empty() {
                return;
            }
            store.release(node.text);
            next = node.parent;
        }
    }

    fn follow(&mut self, from: Place, bytes: &[u8], store: &mut Store) -> io::Result<Place> {
        let (mut place, mut rest) = (from, bytes);
        loop {
            let text = self.nodes[place.node].text;
            let same = store.matching(text, place.offset, rest)?;
            place.offset += same as u64;
            rest = &rest[same..];
            let Some(first) = rest.first() else { return Ok(place) };
            if let Some(node) = self.branches.get(&(place, *first)) {
                place = Place { node: *node, offset: 0 };
                continue;
            }
            let end = place.offset + rest.len() as u64;
            if place.offset == store.length(text) {
                store.append(text, rest)?;
                return Ok(Place { offset: end, ..place });
            }
            let text = store.create();
            if let Err(error) = store.append(text, rest) {
                store.release(text);
                return Err(error);
            }
            let node = self.nodes.len();
            self.nodes.push(Node::new(text, Some(place)));
            self.nodes[place.node].needed += 1;
            self.branches.insert((place, *first), node);
            return Ok(Place { node, offset: rest.len() as u64 });
        }
    }

    /// One living rank less at a place; the groups that waited for it and for nobody else.
    fn leave(&mut self, place: Place) -> Vec<Equal> {
        let node = &mut self.nodes[place.node];
        if let Some(count) = node.living.get_mut(&place.offset) {
            *count -= 1;
            if *count == 0 {
                node.living.remove(&place.offset);
            }
        }
        let stays = match node.living.keys().next() {
            Some(first) => node.watchers.split_off(first),
            None => BTreeMap::new(),
        };
        let free = std::mem::replace(&mut node.watchers, stays);
        free.into_values().flatten().filter_map(|place| self.settle(place)).collect()
    }

    /// The group if it is complete; else it is set to watch whoever can still join it.
    fn settle(&mut self, place: Place) -> Option<Equal> {
        let mut at = Some(place);
        while let Some(limit) = at {
            let node = &mut self.nodes[limit.node];
            if node.living.keys().next().is_some_and(|first| *first <= limit.offset) {
                node.watchers.entry(limit.offset).or_default().push(place);
                return None;
            }
            at = node.parent;
        }
        let ranks = self.waiting.remove(&place)?;
        Some(Equal { place, ranks, finished: true })
    }

    /// From the place up to the root.
    fn path(&self, place: Place) -> Vec<Place> {
        let up = |place: &Place| self.nodes[place.node].parent;
        std::iter::successors(Some(place), up).collect()
    }
}

impl Node {
    fn new(text: TextId, parent: Option<Place>) -> Node {
        let (living, watchers) = (BTreeMap::new(), BTreeMap::new());
        Node { text, parent, living, watchers, needed: 0 }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Spilling;
    use super::*;
    use proptest::prelude::*;

    fn text(tree: &Prefixes, store: &Store, place: Place) -> Vec<u8> {
        let mut all = vec![];
        let mut each = |piece: &[u8]| {
            all.extend_from_slice(piece);
            Ok(())
        };
        tree.copy(place, store, &mut each).unwrap();
        assert_eq!(all.len() as u64, tree.length(place));
        all
    }

    #[test]
    fn a_group_is_complete_when_nobody_can_join() {
        let mut store = Store::new(Spilling::default());
        let mut tree = Prefixes::new(4, &mut store);
        assert!(tree.push(0, b"ok\n", &mut store).unwrap().is_empty());
        assert!(tree.end(0).is_empty(), "three are silent");
        assert!(tree.push(1, b"ok\nmore\n", &mut store).unwrap().is_empty());
        assert!(tree.push(2, b"o", &mut store).unwrap().is_empty());
        assert!(tree.push(3, b"no\n", &mut store).unwrap().is_empty(), "rank 2 may join");
        let done = tree.end(3);
        assert_eq!(done.len(), 1, "of those who printed, none began with n");
        assert_eq!(text(&tree, &store, done[0].place), b"no\n");
        assert!(tree.push(2, b"k", &mut store).unwrap().is_empty());
        assert!(tree.push(2, b"\n", &mut store).unwrap().is_empty());
        let done = tree.end(2);
        assert_eq!(done.len(), 1, "rank 1 has printed more than these");
        assert_eq!(done[0].ranks, [0, 2]);
        assert_eq!(text(&tree, &store, done[0].place), b"ok\n");
        let rest = tree.rest();
        assert_eq!((rest.len(), rest[0].finished, &rest[0].ranks[..]), (1, false, &[1][..]));
        assert_eq!(text(&tree, &store, rest[0].place), b"ok\nmore\n");
    }

    #[test]
    fn moving_away_completes_a_group() {
        let mut store = Store::new(Spilling::default());
        let mut tree = Prefixes::new(2, &mut store);
        tree.push(0, b"abc", &mut store).unwrap();
        assert!(tree.end(0).is_empty());
        assert!(tree.push(1, b"ab", &mut store).unwrap().is_empty());
        let done = tree.push(1, b"x", &mut store).unwrap();
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].ranks, [0]);
    }

    #[test]
    fn what_is_printed_is_freed() {
        let mut store = Store::new(Spilling::default());
        let mut tree = Prefixes::new(3, &mut store);
        tree.push(0, &[b'a'; 40], &mut store).unwrap();
        tree.push(1, &[b'b'; 5_000], &mut store).unwrap();
        tree.push(2, &[b'b'; 5_001], &mut store).unwrap();
        let before = store.held();
        tree.end(0);
        let done = tree.end(1);
        assert!(done.iter().any(|equal| equal.ranks == [1]), "{done:?}");
        let done = tree.end(2);
        for equal in done {
            tree.release(equal.place, &mut store);
        }
        assert!(store.held() <= before);
    }

    proptest! {
        #[test]
        fn groups_are_those_of_whole_outputs(
            outputs in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b')], 0..6), 1..12),
            steps in proptest::collection::vec((0usize..12, 1usize..4), 0..80),
        ) {
            let mut store = Store::bounded(Spilling::default(), 64);
            let mut tree = Prefixes::new(outputs.len(), &mut store);
            let mut sent = vec![0; outputs.len()];
            let mut over = vec![false; outputs.len()];
            let mut groups: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
            let all = (0..outputs.len()).flat_map(|rank| [(rank, 9), (rank, 9)]);
            for (rank, count) in steps.into_iter().chain(all) {
                if rank >= outputs.len() || over[rank] {
                    continue;
                }
                let output = &outputs[rank];
                let to = (sent[rank] + count).min(output.len());
                let done = if sent[rank] == output.len() {
                    over[rank] = true;
                    tree.end(rank as u32)
                } else {
                    tree.push(rank as u32, &output[sent[rank]..to], &mut store).unwrap()
                };
                sent[rank] = to;
                for equal in done {
                    let output = text(&tree, &store, equal.place);
                    let begun = |rank: usize| output.starts_with(&outputs[rank][..sent[rank]]);
                    let join = |rank: usize| !over[rank] && begun(rank);
                    prop_assert!(!(0..outputs.len()).any(join), "somebody can still join");
                    prop_assert!(groups.insert(output, equal.ranks.clone()).is_none());
                    tree.release(equal.place, &mut store);
                }
            }
            prop_assert!(tree.rest().is_empty());
            let mut want: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
            for (rank, output) in outputs.iter().enumerate() {
                want.entry(output.clone()).or_default().push(rank as u32);
            }
            groups.values_mut().for_each(|ranks| ranks.sort_unstable());
            prop_assert_eq!(groups, want);
        }
    }
}
