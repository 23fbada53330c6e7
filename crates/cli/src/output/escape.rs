//! Makes bytes of strangers harmless on a terminal: controls, broken UTF-8 and characters that
//! reorder text are shown instead of obeyed. Never used on files and pipes, which get exact bytes.
//! Called by `outlet.rs`, and by everything that shows a host's name or an error's words.

use super::limits::COLOUR_BYTES_MAX;
use std::mem;

const RESET: &[u8] = b"\x1b[0m";

/// A stream on its way to a terminal. Bytes that need their successors to be judged (the half of
/// a character) are held, at most 32.
pub struct Visible {
    /// Colour sequences (SGR) pass, and end with their line.
    colour: bool,
    held: Vec<u8>,
    styled: bool,
}

/// A whole text at once, no colours.
pub fn visible(bytes: &[u8]) -> String {
    let mut filter = Visible::new(false);
    let mut into = Vec::with_capacity(bytes.len());
    filter.push(bytes, &mut into);
    filter.end(&mut into);
    String::from_utf8_lossy(&into).into_owned()
}

/// For one line of ours: line breaks and tabs of a stranger are shown too.
pub fn visible_line(text: &str) -> String {
    let shown = visible(text.as_bytes());
    shown.replace('\n', "^J").replace('\r', "^M").replace('\t', "^I")
}

impl Visible {
    pub fn new(colour: bool) -> Visible {
        Visible { colour, held: vec![], styled: false }
    }

    pub fn push(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        if self.held.is_empty() {
            return self.take(bytes, false, into);
        }
        let mut joined = mem::take(&mut self.held);
        joined.extend_from_slice(bytes);
        self.take(&joined, false, into);
    }

    /// Nothing follows: what was held is judged as it is.
    pub fn end(&mut self, into: &mut Vec<u8>) {
        let held = mem::take(&mut self.held);
        self.take(&held, true, into);
        self.reset(into);
    }

    fn take(&mut self, mut rest: &[u8], last: bool, into: &mut Vec<u8>) {
        while !rest.is_empty() {
            let plain =
                |byte: &u8| matches!(byte, b' '..=b'~' | b'\t') || (*byte == b'\n' && !self.styled);
            let length = rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len());
            into.extend_from_slice(&rest[..length]);
            rest = &rest[length..];
            if rest.is_empty() {
                return;
            }
            match self.special(rest, last, into) {
                Some(taken) => rest = &rest[taken..],
                None => {
                    self.held = rest.to_vec();
                    return;
                }
            }
        }
    }

    /// How many bytes were dealt with; None if more are needed.
    fn special(&mut self, rest: &[u8], last: bool, into: &mut Vec<u8>) -> Option<usize> {
        match rest[0] {
            b'\n' => {
                self.reset(into);
                into.push(b'\n');
                Some(1)
            }
            b'\r' if rest.len() == 1 && !last => None,
            b'\r' if rest.get(1) == Some(&b'\n') => {
                into.push(b'\r');
                Some(1)
            }
            0x1b if self.colour => match colour_length(rest) {
                Colour::Whole(length) => {
                    let sequence = &rest[..length];
                    self.styled = !matches!(sequence, b"\x1b[m" | b"\x1b[0m");
                    into.extend_from_slice(sequence);
                    Some(length)
                }
                Colour::Begun if !last => None,
                _ => Some(caret(rest[0], into)),
            },
            0..=0x1f | 0x7f => Some(caret(rest[0], into)),
            _ => character(rest, last, into),
        }
    }

    fn reset(&mut self, into: &mut Vec<u8>) {
        if mem::take(&mut self.styled) {
            into.extend_from_slice(RESET);
        }
    }
}

fn caret(byte: u8, into: &mut Vec<u8>) -> usize {
    into.extend_from_slice(&[b'^', byte ^ 0x40]);
    1
}

/// A character beyond ASCII, or a byte that begins none.
fn character(rest: &[u8], last: bool, into: &mut Vec<u8>) -> Option<usize> {
    let start = &rest[..rest.len().min(4)];
    let (good, incomplete) = match std::str::from_utf8(start) {
        Ok(text) => (text, false),
        Err(error) => {
            let text = std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default();
            (text, error.error_len().is_none())
        }
    };
    match good.chars().next() {
        Some(c) if is_hidden(c) => into.extend(format!("\\u{{{:x}}}", c as u32).bytes()),
        Some(c) => into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None if incomplete && start.len() < 4 && !last => return None,
        None => {
            into.extend(format!("\\x{:02x}", rest[0]).bytes());
            return Some(1);
        }
    }
    good.chars().next().map(char::len_utf8)
}

