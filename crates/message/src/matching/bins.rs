//! Lists of links, one for each key, each in the order in which links were added. A link is
//! taken out of the middle in O(1), a list is found in O(1), and a steady flow through them
//! allocates nothing. Called by `index`.

use super::key::Key;
use crate::slab::{self, Slab};

/// A place in one list.
#[derive(Debug)]
pub struct Link {
    /// What stands there: the user's own key.
    pub node: slab::Key,
    /// Another link of the same node, in another list.
    pub sibling: Option<slab::Key>,
    bin: slab::Key,
    before: Option<slab::Key>,
    after: Option<slab::Key>,
}

#[derive(Debug)]
struct Bin {
    key: Key,
    count: usize,
    first: slab::Key,
    last: slab::Key,
    /// Next bin whose hash falls into the same bucket.
    next: Option<slab::Key>,
}

#[derive(Debug, Default)]
pub struct Bins {
    links: Slab<Link>,
    bins: Slab<Bin>,
    /// First bin of each; a power of two of them, or none before the first use.
    buckets: Vec<Option<slab::Key>>,
}

impl Bins {
    /// Adds a link at the end of the key's list.
    pub fn push(&mut self, key: Key, node: slab::Key, sibling: Option<slab::Key>) -> slab::Key {
        let Some(at) = self.find(key) else { return self.push_first(key, node, sibling) };
        let last = self.bins.get(at).map(|bin| bin.last);
        let link = self.links.insert(Link { node, sibling, bin: at, before: last, after: None });
        if let Some(before) = last.and_then(|last| self.links.get_mut(last)) {
            before.after = Some(link);
        }
        if let Some(bin) = self.bins.get_mut(at) {
            bin.last = link;
            bin.count += 1;
        }
        link
    }

    fn push_first(&mut self, key: Key, node: slab::Key, sibling: Option<slab::Key>) -> slab::Key {
        self.grow();
        let bucket = self.bucket(key);
        let next = self.buckets[bucket];
        // The link and its bin name each other, so the bin is known once the link is there.
        let link = self.links.insert(Link { node, sibling, bin: node, before: None, after: None });
        let bin = self.bins.insert(Bin { key, count: 1, first: link, last: link, next });
        if let Some(link) = self.links.get_mut(link) {
            link.bin = bin;
        }
        self.buckets[bucket] = Some(bin);
        link
    }

    /// Takes a link out of its list; the list goes with its last link.
    pub fn remove(&mut self, link: slab::Key) -> Option<Link> {
        let link = self.links.remove(link)?;
        if let Some(before) = link.before.and_then(|before| self.links.get_mut(before)) {
            before.after = link.after;
        }
        if let Some(after) = link.after.and_then(|after| self.links.get_mut(after)) {
            after.before = link.before;
        }
        let bin = self.bins.get_mut(link.bin)?;
        bin.count -= 1;
        match (link.before, link.after) {
            (None, None) => {
                let key = bin.key;
                self.drop_bin(key, link.bin);
            }
            (None, Some(after)) => bin.first = after,
            (Some(before), None) => bin.last = before,
            (Some(_), Some(_)) => {}
        }
        Some(link)
    }

    /// Nodes under a key, oldest first.
    pub fn walk(&self, key: Key) -> impl Iterator<Item = slab::Key> {
        let mut next = self.find(key).and_then(|bin| self.bins.get(bin)).map(|bin| bin.first);
        std::iter::from_fn(move || {
            let link = self.links.get(next?)?;
            next = link.after;
            Some(link.node)
        })
    }

    /// How many there are under a key.
    pub fn count(&self, key: Key) -> usize {
        self.find(key).and_then(|bin| self.bins.get(bin)).map_or(0, |bin| bin.count)
    }

    fn bucket(&self, key: Key) -> usize {
        key.hash() as usize & (self.buckets.len() - 1)
    }

    fn find(&self, key: Key) -> Option<slab::Key> {
        if self.buckets.is_empty() {
            return None;
        }
        let mut next = self.buckets[self.bucket(key)];
        while let Some(at) = next {
            let bin = self.bins.get(at)?;
            if bin.key == key {
                return Some(at);
            }
            next = bin.next;
        }
        None
    }

    fn drop_bin(&mut self, key: Key, at: slab::Key) {
        let Some(gone) = self.bins.remove(at) else { return };
        let bucket = self.bucket(key);
        if self.buckets[bucket] == Some(at) {
            self.buckets[bucket] = gone.next;
            return;
        }
        let mut next = self.buckets[bucket];
        while let Some(bin) = next.and_then(|next| self.bins.get_mut(next)) {
            if bin.next == Some(at) {
                bin.next = gone.next;
                return;
            }
            next = bin.next;
        }
    }

    /// Keeps one bin a bucket on average. Never smaller again, so a flow settles.
    fn grow(&mut self) {
        if self.bins.len() < self.buckets.len() {
            return;
        }
        let keys: Vec<(slab::Key, Key)> = self.bins.iter().map(|(at, bin)| (at, bin.key)).collect();
        self.buckets = vec![None; (self.buckets.len() * 2).max(16)];
        for (at, key) in keys {
            let bucket = self.bucket(key);
            let next = self.buckets[bucket].replace(at);
            if let Some(bin) = self.bins.get_mut(at) {
                bin.next = next;
            }
        }
    }
}
