//! Natural order of names: runs of digits compare as numbers, so `n2` comes before `n10`.
//! For sorting and for comparing versions; folding has its own order (see `fold`). Called by
//! `name`, `predicate`.

use std::cmp::Ordering;

/// Compares two texts; equal only if they are the same bytes, so this is a total order.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(&x), Some(&y)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len());
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (run_a, rest_a) = split_digits(a);
            let (run_b, rest_b) = split_digits(b);
            let order = compare_runs(run_a, run_b);
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
        } else if x != y {
            return x.cmp(&y);
        } else {
            (a, b) = (&a[1..], &b[1..]);
        }
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// By value, then the less padded one first.
fn compare_runs(a: &[u8], b: &[u8]) -> Ordering {
    let (x, y) = (strip_zeros(a), strip_zeros(b));
    x.len().cmp(&y.len()).then_with(|| x.cmp(y)).then_with(|| a.len().cmp(&b.len()))
}

fn strip_zeros(run: &[u8]) -> &[u8] {
    let start = run.iter().position(|&c| c != b'0').unwrap_or(run.len());
    &run[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_value_then_padding() {
        let mut names = vec!["n10", "n2", "n02", "n", "n1a", "m9", "n1", "n2b1", "n-1", "10", "9"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["9", "10", "m9", "n", "n-1", "n1", "n1a", "n2", "n2b1", "n02", "n10"]);
    }

    #[test]
    fn digits_of_any_length() {
        let long = "n99999999999999999999999999999999999999999999999";
        assert_eq!(compare(long, "n1"), Ordering::Greater);
        assert_eq!(compare("1.10.0", "1.9.3"), Ordering::Greater);
    }
}
