//! Lists of links, one for each key, each in the order in which links were added. A link is
//! taken out of the middle in O(1), a list is found in O(1), and a steady flow through them
//! allocates nothing. Called by `index`.
//!
//! Places in the two vectors are numbers of 32 bits, and free ones form lists of their own: what
//! waits by the ten thousand should stay near.

use super::key::{Form, Key};
use crate::slab;

/// No link, no bin.
pub const NONE: u32 = u32::MAX;

/// A place in one list.
#[derive(Debug)]
struct Link {
    node: slab::Key,
    /// Another link of the same node, in another list.
    sibling: u32,
    bin: u32,
    before: u32,
    /// Of a free link, the next free one.
    after: u32,
}

#[derive(Debug)]
struct Bin {
    key: Key,
    count: u32,
    first: u32,
    last: u32,
    /// Next bin whose hash falls into the same bucket; of a free bin, the next free one.
    next: u32,
}

#[derive(Debug)]
pub struct Bins {
    links: Vec<Link>,
    bins: Vec<Bin>,
    free_link: u32,
    free_bin: u32,
    used_bins: usize,
    /// First bin of each; a power of two of them, or none before the first use.
    buckets: Vec<u32>,
    /// Links under keys of each form.
    forms: [usize; Form::COUNT],
}

impl Default for Bins {
    fn default() -> Self {
        Bins {
            links: vec![],
            bins: vec![],
            free_link: NONE,
            free_bin: NONE,
            used_bins: 0,
            buckets: vec![],
            forms: [0; Form::COUNT],
        }
    }
}

impl Bins {
    /// Adds a link at the end of the key's list. The sibling is another one of the same node.
    pub fn push(&mut self, key: Key, node: slab::Key, sibling: u32) -> u32 {
        self.forms[key.form as usize] += 1;
        let at = match self.find(key) {
            NONE => self.new_bin(key),
            at => at,
        };
        let before = self.bins[at as usize].last;
        let link = self.new_link(Link { node, sibling, bin: at, before, after: NONE });
        let bin = &mut self.bins[at as usize];
        (bin.last, bin.count) = (link, bin.count + 1);
        match before {
            NONE => bin.first = link,
            before => self.links[before as usize].after = link,
        }
        link
    }

    /// Takes a link out of its list, which goes with its last one; the sibling of it.
    pub fn remove(&mut self, link: u32) -> u32 {
        let Link { sibling, bin: at, before, after, .. } = self.links[link as usize];
        self.links[link as usize].after = self.free_link;
        self.free_link = link;
        if before != NONE {
            self.links[before as usize].after = after;
        }
        if after != NONE {
            self.links[after as usize].before = before;
        }
        let bin = &mut self.bins[at as usize];
        self.forms[bin.key.form as usize] -= 1;
        bin.count -= 1;
        if before == NONE {
            bin.first = after;
        }
        if after == NONE {
            bin.last = before;
        }
        if bin.count == 0 {
            self.free(at);
        }
        sibling
    }

    /// Nodes under a key, oldest first.
    pub fn walk(&self, key: Key) -> impl Iterator<Item = slab::Key> {
        let bin = self.bins.get(self.find(key) as usize);
        let mut next = bin.map_or(NONE, |bin| bin.first);
        std::iter::from_fn(move || {
            let link = self.links.get(next as usize)?;
            next = link.after;
            Some(link.node)
        })
    }

    /// How many there are under a key.
    pub fn count(&self, key: Key) -> u32 {
        self.bins.get(self.find(key) as usize).map_or(0, |bin| bin.count)
    }

    fn bucket(&self, key: Key) -> usize {
        key.hash as usize & (self.buckets.len() - 1)
    }

    /// The bin of a key. None is looked for where no key has the form.
    fn find(&self, key: Key) -> u32 {
        if self.forms[key.form as usize] == 0 || self.buckets.is_empty() {
            return NONE;
        }
        let mut at = self.buckets[self.bucket(key)];
        while at != NONE && self.bins[at as usize].key != key {
            at = self.bins[at as usize].next;
        }
        at
    }

    fn new_link(&mut self, link: Link) -> u32 {
        if self.free_link == NONE {
            self.links.push(link);
            return self.links.len() as u32 - 1;
        }
        let at = self.free_link;
        self.free_link = std::mem::replace(&mut self.links[at as usize], link).after;
        at
    }

    fn new_bin(&mut self, key: Key) -> u32 {
        self.grow();
        let bucket = self.bucket(key);
        let bin = Bin { key, count: 0, first: NONE, last: NONE, next: self.buckets[bucket] };
        let at = match self.free_bin {
            NONE => {
                self.bins.push(bin);
                self.bins.len() as u32 - 1
            }
            at => {
                self.free_bin = std::mem::replace(&mut self.bins[at as usize], bin).next;
                at
            }
        };
        self.used_bins += 1;
        self.buckets[bucket] = at;
        at
    }

    fn free(&mut self, at: u32) {
        let Bin { key, next, .. } = self.bins[at as usize];
        let bucket = self.bucket(key);
        if self.buckets[bucket] == at {
            self.buckets[bucket] = next;
        } else {
            let mut before = self.buckets[bucket];
            while self.bins[before as usize].next != at {
                before = self.bins[before as usize].next;
            }
            self.bins[before as usize].next = next;
        }
        self.bins[at as usize].next = self.free_bin;
        self.free_bin = at;
        self.used_bins -= 1;
    }

    /// Keeps one bin a bucket on average. Never smaller again, so a flow settles.
    fn grow(&mut self) {
        if self.used_bins < self.buckets.len() {
            return;
        }
        let old = std::mem::take(&mut self.buckets);
        self.buckets = vec![NONE; (old.len() * 2).max(16)];
        for mut at in old {
            while at != NONE {
                let bucket = self.bucket(self.bins[at as usize].key);
                let next =
                    std::mem::replace(&mut self.bins[at as usize].next, self.buckets[bucket]);
                self.buckets[bucket] = at;
                at = next;
            }
        }
    }
}
