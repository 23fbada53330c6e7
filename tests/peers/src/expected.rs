//! The recorded outputs of the real system: written on request, compared otherwise. Called by the
//! tests.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::places::pvm;
use crate::{Differs, Row};

/// Whether posse must pass this row: `pvm/posse.txt` has its name, or all are asked for by
/// `POSSE_PVM_ALL=1`.
///
/// # Panics
/// If the list can not be read.
#[must_use]
pub fn passing(row: &Row) -> bool {
    let list = fs::read_to_string(pvm("posse.txt")).expect("the list of rows");
    std::env::var_os("POSSE_PVM_ALL").is_some_and(|v| v != "0")
        || list.lines().any(|line| line.trim() == row.name)
}

/// Lines of a difference that are shown: the first ones say it.
const SHOWN_MAX: usize = 12;

/// Whether recorded outputs are to be written anew: `POSSE_RECORD=1`.
#[must_use]
pub fn record() -> bool {
    std::env::var_os("POSSE_RECORD").is_some_and(|v| v != "0")
}

/// What differs between a recorded file, with the differences that a row states, and `found`; or
/// nothing. Where outputs are recorded, the file becomes `found` first.
///
/// # Panics
/// If there is no such file, or it can not be written.
#[must_use]
pub fn difference(file: &Path, differs: &[Differs], found: &str, record: bool) -> Option<String> {
    if record {
        fs::write(file, found).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    let expected = fs::read_to_string(file)
        .unwrap_or_else(|e| panic!("{}: {e}; record it by POSSE_RECORD=1", file.display()));
    match with(&expected, differs) {
        Ok(expected) => (expected != found).then(|| shown(&expected, found)),
        Err(lines) => Some(format!("stated, and not in {}:\n{lines}", file.display())),
    }
}

/// The recorded text with these differences, or the first that is not in it. Each is looked for
/// behind the one before.
fn with(expected: &str, differs: &[Differs]) -> Result<String, String> {
    let (mut text, mut rest) = (String::new(), expected);
    let lines = |lines: &str| if lines.is_empty() { String::new() } else { format!("{lines}\n") };
    for Differs { pvm, posse, .. } in differs {
        let theirs = lines(pvm);
        let starts = |at: &usize| *at == 0 || rest[..*at].ends_with('\n');
        let mut found = rest.match_indices(&theirs).map(|(at, _)| at);
        let at = found.find(starts).ok_or_else(|| theirs.clone())?;
        text += &rest[..at];
        text += &lines(posse);
        rest = &rest[at + theirs.len()..];
    }
    Ok(text + rest)
}

/// The lines from the first that differs, `-` expected and `+` found.
fn shown(expected: &str, found: &str) -> String {
    let same = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    let mut text = format!("from line {}:\n", same + 1);
    for (sign, lines) in [('-', expected), ('+', found)] {
        for line in lines.lines().skip(same).take(SHOWN_MAX) {
            let _to_a_string = writeln!(text, "  {sign} {line}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{shown, with};
    use crate::Differs;

    #[test]
    fn stated_differences_are_whole_lines_in_their_order() {
        let differs = |pvm, posse| Differs { why: "a test", pvm, posse };
        let text = "a b\nb\nc\nb\n";
        let all = [differs("b\nc", "d"), differs("b", "")];
        assert_eq!(with(text, &all), Ok("a b\nd\n".to_owned()));
        assert_eq!(with(text, &[differs("c", "c"), differs("a b", "")]), Err("a b\n".to_owned()));
    }

    #[test]
    fn a_difference_begins_at_its_line() {
        assert_eq!(shown("a\nb\n", "a\nc\n"), "from line 2:\n  - b\n  + c\n");
    }
}