/// Acts on a terminal or on the order of the text around it without being seen.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

enum Colour {
    Whole(usize),
    Begun,
    No,
}

/// `ESC [ 31;1 m`: the one sequence that only paints.
fn colour_length(rest: &[u8]) -> Colour {
    if rest.len() > 1 && rest[1] != b'[' {
        return Colour::No;
    }
    let parameters = rest.get(2..).unwrap_or_default();
    let parameter = |byte: &u8| matches!(byte, b'0'..=b'9' | b';' | b':');
    let length = 2 + parameters.iter().take_while(|byte| parameter(byte)).count();
    match rest.get(length) {
        _ if length >= COLOUR_BYTES_MAX => Colour::No,
        Some(b'm') => Colour::Whole(length + 1),
        Some(_) => Colour::No,
        None => Colour::Begun,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(bytes: &[u8], colour: bool) -> String {
        let (mut filter, mut into) = (Visible::new(colour), vec![]);
        filter.push(bytes, &mut into);
        filter.end(&mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn text_passes() {
        let text = "plain\ttext\nnaïve 日本 🦀\r\n";
        assert_eq!(show(text.as_bytes(), false), text);
    }

    #[test]
    fn controls_are_shown() {
        let cases: [(&[u8], &str); 10] = [
            (b"\x1b[2J", "^[[2J"),
            (b"\x1b]0;title\x07", "^[]0;title^G"),
            (b"\x1bP+q544e\x1b\\", "^[P+q544e^[\\"),
            (b"10%\r20%", "10%^M20%"),
            (b"a\x7f\x08b\0", "a^?^Hb^@"),
            (b"\x9b31m", "\\x9b31m"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            ("abc\u{202e}txt.exe".as_bytes(), "abc\\u{202e}txt.exe"),
            (b"\xff\xfe\xe2\x82", "\\xff\\xfe\\xe2\\x82"),
            (b"\xc0\xaf \xed\xa0\x80", "\\xc0\\xaf \\xed\\xa0\\x80"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(show(bytes, false), shown);
        }
    }

    #[test]
    fn colours_pass_if_asked_and_end_with_the_line() {
        assert_eq!(show(b"\x1b[31mred\nnext", true), "\x1b[31mred\x1b[0m\nnext");
        assert_eq!(show(b"\x1b[31mred\x1b[0m\n", true), "\x1b[31mred\x1b[0m\n");
        assert_eq!(show(b"\x1b[31mred", true), "\x1b[31mred\x1b[0m");
        assert_eq!(show(b"\x1b[31mred", false), "^[[31mred");
        assert_eq!(show(b"\x1b[6n\x1b[?25l", true), "^[[6n^[[?25l");
        let long = [b"\x1b[".as_slice(), &[b'1'; 64], b"m"].concat();
        assert!(show(&long, true).starts_with("^[[111"));
    }

    #[test]
    fn a_line_of_ours_stays_one_line() {
        assert_eq!(visible_line("a\r\nb\tc\x1b"), "a^M^Jb^Ic^[");
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference_and_nothing_gets_through(
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), Just(0x1b), Just(b'[')], 0..200),
            cuts in proptest::collection::vec(0usize..200, 0..8),
            colour: bool,
        ) {
            let (mut filter, mut into, mut last) = (Visible::new(colour), vec![], 0);
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= bytes.len()).collect();
            cuts.sort_unstable();
            for cut in cuts.into_iter().chain([bytes.len()]) {
                filter.push(&bytes[last..cut], &mut into);
                prop_assert!(filter.held.len() <= COLOUR_BYTES_MAX);
                last = cut;
            }
            filter.end(&mut into);
            let shown = String::from_utf8(into).unwrap();
            prop_assert_eq!(&shown, &show(&bytes, colour));
            if !colour {
                let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
                prop_assert!(!shown.contains(bad));
            }
        }
    }
}
