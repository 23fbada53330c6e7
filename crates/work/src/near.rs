//! Names that were probably meant. Called by every reader that knows names.

use crate::limits::{DISTANCE_MAX, NAME_BYTES_MAX};

/// The known name that `word` is most likely a mistyped form of; the first of equals.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > NAME_BYTES_MAX {
        return None;
    }
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    let allowed = match word.len() {
        0..=1 => return None,
        2..=3 => 1,
        _ => DISTANCE_MAX,
    };
    let judged = known.into_iter().filter(|name| name.len() <= NAME_BYTES_MAX).map(|name| {
        let letters: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
        (distance(&word, &letters), name)
    });
    let best = judged.min_by_key(|(distance, _)| *distance)?;
    (best.0 <= allowed).then_some(best.1)
}

/// `; did you mean \`name\`?`, or nothing.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|name| format!("did you mean `{name}`?"))
}

/// Insertions, deletions, changes and swaps of neighbours (restricted Damerau-Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(last[j] + 1).min(row[j - 1] + 1);
            let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if swapped {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found_and_others_are_not() {
        let known = ["size", "assoc", "bench"];
        for (word, want) in [
            ("szie", Some("size")),
            ("Size", Some("size")),
            ("asoc", Some("assoc")),
            ("benchs", Some("bench")),
            ("print", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), want, "{word}");
        }
    }
}
