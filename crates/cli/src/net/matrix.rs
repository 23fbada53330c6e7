//! All pairs as a matrix, a row and a column for each host: with numbers where the paper is wide
//! enough, else with one glyph for each pair. Pure. Called by `posse net`.

use super::cell::{LEGEND, colour, glyph, number, paint};
use super::pair::Pair;
use std::collections::BTreeMap;

/// What it is printed on.
#[derive(Debug, Clone, Copy)]
pub struct Paper {
    pub columns: usize,
    pub colour: bool,
}

/// A number of three digits, a point, a mark and a space.
const NUMBER_WIDTH: usize = 6;

/// The lines of the matrix and its legend; none where even glyphs do not fit.
pub fn matrix(names: &[&str], pairs: &[Pair], paper: Paper) -> Option<Vec<String>> {
    let count = names.len();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let digits = count.to_string().len();
    // Number, name, and a space after each.
    let label = digits + 1 + name_width + 1;
    let is_wide = label + NUMBER_WIDTH * count <= paper.columns;
    if !is_wide && label + count > paper.columns {
        return None;
    }
    let mut cells: BTreeMap<(usize, usize), &Pair> = BTreeMap::new();
    for pair in pairs {
        cells.insert((pair.a, pair.b), pair);
        cells.insert((pair.b, pair.a), pair);
    }
    let mut lines = if is_wide { heads(label, count) } else { narrow_heads(label, count, digits) };
    for (row, name) in names.iter().enumerate() {
        let mut line = format!("{:>digits$} {name:name_width$} ", row + 1);
        for column in 0..count {
            let pair = cells.get(&(row, column));
            let text = match (pair, is_wide) {
                (None, true) => format!("{:>1$}", "-  ", NUMBER_WIDTH),
                (None, false) => "\\".to_owned(),
                (Some(pair), true) => format!("{:>1$}", number(pair), NUMBER_WIDTH),
                (Some(pair), false) => glyph(pair).to_string(),
            };
            let code = pair.map(|pair| colour(&pair.route, pair.rtt_us));
            line.push_str(&paint(&text, code.filter(|_| paper.colour)));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.push(String::new());
    lines.push(LEGEND[usize::from(!is_wide)].to_owned());
    Some(lines)
}

/// The number of each column over it.
fn heads(label: usize, count: usize) -> Vec<String> {
    let numbers: String =
        (1..=count).map(|column| format!("{column:>width$} ", width = NUMBER_WIDTH - 1)).collect();
    vec![format!("{:label$}{numbers}", "").trim_end().to_owned()]
}

/// The same in a column of one letter, read downwards.
fn narrow_heads(label: usize, count: usize, digits: usize) -> Vec<String> {
    let numbers: Vec<Vec<char>> =
        (1..=count).map(|column| format!("{column:>digits$}").chars().collect()).collect();
    let line = |digit: usize| {
        let letters: String = numbers.iter().filter_map(|number| number.get(digit)).collect();
        format!("{:label$}{letters}", "").trim_end().to_owned()
    };
    (0..digits).map(line).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::pair::Route;
    use super::*;

    const PAPER: Paper = Paper { columns: 80, colour: false };

    fn pair(a: usize, b: usize, route: Route, rtt_us: u64) -> Pair {
        Pair { a, b, route, rtt_us: Some(rtt_us), burst: None, why: Vec::new() }
    }

    fn three() -> Vec<Pair> {
        vec![
            pair(0, 1, Route::Tree { link: "ssh".into() }, 420),
            pair(0, 2, Route::None, 0),
            pair(1, 2, Route::Direct { from: 2 }, 12_345),
        ]
    }

    #[test]
    fn few_hosts_have_numbers() {
        let lines = matrix(&["desk", "lab1", "lab2"], &three(), PAPER).unwrap();
        let want = [
            "           1     2     3",
            "1 desk    -   0.42=    -!",
            "2 lab1  0.42=   -   12.3",
            "3 lab2     -! 12.3    -",
        ];
        assert_eq!(lines[..4], want);
        assert_eq!(lines[5], LEGEND[0]);
    }

    #[test]
    fn forty_hosts_fit_a_terminal() {
        let names: Vec<String> = (0..40).map(|k| format!("node{k:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut pairs = Vec::new();
        for a in 0..40 {
            for b in a + 1..40 {
                let far = (a < 20) != (b < 20);
                let via = vec!["gate".to_owned()];
                let route = if far { Route::Relayed { via } } else { Route::Direct { from: a } };
                pairs.push(pair(a, b, route, if far { 30_000 } else { 300 }));
            }
        }
        let lines = matrix(&names, &pairs, PAPER).unwrap();
        assert!(lines.iter().all(|line| line.len() <= 100), "{lines:#?}");
        assert_eq!(
            lines[0].trim_start(),
            format!("{}{}", "1".repeat(10), "2".repeat(10)) + &"3".repeat(10) + "4"
        );
        assert_eq!(lines[2], format!(" 1 node00 \\{}{}", ".".repeat(19), "c".repeat(20)));
        assert_eq!(lines[41], format!("40 node39 {}{}\\", "c".repeat(20), ".".repeat(19)));
        let small = Paper { columns: 40, ..PAPER };
        assert!(matrix(&names, &pairs, small).is_none());
    }

    #[test]
    fn colour_changes_no_width() {
        let plain = matrix(&["desk", "lab1", "lab2"], &three(), PAPER).unwrap();
        let paper = Paper { colour: true, ..PAPER };
        let painted = matrix(&["desk", "lab1", "lab2"], &three(), paper).unwrap();
        assert!(painted[1].contains("\x1b[32m 0.42=\x1b[0m"), "{painted:?}");
        let bare = |line: &String| {
            let parts = line.split('\x1b').enumerate();
            let text = |(at, part): (usize, &str)| match at {
                0 => part.to_owned(),
                _ => part.split_once('m').unwrap().1.to_owned(),
            };
            parts.map(text).collect::<String>().trim_end().to_owned()
        };
        assert_eq!(painted.iter().map(bare).collect::<Vec<_>>(), plain);
    }
}
