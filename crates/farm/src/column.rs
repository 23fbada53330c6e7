//! The values of one parameter for all tasks of a batch, in little room: a sweep of a million
//! points costs its axes, a million lines their bytes and four more each.
//!
//! Made by `posse-work` and the API, read by `holder` when a task is handed to a host.

use serde::{Deserialize, Serialize};

/// Value number `i` belongs to the batch's task number `i`.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Column {
    /// One value a task.
    Each(Texts),
    /// An axis of a cross product: task `i` has value `i / every % len`.
    Axis { values: Texts, every: u32 },
    /// Few values, many tasks: task `i` has value `which[i]`.
    Among { values: Texts, which: Vec<u16> },
}

/// Many short texts in one allocation. Of a stranger's, the ends are checked by [`Texts::check`]
/// before anything is read.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    bytes: String,
    /// Where each text ends.
    ends: Vec<u32>,
}

impl Texts {
    /// False, and nothing is added, if all of them together would be beyond 4 GiB.
    pub fn push(&mut self, text: &str) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len() + text.len()) else { return false };
        self.bytes.push_str(text);
        self.ends.push(end);
        true
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.bytes.get(start..end)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Bytes that it takes, without what is spare.
    pub fn size(&self) -> usize {
        self.bytes.len() + 4 * self.ends.len()
    }

    fn check(&self) -> bool {
        let ordered = self.ends.windows(2).all(|pair| pair[0] <= pair[1]);
        let inside = |end: &u32| self.bytes.is_char_boundary(*end as usize);
        ordered && self.ends.iter().all(inside)
    }

    fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl<'a> FromIterator<&'a str> for Texts {
    fn from_iter<T: IntoIterator<Item = &'a str>>(iter: T) -> Self {
        let mut texts = Texts::default();
        iter.into_iter().for_each(|text| {
            texts.push(text);
        });
        texts
    }
}

impl Column {
    pub fn each<'a>(values: impl IntoIterator<Item = &'a str>) -> Column {
        Column::Each(values.into_iter().collect())
    }

    /// The value of the batch's task `index`.
    pub fn get(&self, index: u32) -> Option<&str> {
        match self {
            Column::Each(values) => values.get(index as usize),
            Column::Axis { values, every } => {
                let step = index.checked_div(*every)? as usize;
                values.get(step.checked_rem(values.len())?)
            }
            Column::Among { values, which } => values.get(usize::from(*which.get(index as usize)?)),
        }
    }

    pub fn size(&self) -> usize {
        match self {
            Column::Each(values) | Column::Axis { values, .. } => values.size(),
            Column::Among { values, which } => values.size() + 2 * which.len(),
        }
    }

    /// Whether each of `tasks` tasks has a value. Nothing of a column that fails this is read.
    pub fn check(&self, tasks: u32) -> bool {
        match self {
            Column::Each(values) => values.check() && values.len() == tasks as usize,
            Column::Axis { values, every } => values.check() && !values.is_empty() && *every > 0,
            Column::Among { values, which } => {
                let known = |one: &u16| usize::from(*one) < values.len();
                values.check() && which.len() == tasks as usize && which.iter().all(known)
            }
        }
    }

    pub(crate) fn shrink(&mut self) {
        match self {
            Column::Each(values) | Column::Axis { values, .. } => values.shrink(),
            Column::Among { values, which } => {
                values.shrink();
                which.shrink_to_fit();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cross_product_is_its_axes() {
        let axis = |values: &[&str], every| Column::Axis {
            values: values.iter().copied().collect(),
            every,
        };
        let (size, assoc) = (axis(&["a", "b"], 3), axis(&["1", "2", "3"], 1));
        assert!(size.check(6) && assoc.check(6));
        let points: Vec<String> =
            (0..6).map(|i| [size.get(i).unwrap(), assoc.get(i).unwrap()].concat()).collect();
        assert_eq!(points, ["a1", "a2", "a3", "b1", "b2", "b3"]);
    }

    #[test]
    fn every_task_has_a_value_or_the_column_is_refused() {
        let each = Column::each(["x", "", "zz"]);
        assert!(each.check(3) && !each.check(4));
        assert_eq!((each.get(1), each.get(2), each.get(3)), (Some(""), Some("zz"), None));
        let among = |which| Column::Among { values: ["x"].into_iter().collect(), which };
        assert!(among(vec![0, 0]).check(2) && !among(vec![0, 1]).check(2));
        assert!(!Column::Axis { values: Texts::default(), every: 1 }.check(0));
        assert!(!Column::Axis { values: ["x"].into_iter().collect(), every: 0 }.check(1));
    }

    #[test]
    fn ends_that_lie_are_refused_and_never_panic() {
        for ends in [vec![2, 1], vec![9], vec![1]] {
            let texts = Texts { bytes: "é".into(), ends };
            assert!(!Column::Each(texts.clone()).check(texts.len() as u32));
            assert!(texts.iter().count() <= texts.len());
        }
    }
}
