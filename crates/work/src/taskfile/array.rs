//! Arrays as Slurm writes them: `1-100`, `0-90:10`, `1,3,7`, and `%4` for so many at a time.
//! Called by `shape`.

use crate::column::{List, Values};
use crate::mistake::{Mistake, Result};
use crate::range::Range;

/// The numbers of an array, and how many tasks may run at a time.
pub(super) fn read(text: &str) -> Result<(Values, Option<u32>)> {
    let (numbers, at_once) = match text.split_once('%') {
        Some((numbers, bound)) => match bound.trim().parse() {
            Ok(bound) if bound > 0 => (numbers, Some(bound)),
            _ => return Err(wrong(text, text.len() - bound.len(), bound.len())),
        },
        None => (text, None),
    };
    let mut ranges = Vec::new();
    let mut at = 0;
    for item in numbers.split(',') {
        ranges.push(range(item.trim()).ok_or_else(|| wrong(text, at, item.len()))??);
        at += item.len() + 1;
    }
    if let [range] = ranges.as_slice() {
        return Ok((Values::Range(*range), at_once));
    }
    let mut list = List::default();
    for range in ranges {
        (0..range.len()).try_for_each(|at| list.push(&range.get(at)))?;
    }
    Ok((Values::List(list), at_once))
}

/// `7`, `1-9` or `1-9:2`.
fn range(item: &str) -> Option<Result<Range>> {
    let (bounds, step) = match item.split_once(':') {
        Some((bounds, step)) => (bounds, step.parse().ok().filter(|step| *step > 0)?),
        None => (item, 1),
    };
    let (first, last) = bounds.split_once('-').unwrap_or((bounds, bounds));
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then(|| Range::whole(first, last, step))
}

fn wrong(text: &str, at: usize, width: usize) -> Mistake {
    let mistake = Mistake::new("not numbers of an array");
    mistake.hint("write for instance 1-100, 0-90:10 or 1,3,7%2").at(text, at, width)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn arrays_are_slurms() {
        let all = |text: &str| {
            let (values, bound) = read(text).unwrap();
            let numbers: Vec<String> = (0..values.len()).map(|at| values.get(at).into()).collect();
            (numbers.join(" "), bound)
        };
        assert_eq!(all("1-4"), ("1 2 3 4".to_owned(), None));
        assert_eq!(all("0-9:3%2"), ("0 3 6 9".to_owned(), Some(2)));
        assert_eq!(all("7, 1-2"), ("7 1 2".to_owned(), None));
        for text in ["", "x", "4-1", "1-2:0", "1-", "1%0", "1%", "1,,2", "-1", "1-99999999999"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
