//! A queue whose members are found by keys, and which knows who came first. Called by `table`,
//! for messages (under several keys each) and for receives (under one).

use super::bins::{Bins, NONE};
use super::key::Key;
use crate::slab::{self, Slab};

/// Where something waits, until it is met or removed.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place(slab::Key);

#[derive(Debug)]
struct Node<T> {
    value: T,
    stamp: u64,
    /// First of its links.
    links: u32,
}

#[derive(Debug)]
pub struct Index<T> {
    nodes: Slab<Node<T>>,
    bins: Bins,
    stamp: u64,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Index { nodes: Slab::default(), bins: Bins::default(), stamp: 0 }
    }
}

impl<T> Index<T> {
    /// Adds to the end of the queue.
    pub fn push(&mut self, value: T) -> Place {
        self.stamp += 1;
        Place(self.nodes.insert(Node { value, stamp: self.stamp, links: NONE }))
    }

    /// Lets what stands at a place be found by this key too. Under one key, places are filed in
    /// the order of the queue.
    pub fn file(&mut self, place: Place, key: Key) {
        let Some(node) = self.nodes.get_mut(place.0) else { return };
        node.links = self.bins.push(key, place.0, node.links);
    }

    pub fn remove(&mut self, place: Place) -> Option<T> {
        let node = self.nodes.remove(place.0)?;
        let mut next = node.links;
        while next != NONE {
            next = self.bins.remove(next);
        }
        Some(node.value)
    }

    pub fn get(&self, place: Place) -> Option<&T> {
        self.nodes.get(place.0).map(|node| &node.value)
    }

    /// Under this key, in the order of the queue, with the stamp of each.
    pub fn walk(&self, key: Key) -> impl Iterator<Item = (u64, Place, &T)> {
        self.bins.walk(key).filter_map(|at| {
            let node = self.nodes.get(at)?;
            Some((node.stamp, Place(at), &node.value))
        })
    }

    pub fn count(&self, key: Key) -> u32 {
        self.bins.count(key)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &T)> {
        self.nodes.iter().map(|(at, node)| (Place(at), &node.value))
    }

    /// All places, in the order of the queue.
    pub fn in_order(&self) -> Vec<Place> {
        let mut all: Vec<_> = self.nodes.iter().map(|(at, node)| (node.stamp, at)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, at)| Place(at)).collect()
    }
}
