//! Values by the million: a column holds a list in one string, or a range as its bounds. A grid
//! puts columns together as a product or side by side, and any of its points is computed from
//! its number. Called by all faces; the farm stores columns alike.

use std::borrow::Cow;

use crate::limits::{COLUMN_BYTES_MAX, COLUMNS_MAX, TASKS_MAX, VALUES_MAX};
use crate::mistake::{Mistake, Result};
use crate::range::Range;

/// Values of one parameter, numbered from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    List(List),
    Range(Range),
}

/// Strings in one allocation: their bytes, and where each ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    text: String,
    ends: Vec<u32>,
}

impl List {
    /// Adds a value at the end; refused beyond the bounds of this crate.
    pub fn push(&mut self, value: &str) -> Result<()> {
        if self.ends.len() >= VALUES_MAX || self.text.len() + value.len() > COLUMN_BYTES_MAX {
            let what = format!("more than {VALUES_MAX} values, which is the limit of one list");
            return Err(Mistake::new(what).hint("use a range, or several jobs"));
        }
        self.text.push_str(value);
        // Checked above: the length fits.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// A list of these values.
    pub fn of<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Result<List> {
        let mut list = List::default();
        for value in values {
            list.push(value.as_ref())?;
        }
        Ok(list)
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Value number `at`.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }

    /// All values in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl Values {
    pub fn len(&self) -> u64 {
        match self {
            Values::List(list) => list.len() as u64,
            Values::Range(range) => range.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value number `at`, empty beyond the end.
    pub fn get(&self, at: u64) -> Cow<'_, str> {
        match self {
            Values::List(list) => {
                usize::try_from(at).ok().and_then(|at| list.get(at)).unwrap_or("").into()
            }
            Values::Range(range) => range.get(at).into(),
        }
    }
}

/// Columns that go together, value by value: one of `-p`, or all of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Name and values; all of one length.
    columns: Vec<(String, Values)>,
}

impl Axis {
    /// An axis of one column.
    pub fn new(name: impl Into<String>, values: Values) -> Axis {
        Axis { columns: vec![(name.into(), values)] }
    }

    /// An axis of columns of the same length; what is longer than the first is not reached.
    pub fn of(columns: Vec<(String, Values)>) -> Axis {
        Axis { columns }
    }

    pub fn len(&self) -> u64 {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn columns(&self) -> &[(String, Values)] {
        &self.columns
    }
}

/// How axes are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Combine {
    /// Every value with every other; the last axis varies fastest.
    #[default]
    Product,
    /// First with first, second with second; all have the same length.
    Zip,
}

/// One column of a grid: point `i` has value `i / every % values.len()`.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    pub name: &'a str,
    pub values: &'a Values,
    pub every: u64,
}

/// All points of a batch. It costs its columns, whatever the number of points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    axes: Vec<Axis>,
    combine: Combine,
    len: u64,
}

impl Grid {
    /// Puts axes together; without any, there is one point without values.
    pub fn new(axes: Vec<Axis>, combine: Combine) -> Result<Grid> {
        let columns: usize = axes.iter().map(|axis| axis.columns.len()).sum();
        if columns > COLUMNS_MAX {
            let what = format!("{columns} columns; the limit is {COLUMNS_MAX}");
            return Err(Mistake::new(what));
        }
        let names: Vec<&str> = names_of(&axes).collect();
        if let Some(at) = (1..names.len()).find(|at| names[..*at].contains(&names[*at])) {
            return Err(Mistake::new(format!("the parameter `{}` is given twice", names[at])));
        }
        let len = match combine {
            Combine::Product => product(&axes)?,
            Combine::Zip => same_length(&axes)?,
        };
        if len > TASKS_MAX {
            let what = format!("{len} tasks; the limit of one job is {TASKS_MAX}");
            return Err(Mistake::new(what).hint("split the ranges over several jobs"));
        }
        Ok(Grid { axes, combine, len })
    }

    /// One point without values.
    pub fn single() -> Grid {
        Grid { axes: Vec::new(), combine: Combine::Product, len: 1 }
    }

