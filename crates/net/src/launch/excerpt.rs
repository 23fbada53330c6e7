//! Text from a host, made safe to show: bounded, and every control character visible.
//!
//! For: error messages. Not for: output of commands, which has its own rules. Called by the
//! launch errors and by whoever shows a host's words.

use crate::limits::STDERR_KEPT_BYTES_MAX;

/// The end of a stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    cut: bool,
}

impl Tail {
    pub(super) fn push(&mut self, more: &[u8]) {
        let more = &more[more.len().saturating_sub(STDERR_KEPT_BYTES_MAX)..];
        let over = (self.bytes.len() + more.len()).saturating_sub(STDERR_KEPT_BYTES_MAX);
        self.cut |= over > 0;
        self.bytes.drain(..over);
        self.bytes.extend_from_slice(more);
    }

    /// All that is kept, with what was cut marked.
    pub(super) fn text(&self) -> String {
        let text = visible(&self.bytes);
        if self.cut { format!("…{text}") } else { text }
    }
}

/// Bytes as text in which nothing can move the cursor, hide, or reorder.
pub fn visible(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push('\n'),
                '\t' => text.push(' '),
                '\r' => {}
                c if c.is_ascii_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
                c if hides(c) => text.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// C1 controls, zero-width characters and those that turn the direction of writing.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        assert_eq!(visible(b"a\x1b[2Jb\r\n\xff\x07"), "a\\x1b[2Jb\n\\xff\\x07");
        assert_eq!(visible("x\u{9b}y\u{202e}z ä".as_bytes()), "x\\u{9b}y\\u{202e}z ä");
    }

    #[test]
    fn only_the_end_is_kept() {
        let mut tail = Tail::default();
        tail.push(b"short");
        assert_eq!(tail.text(), "short");
        for _ in 0..100 {
            tail.push(&[b'x'; 1000]);
        }
        tail.push(b"end");
        assert!(tail.text().starts_with('…') && tail.text().ends_with("xend"));
        assert_eq!(tail.bytes.len(), STDERR_KEPT_BYTES_MAX);
        tail.push(&vec![b'y'; 5 * STDERR_KEPT_BYTES_MAX]);
        assert_eq!(tail.bytes, vec![b'y'; STDERR_KEPT_BYTES_MAX]);
    }
}
