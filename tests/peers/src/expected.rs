//! The recorded outputs of the real system: written on request, compared otherwise. Called by the
//! tests.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Row;
use crate::places::pvm;

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

/// What differs between a recorded file and `found`, or nothing. Where outputs are recorded, the
/// file becomes `found` first.
///
/// # Panics
/// If there is no such file, or it can not be written.
#[must_use]
pub fn difference(file: &Path, found: &str, record: bool) -> Option<String> {
    if record {
        fs::write(file, found).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    let expected = fs::read_to_string(file)
        .unwrap_or_else(|e| panic!("{}: {e}; record it by POSSE_RECORD=1", file.display()));
    (expected != found).then(|| shown(&expected, found))
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
    use super::shown;

    #[test]
    fn a_difference_begins_at_its_line() {
        assert_eq!(shown("a\nb\n", "a\nc\n"), "from line 2:\n  - b\n  + c\n");
    }
}