    /// The number of points.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    pub fn combine(&self) -> Combine {
        self.combine
    }

    /// Names of the columns, in the order of a point's values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        names_of(&self.axes)
    }

    /// All columns, in the order of a point's values.
    pub fn columns(&self) -> impl Iterator<Item = Column<'_>> {
        let mut every = self.len;
        let combine = self.combine;
        self.axes.iter().flat_map(move |axis| {
            every = match combine {
                Combine::Zip => 1,
                Combine::Product => every / axis.len().max(1),
            };
            let every = every.max(1);
            axis.columns.iter().map(move |(name, values)| Column { name, values, every })
        })
    }

    /// The values of point `number` (from 0), one a column; empty beyond the end.
    pub fn point(&self, number: u64) -> Vec<Cow<'_, str>> {
        if number >= self.len {
            return Vec::new();
        }
        self.columns().map(|column| column.get(number)).collect()
    }
}

impl<'a> Column<'a> {
    /// The value of point `number`.
    pub fn get(&self, number: u64) -> Cow<'a, str> {
        self.values.get(number / self.every % self.values.len().max(1))
    }
}

fn names_of(axes: &[Axis]) -> impl Iterator<Item = &str> {
    axes.iter().flat_map(|axis| axis.columns.iter().map(|(name, _)| name.as_str()))
}

fn product(axes: &[Axis]) -> Result<u64> {
    let lengths = axes.iter().map(Axis::len);
    if lengths.clone().any(|len| len == 0) {
        return Ok(0);
    }
    let mut len: u64 = 1;
    for length in lengths {
        len = len.checked_mul(length).filter(|len| *len <= TASKS_MAX).ok_or_else(|| {
            let each: Vec<String> = axes.iter().map(|axis| axis.len().to_string()).collect();
            let what = format!(
                "{} tasks are more than {TASKS_MAX}, the limit of one job",
                each.join(" x ")
            );
            Mistake::new(what).hint("leave out values, or use --zip for those that go together")
        })?;
    }
    Ok(len)
}

fn same_length(axes: &[Axis]) -> Result<u64> {
    let Some(first) = axes.first() else { return Ok(1) };
    match axes.iter().find(|axis| axis.len() != first.len()) {
        None => Ok(first.len()),
        Some(other) => {
            let told = |axis: &Axis| {
                let name = axis.columns.first().map_or("", |(name, _)| name);
                format!("`{name}` has {}", axis.len())
            };
            let what = format!("--zip needs lists of one length: {}, {}", told(first), told(other));
            Err(Mistake::new(what).hint("leave --zip out for every value with every other"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, values: &[&str]) -> Axis {
        Axis::new(name, Values::List(List::of(values).unwrap()))
    }

    #[test]
    fn the_last_axis_varies_fastest() {
        let axes = vec![axis("a", &["x", "y"]), axis("b", &["1", "2", "3"])];
        let grid = Grid::new(axes, Combine::Product).unwrap();
        let all: Vec<String> = (0..grid.len()).map(|i| grid.point(i).join("")).collect();
        assert_eq!(all, ["x1", "x2", "x3", "y1", "y2", "y3"]);
        assert!(grid.point(6).is_empty());
        assert!(grid.names().eq(["a", "b"]));
    }

    #[test]
    fn a_zip_needs_equal_lengths() {
        let zip = |b: &[&str]| Grid::new(vec![axis("a", &["x", "y"]), axis("b", b)], Combine::Zip);
        assert_eq!(zip(&["1", "2"]).unwrap().point(1).join(""), "y2");
        let told = zip(&["1"]).unwrap_err().to_string();
        assert!(told.contains("`a` has 2, `b` has 1"), "{told}");
    }

    #[test]
    fn too_many_points_are_refused_before_anything_is_made() {
        let range = || Values::Range("1..1000000".parse().unwrap());
        let axes = vec![Axis::new("a", range()), Axis::new("b", range())];
        let told = Grid::new(axes, Combine::Product).unwrap_err().to_string();
        assert!(told.contains("1000000 x 1000000 tasks"), "{told}");
    }

    #[test]
    fn no_axes_make_one_point_and_an_empty_one_makes_none() {
        assert_eq!(Grid::new(vec![], Combine::Product).unwrap(), Grid::single());
        assert!(Grid::new(vec![axis("a", &[])], Combine::Product).unwrap().is_empty());
        let twice = Grid::new(vec![axis("a", &[]), axis("a", &[])], Combine::Product);
        assert!(twice.unwrap_err().to_string().contains("`a` is given twice"));
    }
}
