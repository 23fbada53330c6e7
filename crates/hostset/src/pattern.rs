//! A name with ranges in it, `rack[1-2]n[01-20]`, as parsed: counting and expanding. The
//! count comes first and costs nothing, so that a limit holds before memory is taken. Called
//! by `parse` (count) and `eval` (expand).

/// Text and brackets in turn, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    Ranges(Vec<Range>),
}

/// `start-end/step`, printed with at least `width` digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: u64,
    pub end: u64,
    pub step: u64,
    pub width: usize,
}

impl Range {
    fn count(&self) -> u64 {
        ((self.end - self.start) / self.step).saturating_add(1)
    }

    fn indices(self) -> impl Iterator<Item = u64> {
        (0..self.count()).map(move |i| self.start + i * self.step)
    }
}

impl Pattern {
    /// How many names this expands to; saturates.
    pub fn count(&self) -> u64 {
        let brackets = self.segments.iter().map(|segment| match segment {
            Segment::Text(_) => 1,
            Segment::Ranges(ranges) => {
                ranges.iter().fold(0u64, |sum, r| sum.saturating_add(r.count()))
            }
        });
        brackets.fold(1u64, u64::saturating_mul)
    }

    /// The first of the names: what holds for its characters holds for those of all.
    pub fn first(&self) -> String {
        let mut name = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => name.push_str(text),
                Segment::Ranges(ranges) => {
                    if let Some(r) = ranges.first() {
                        push_index(&mut name, r.start, r.width);
                    }
                }
            }
        }
        name
    }

    /// Length of the longest of the names.
    pub fn longest(&self) -> usize {
        let length = |segment: &Segment| match segment {
            Segment::Text(text) => text.len(),
            Segment::Ranges(ranges) => ranges.iter().map(digits).max().unwrap_or(0),
        };
        self.segments.iter().map(length).sum()
    }

    /// Whether `*` or `?` stands in the text.
    pub fn is_glob(&self) -> bool {
        let wild = |s: &Segment| matches!(s, Segment::Text(t) if t.contains(['*', '?']));
        self.segments.iter().any(wild)
    }

    /// Calls `each` with every name. The caller has compared `count` with a limit.
    pub fn expand(&self, mut each: impl FnMut(&str)) {
        let mut name = String::with_capacity(self.longest());
        expand_from(&self.segments, &mut name, &mut each);
    }
}

/// Recursion is as deep as there are segments in a name, which `MAX_NAME` bounds.
fn expand_from(segments: &[Segment], name: &mut String, each: &mut impl FnMut(&str)) {
    let Some((segment, rest)) = segments.split_first() else {
        each(name);
        return;
    };
    let length = name.len();
    match segment {
        Segment::Text(text) => {
            name.push_str(text);
            expand_from(rest, name, each);
        }
        Segment::Ranges(ranges) => {
            for range in ranges {
                for index in range.indices() {
                    name.truncate(length);
                    push_index(name, index, range.width);
                    expand_from(rest, name, each);
                }
            }
        }
    }
    name.truncate(length);
}

fn push_index(name: &mut String, index: u64, width: usize) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(name, "{index:0width$}");
}

fn digits(range: &Range) -> usize {
    let natural = range.end.checked_ilog10().map_or(1, |log| log as usize + 1);
    natural.max(range.width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_without_expanding() {
        let wide = Range { start: 0, end: u64::MAX, step: 1, width: 0 };
        let pattern = Pattern { segments: vec![Segment::Ranges(vec![wide, wide]); 3] };
        assert_eq!(pattern.count(), u64::MAX);
    }

    #[test]
    fn expands_in_order_with_padding() {
        let pattern = Pattern {
            segments: vec![
                Segment::Text("n".into()),
                Segment::Ranges(vec![Range { start: 8, end: 12, step: 2, width: 3 }]),
                Segment::Text("b".into()),
                Segment::Ranges(vec![Range { start: 1, end: 2, step: 1, width: 0 }]),
            ],
        };
        let mut names = Vec::new();
        pattern.expand(|name| names.push(name.to_owned()));
        assert_eq!(names, ["n008b1", "n008b2", "n010b1", "n010b2", "n012b1", "n012b2"]);
        assert_eq!((pattern.count(), pattern.longest()), (6, 6));
        assert_eq!(pattern.first(), "n008b1");
    }
}
