//! A unified diff of two texts, as diff -u prints it, without its head. Called by `diff.rs`.

use super::limits::DIFF_EDITS_MAX;
use super::myers::{Step, edit};
use std::collections::HashMap;
use std::ops::Range;

/// Equal lines shown around a change.
const CONTEXT: usize = 3;

/// The hunks; None if the texts differ too much to be shown.
pub fn unified(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let (old, new) = (lines(old), lines(new));
    let mut numbers = HashMap::new();
    let mut number = |lines: &[&[u8]]| -> Vec<u32> {
        let of = |line: &&[u8]| {
            let next = numbers.len() as u32;
            *numbers.entry(line.to_vec()).or_insert(next)
        };
        lines.iter().map(of).collect()
    };
    let (a, b) = (number(&old), number(&new));
    let steps = edit(&a, &b, DIFF_EDITS_MAX)?;
    let mut into = vec![];
    let (mut x, mut y, mut done) = (0, 0, 0);
    for hunk in hunks(&steps) {
        // Between hunks both sides go on alike.
        x += hunk.start - done;
        y += hunk.start - done;
        done = hunk.end;
        let steps = &steps[hunk];
        let count = |other: Step| steps.iter().filter(|step| **step != other).count();
        let (olds, news) = (count(Step::Insert), count(Step::Delete));
        let head = format!("@@ -{} +{} @@\n", range(x, olds), range(y, news));
        into.extend(head.bytes());
        for step in steps {
            let (mark, line) = match step {
                Step::Keep => (b' ', old[x]),
                Step::Delete => (b'-', old[x]),
                Step::Insert => (b'+', new[y]),
            };
            x += usize::from(*step != Step::Insert);
            y += usize::from(*step != Step::Delete);
            into.push(mark);
            into.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                into.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    }
    Some(into)
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// `start,count` of lines that begin after the first `before`.
fn range(before: usize, count: usize) -> String {
    match count {
        0 => format!("{before},0"),
        1 => format!("{}", before + 1),
        _ => format!("{},{count}", before + 1),
    }
}

/// Which steps stand together: changes with their context.
fn hunks(steps: &[Step]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = vec![];
    let changes = steps.iter().enumerate().filter(|(_, step)| **step != Step::Keep);
    for (at, _) in changes {
        let (start, end) = (at.saturating_sub(CONTEXT), (at + 1 + CONTEXT).min(steps.len()));
        match hunks.last_mut().filter(|hunk| start <= hunk.end) {
            Some(hunk) => hunk.end = end,
            None => hunks.push(start..end),
        }
    }
    hunks
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn show(old: &str, new: &str) -> String {
        String::from_utf8(unified(old.as_bytes(), new.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn hunks_are_those_of_diff() {
        assert_eq!(show("a\nb\nc\n", "a\nx\nc\n"), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
        assert_eq!(show("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(show("a\n", "a\n"), "");
        let none = "\\ No newline at end of file\n";
        assert_eq!(show("a\n", "a"), format!("@@ -1 +1 @@\n-a\n+a\n{none}"));
    }

    #[test]
    fn far_changes_are_two_hunks() {
        let old: String = (0..40).map(|line| format!("{line}\n")).collect();
        let new = old.replace("\n5\n", "\n").replace("\n30\n", "\nthirty\nmore\n");
        let shown = show(&old, &new);
        let heads: Vec<&str> = shown.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(heads, ["@@ -3,7 +3,6 @@", "@@ -28,7 +27,8 @@"]);
    }

    #[test]
    fn too_much_is_not_shown() {
        let text = |seed: u32| -> Vec<u8> {
            (0..2_000).flat_map(|line| format!("{seed} {line}\n").into_bytes()).collect()
        };
        assert_eq!(unified(&text(1), &text(2)), None);
    }
}
