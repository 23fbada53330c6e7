//! Output of commands on its way to a terminal: only colours may pass, and only if asked for.

use super::{Target, pieces, seen};
use posse_cli::output::Visible;

pub(super) const TARGET: Target = Target {
    name: "escapes",
    says: "the filter between hosts and a terminal",
    run,
    corpus: include_str!("../../corpus/escapes.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let [plain, coloured] = [false, true].map(|colour| {
        let whole = shown([bytes], colour);
        assert_eq!(shown(pieces(bytes), colour), whole, "cut");
        String::from_utf8(whole).unwrap()
    });
    harmless(&plain);
    let colours = coloured.matches("\x1b[").count();
    harmless(&without_colours(&coloured));
    for line in coloured.lines().filter(|line| line.contains("\x1b[")) {
        let last = line.rsplit("\x1b[").next().unwrap();
        assert!(last.starts_with('m') || last.starts_with("0m"), "a colour ends with its line");
    }
    let marks = ["^[", "\\x", "\\u{", "\r\n", "^M"].map(|mark| plain.contains(mark));
    seen((marks, colours.min(8), plain.len().checked_ilog2()))
}

fn shown<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, colour: bool) -> Vec<u8> {
    let (mut filter, mut into) = (Visible::new(colour), Vec::new());
    pieces.into_iter().for_each(|piece| filter.push(piece, &mut into));
    filter.end(&mut into);
    into
}

fn harmless(text: &str) {
    let text = text.replace("\r\n", "\n");
    let bad = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(bad, None, "{text:?}");
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(turns), "{text:?}");
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && !matches!(c, ';' | ':')).unwrap();
        assert!(part[end..].starts_with('m'), "only colours pass: {text:?}");
        plain.push_str(&part[end + 1..]);
    }
    plain
}
