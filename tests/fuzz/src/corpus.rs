//! The form of a corpus file: a line `= name`, then the input in lines of Rust's byte escapes,
//! which are joined. `#` begins a comment. Text, so that it can be read, reviewed and pasted.
//! Called by `fuzzer.rs` and `main.rs`.

use std::ascii::escape_default;

/// What one line of a file holds at most, so that it fits the house's columns.
const COLUMNS: usize = 96;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Panics on a file that is none: the corpus is checked in.
#[must_use]
pub fn parse(text: &str) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.strip_prefix("= ") {
            Some(name) => inputs.push(Input { name: name.to_owned(), bytes: Vec::new() }),
            None => inputs.last_mut().unwrap().bytes.extend(bytes(line)),
        }
    }
    inputs
}

fn bytes(line: &str) -> Vec<u8> {
    let (mut rest, mut bytes) = (line.as_bytes(), Vec::new());
    while let Some((first, after)) = rest.split_first() {
        let (byte, length) = match (first, after.first()) {
            (b'\\', Some(b'x')) => {
                let digits = std::str::from_utf8(&after[1..3]).unwrap();
                (u8::from_str_radix(digits, 16).unwrap(), 3)
            }
            (b'\\', Some(b'n')) => (b'\n', 1),
            (b'\\', Some(b't')) => (b'\t', 1),
            (b'\\', Some(b'r')) => (b'\r', 1),
            (b'\\', Some(quoted)) => (*quoted, 1),
            (plain, _) => (*plain, 0),
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes
}

/// An input as it stands in a file.
#[must_use]
pub fn print(input: &Input) -> String {
    let mut lines = vec![format!("= {}", input.name)];
    let mut line = String::new();
    for byte in &input.bytes {
        let mut escaped = escape_default(*byte).to_string();
        // What would be a comment, a name or a space that an editor takes away.
        if (line.is_empty() && matches!(byte, b'#' | b'=')) || *byte == b' ' {
            escaped = format!("\\x{byte:02x}");
        }
        if line.len() + escaped.len() > COLUMNS {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(&escaped);
    }
    lines.extend((!line.is_empty()).then_some(line));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Input, parse, print};

    #[test]
    fn every_byte_comes_back() {
        let bytes: Vec<u8> = (0..=255).chain(*b"= # \\n\\x41").chain(0..=255).collect();
        let inputs = [
            Input { name: "all".into(), bytes },
            Input { name: "none".into(), bytes: Vec::new() },
            Input { name: "a comment".into(), bytes: b"# = ".to_vec() },
        ];
        let text = inputs.each_ref().map(print).concat();
        assert_eq!(parse(&format!("# head\n\n{text}")), inputs);
        assert!(text.lines().all(|line| line.len() <= 100));
    }
}
