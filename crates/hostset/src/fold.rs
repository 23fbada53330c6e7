//! Folding: names to the shortest text that ClusterShell would write for them. A name is cut
//! into text and indices; names with the same text (the *shape*) fold together. Not for
//! reading the text back (`parse`). Called by `set`.

mod line;
mod space;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::limits::MAX_INDEX_DIGITS;
use crate::name::HostName;

/// A run of digits: its value and how many digits show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Index {
    len: u8,
    value: u64,
}

impl Index {
    fn is_padded(self) -> bool {
        self.len > 1 && self.value < 10u64.pow(u32::from(self.len) - 1)
    }
}

/// Shorter first, then by value: runs of the same padding stand together.
impl Ord for Index {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.len, self.value).cmp(&(other.len, other.value))
    }
}

impl PartialOrd for Index {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.value, width = usize::from(self.len))
    }
}

/// Writes `names` folded, shapes in the order of their text.
pub(crate) fn write(names: &[HostName], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shapes: BTreeMap<String, Vec<Vec<Index>>> = BTreeMap::new();
    for name in names {
        let (shape, indices) = cut(name);
        shapes.entry(shape).or_default().push(indices);
    }
    let mut first = true;
    for (shape, points) in shapes {
        let dimensions = points.first().map_or(0, Vec::len);
        let boxes = match dimensions {
            0 => vec![Vec::new()],
            1 => vec![vec![points.into_iter().flatten().collect()]],
            _ => space::fold(points),
        };
        for axes in boxes {
            if !first {
                out.write_char(',')?;
            }
            first = false;
            write_box(&shape, axes, out)?;
        }
    }
    Ok(())
}

/// `lab7b02` is the shape `lab%sb%s` with 7 and 02. The marks of ClusterShell are used, `%`
/// doubled, since shapes are written in the order of these texts.
fn cut(name: &str) -> (String, Vec<Index>) {
    let (mut shape, mut indices) = (String::with_capacity(name.len() + 2), Vec::new());
    let mut rest = name;
    while !rest.is_empty() {
        let start = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(start);
        shape.push_str(&text.replace('%', "%%"));
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (run, tail) = tail.split_at(end);
        match run.parse() {
            Ok(value) if run.len() <= MAX_INDEX_DIGITS => {
                shape.push_str("%s");
                indices.push(Index { len: run.len() as u8, value });
            }
            _ => shape.push_str(run),
        }
        rest = tail;
    }
    (shape, indices)
}

fn write_box(shape: &str, axes: Vec<Vec<Index>>, out: &mut impl Write) -> fmt::Result {
    let mut axes = axes.into_iter();
    let mut chars = shape.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.write_char(c)?;
        } else if chars.next() == Some('s') {
            line::write(axes.next().unwrap_or_default(), out)?;
        } else {
            out.write_char('%')?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::HostSet;

    fn fold(text: &str) -> String {
        text.parse::<HostSet>().unwrap().to_string()
    }

    #[test]
    fn one_dimension() {
        assert_eq!(fold("n3,n1,n2,n10,x"), "n[1-3,10],x");
        assert_eq!(fold("n08,n09,n10,n11"), "n[08-11]");
        assert_eq!(fold("n1,n01,n001"), "n[1,01,001]");
        assert_eq!(fold("lab[1-40],gpu[01-04]"), "gpu[01-04],lab[1-40]");
        assert_eq!(fold("n[0-10/2]"), "n[0,2,4,6,8,10]");
    }

    #[test]
    fn clustershell_keeps_the_padding_of_the_first() {
        assert_eq!(fold("08,98,99,100"), "[08,98-99,100]");
    }

    #[test]
    fn several_dimensions() {
        assert_eq!(fold("rack[1-2]n[01-20]"), "rack[1-2]n[01-20]");
        assert_eq!(fold("a1b1,a1b2,a2b1,a2b2"), "a[1-2]b[1-2]");
        assert_eq!(fold("a[1-3]b[1-3]!a2b2"), "a[1,3]b[1-3],a2b[1,3]");
    }

    #[test]
    fn digits_too_long_for_an_index_are_text() {
        let long = "n12345678901234567890x";
        assert_eq!(fold(&format!("{long}1,{long}2")), format!("{long}[1-2]"));
    }

    #[test]
    fn zone_of_an_address() {
        assert_eq!(fold("fe80::1%eth0,fe80::2%eth0"), "fe80::[1-2]%eth0");
    }
}
