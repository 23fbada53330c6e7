//! Whether to paint, and in which colour a host's label is. Not the judge of others' escape
//! sequences: that is `escape.rs`. Called by `labels.rs` and by whoever opens an outlet.

use std::ffi::OsString;

/// Distinct on dark and light grounds; red is left to errors.
const CODES: [&str; 10] = ["32", "33", "34", "35", "36", "92", "93", "94", "95", "96"];

/// On a terminal that can, unless the user said no (<https://no-color.org>).
pub fn colour_wanted(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    is_terminal && !refused && !dumb
}

/// Appends `text` in the colour of the host with this number.
pub fn paint(host: u32, text: &str, into: &mut Vec<u8>) {
    let code = CODES[host as usize % CODES.len()];
    into.extend(format!("\x1b[{code}m{text}\x1b[0m").bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_heard() {
        let with = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| OsString::from(value))
            }
        };
        assert!(colour_wanted(true, with(&[("TERM", "xterm")])));
        assert!(colour_wanted(true, with(&[("TERM", "xterm"), ("NO_COLOR", "")])));
        assert!(!colour_wanted(true, with(&[("TERM", "xterm"), ("NO_COLOR", "1")])));
        assert!(!colour_wanted(true, with(&[("TERM", "dumb")])));
        assert!(!colour_wanted(true, with(&[])));
        assert!(!colour_wanted(false, with(&[("TERM", "xterm")])));
    }

    #[test]
    fn paint_ends_itself() {
        let mut into = vec![];
        paint(10, "a", &mut into);
        assert_eq!(into, b"\x1b[32ma\x1b[0m");
    }
}
