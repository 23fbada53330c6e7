//! What a task prints about itself: `key=value` words and JSON objects, one a line. They become
//! columns of its result. Called with a task's standard output, as it comes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::limits::{
    NAME_BYTES_MAX, PRINTED_TEXT_BYTES_MAX, PRINTED_VALUES_MAX, VALUE_LINE_BYTES_MAX,
};

/// One value of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    #[default]
    Empty,
    /// A number as JSON writes it, digits as they were printed.
    Number(String),
    Text(String),
}

impl Cell {
    /// The number or text that `text` is.
    pub fn of(text: &str) -> Cell {
        if is_json_number(text) {
            return Cell::Number(text.to_owned());
        }
        // C and awk print these; JSON does not know them.
        let bare = text.strip_prefix('+').unwrap_or(text);
        let like_number = bare.starts_with('.') || bare.starts_with("-.") || bare.ends_with('.');
        if (like_number || bare.len() < text.len())
            && bare.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
            && let Some(value) = bare.parse::<f64>().ok().filter(|value| value.is_finite())
        {
            return Cell::Number(value.to_string());
        }
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }

    /// As it stands in CSV.
    pub fn text(&self) -> &str {
        match self {
            Cell::Empty => "",
            Cell::Number(text) | Cell::Text(text) => text,
        }
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Number(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// The grammar of RFC 8259, section 6.
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, part) = match mantissa.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (mantissa, None),
    };
    let whole_good = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    whole_good && part.is_none_or(digits) && exponent.is_none_or(digits)
}

/// Collects the values of one task from its output.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    values: BTreeMap<String, Cell>,
    /// Of a line that has not ended; `None` in one that is too long.
    line: Option<Vec<u8>>,
    too_long: bool,
    dropped: u64,
}

impl Printed {
    /// Takes bytes of the output. A line counts where each of its words is `key=value`, or where
    /// it is a JSON object; of the same key, the last wins.
    ///
    /// ```
    /// let mut printed = posse_work::values::Printed::default();
    /// printed.push(b"starting\nmisses=12 rate=0.25\n{\"phase\": \"end\"}\n");
    /// let values = printed.finish();
    /// assert_eq!(values["misses"].number(), Some(12.0));
    /// assert_eq!(values["phase"].text(), "end");
    /// ```
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.keep(&rest[..at]);
            self.end_line();
            rest = &rest[at + 1..];
        }
        self.keep(rest);
    }

    /// All values, the last line without its end included.
    pub fn finish(mut self) -> BTreeMap<String, Cell> {
        self.end_line();
        self.values
    }

    /// Values that were left out because there were too many.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn keep(&mut self, bytes: &[u8]) {
        let line = self.line.get_or_insert_default();
        if self.too_long || line.len() + bytes.len() > VALUE_LINE_BYTES_MAX {
            self.too_long = true;
            self.line = None;
            return;
        }
        line.extend_from_slice(bytes);
    }

    fn end_line(&mut self) {
        let line = self.line.take().unwrap_or_default();
        if std::mem::take(&mut self.too_long) {
            return;
        }
        // Output that is not text has no values.
        let Ok(line) = String::from_utf8(line) else { return };
        let line = line.trim();
        if line.starts_with('{') {
            self.object(line);
        } else {
            self.words(line);
        }
    }

    fn words(&mut self, line: &str) {
        let pairs = line.split_whitespace().map(|word| {
            let (key, value) = word.split_once('=')?;
            is_key(key).then_some((key, value))
        });
        if let Some(pairs) = pairs.collect::<Option<Vec<_>>>() {
            for (key, value) in pairs {
                self.put(key, Cell::of(value));
            }
        }
    }

    fn object(&mut self, line: &str) {
        let Ok(Value::Object(object)) = serde_json::from_str(line) else { return };
        for (key, value) in object {
            let cell = match value {
                Value::Null => Cell::Empty,
                Value::Number(number) => Cell::of(&number.to_string()),
                Value::String(text) => Cell::Text(text),
                other => Cell::Text(other.to_string()),
            };
            self.put(&key, cell);
        }
    }

    fn put(&mut self, key: &str, cell: Cell) {
        let full = self.values.len() >= PRINTED_VALUES_MAX && !self.values.contains_key(key);
        if full || key.len() > NAME_BYTES_MAX || cell.text().len() > PRINTED_TEXT_BYTES_MAX {
            self.dropped += 1;
            return;
        }
        self.values.insert(key.to_owned(), cell);
    }
}

fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let mut printed = Printed::default();
        for byte in text.as_bytes().chunks(3) {
            printed.push(byte);
        }
        printed.finish().into_iter().map(|(key, cell)| (key, format!("{cell:?}"))).collect()
    }

    #[test]
    fn lines_of_pairs_and_objects_count_and_others_do_not() {
        let text = "a=1 b=x=y\nerror: c=1\nd=1 and\n{\"e\": [1], \"a\": 2.50}\n1f=2\n{\"g\"\nh=";
        let want = [
            ("a", "Number(\"2.5\")"),
            ("b", "Text(\"x=y\")"),
            ("e", "Text(\"[1]\")"),
            ("h", "Empty"),
        ];
        let got = values(text);
        assert_eq!(got, want.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in ["0", "-1.50", "1e-9", "12345678901234567890123"] {
            assert_eq!(Cell::of(number), Cell::Number(number.to_owned()));
        }
        assert_eq!(Cell::of(".5"), Cell::Number("0.5".to_owned()));
        assert_eq!(Cell::of("+3"), Cell::Number("3".to_owned()));
        for text in ["007", "1.2.3", "nan", "-", "1e", "0x10", "e", "."] {
            assert_eq!(Cell::of(text), Cell::Text(text.to_owned()));
        }
    }

    #[test]
    fn everything_is_bounded() {
        let mut printed = Printed::default();
        for number in 0..1000 {
            printed.push(format!("k{number}=1\n").as_bytes());
        }
        printed.push(&vec![b'x'; 3 * VALUE_LINE_BYTES_MAX]);
        printed.push(b"=1\nk0=7\n");
        assert_eq!(printed.dropped(), 1000 - PRINTED_VALUES_MAX as u64);
        let values = printed.finish();
        assert_eq!((values.len(), values["k0"].text()), (PRINTED_VALUES_MAX, "7"));
    }
}
