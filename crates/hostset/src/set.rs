//! A set of host names: algebra, order, and the folded form as its text. Names stand sorted
//! in one vector, so that sets of 65,536 cost a few milliseconds and iterate in natural
//! order. Not for attributes (`item`). Called by everyone who selects hosts.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::eval::SetError;
use crate::expr::Expr;
use crate::fold;
use crate::name::HostName;
use crate::natural;

/// An ordered set of checked host names. `Display` folds: `gpu[01-04],lab[1-40]`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct HostSet {
    names: Vec<HostName>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Both,
    Right,
}

impl HostSet {
    pub fn new() -> HostSet {
        HostSet::default()
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// The stored name equal to `name`; cheaper to keep than a new one.
    pub fn get(&self, name: &str) -> Option<&HostName> {
        self.find(name).ok().map(|at| &self.names[at])
    }

    pub fn iter(&self) -> std::slice::Iter<'_, HostName> {
        self.names.iter()
    }

    /// The names in natural order.
    pub fn as_slice(&self) -> &[HostName] {
        &self.names
    }

    /// False if it was there. For many names collect them or `extend`: this one shifts.
    pub fn insert(&mut self, name: HostName) -> bool {
        match self.find(&name) {
            Ok(_) => false,
            Err(at) => {
                self.names.insert(at, name);
                true
            }
        }
    }

    pub fn remove(&mut self, name: &str) -> bool {
        self.find(name).map(|at| self.names.remove(at)).is_ok()
    }

    pub fn union(&self, other: &HostSet) -> HostSet {
        self.merge(other, |_| true)
    }

    pub fn difference(&self, other: &HostSet) -> HostSet {
        self.merge(other, |side| side == Side::Left)
    }

    pub fn intersection(&self, other: &HostSet) -> HostSet {
        self.merge(other, |side| side == Side::Both)
    }

    pub fn symmetric_difference(&self, other: &HostSet) -> HostSet {
        self.merge(other, |side| side != Side::Both)
    }

    pub fn is_subset(&self, other: &HostSet) -> bool {
        self.len() <= other.len() && self.iter().all(|name| other.contains(name))
    }

    pub fn is_disjoint(&self, other: &HostSet) -> bool {
        self.intersection(other).is_empty()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|probe| natural::compare(probe, name))
    }

    fn merge(&self, other: &HostSet, keep: impl Fn(Side) -> bool) -> HostSet {
        let (a, b) = (&self.names, &other.names);
        let (mut i, mut j) = (0, 0);
        let mut names = Vec::new();
        while i < a.len() || j < b.len() {
            let order = match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) => x.cmp(y),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            let (side, name) = match order {
                Ordering::Less => (Side::Left, &a[i]),
                Ordering::Equal => (Side::Both, &a[i]),
                Ordering::Greater => (Side::Right, &b[j]),
            };
            i += usize::from(side != Side::Right);
            j += usize::from(side != Side::Left);
            if keep(side) {
                names.push(name.clone());
            }
        }
        HostSet { names }
    }
}

impl FromIterator<HostName> for HostSet {
    fn from_iter<I: IntoIterator<Item = HostName>>(iter: I) -> HostSet {
        let mut names: Vec<HostName> = iter.into_iter().collect();
        names.sort();
        names.dedup();
        HostSet { names }
    }
}

impl Extend<HostName> for HostSet {
    fn extend<I: IntoIterator<Item = HostName>>(&mut self, iter: I) {
        self.names.extend(iter);
        self.names.sort();
        self.names.dedup();
    }
}

impl IntoIterator for HostSet {
    type Item = HostName;
    type IntoIter = std::vec::IntoIter<HostName>;
    fn into_iter(self) -> Self::IntoIter {
        self.names.into_iter()
    }
}

impl<'a> IntoIterator for &'a HostSet {
    type Item = &'a HostName;
    type IntoIter = std::slice::Iter<'a, HostName>;
    fn into_iter(self) -> Self::IntoIter {
        self.names.iter()
    }
}

impl FromStr for HostSet {
    type Err = SetError;

    /// Reads what `Display` wrote: names, ranges and set operators; the empty text is the
    /// empty set. Groups, `all`, globs and predicates need a [`crate::Universe`] and are errors.
    fn from_str(text: &str) -> Result<HostSet, SetError> {
        if text.trim().is_empty() {
            return Ok(HostSet::new());
        }
        let items = Expr::parse(text).map_err(SetError::Parse)?.items().map_err(SetError::Eval)?;
        Ok(HostSet { names: items.into_iter().map(|item| item.name).collect() })
    }
}

impl fmt::Display for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fold::write(&self.names, f)
    }
}

impl fmt::Debug for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostSet({self})")
    }
}
