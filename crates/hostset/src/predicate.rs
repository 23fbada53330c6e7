//! Predicates on hosts, `load<1`, `mem>=8G`, `arch=x86_64`: their keys, literals and rules of
//! comparison. What a host's load is, the caller says (`Universe::attribute`). Called by
//! `parse` and `eval`.

use std::cmp::Ordering;
use std::fmt;

use crate::{glob, natural};

/// What can be asked of a host: `mem` in bytes, `rtt` in seconds, `load` the one-minute
/// average, `version` posse's own, `state` as `posse hosts` prints it.
pub const KEYS: &[&str] =
    &["load", "cores", "mem", "arch", "os", "version", "rtt", "state", "slots"];

/// A property of a host.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    GreaterEqual,
    Greater,
}

/// `key op literal`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicate {
    pub key: &'static str,
    pub op: Compare,
    pub literal: String,
    pub number: Option<f64>,
}

impl Predicate {
    pub fn new(key: &'static str, op: Compare, literal: &str) -> Predicate {
        Predicate { key, op, literal: literal.to_owned(), number: number(literal) }
    }

    /// None if the property is a number and the literal is none.
    pub fn test(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Number(have) => {
                let wanted = self.number?;
                Some(match have.partial_cmp(&wanted) {
                    Some(order) => self.op.holds(order),
                    None => false,
                })
            }
            Value::Text(have) => Some(self.test_text(have)),
        }
    }

    fn test_text(&self, have: &str) -> bool {
        match self.op {
            Compare::Equal => glob::matches(&self.literal, have),
            Compare::NotEqual => !glob::matches(&self.literal, have),
            op => op.holds(natural::compare(have, &self.literal)),
        }
    }
}

impl Compare {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::GreaterEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }

    /// The operator at the start of `text` and its length.
    pub fn read(text: &str) -> Option<(Compare, usize)> {
        let table = [
            ("<=", Self::LessEqual),
            (">=", Self::GreaterEqual),
            ("!=", Self::NotEqual),
            ("<", Self::Less),
            (">", Self::Greater),
            ("=", Self::Equal),
        ];
        let found = table.iter().find(|(sign, _)| text.starts_with(sign));
        found.map(|(sign, op)| (*op, sign.len()))
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.op {
            Compare::Less => "<",
            Compare::LessEqual => "<=",
            Compare::Equal => "=",
            Compare::NotEqual => "!=",
            Compare::GreaterEqual => ">=",
            Compare::Greater => ">",
        };
        write!(f, "{}{sign}{}", self.key, self.literal)
    }
}

/// `8`, `0.5`, `8G` (powers of 1024; `B` and `iB` may follow), `5ms`, `80%`.
fn number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let value: f64 = digits.parse().ok()?;
    let unit = unit.strip_suffix("iB").or(unit.strip_suffix('B')).unwrap_or(unit);
    let kib = 1024.0_f64;
    let scale = match unit {
        "" | "s" => 1.0,
        "k" | "K" => kib,
        "M" => kib.powi(2),
        "G" => kib.powi(3),
        "T" => kib.powi(4),
        "ms" => 1e-3,
        "us" => 1e-6,
        "%" => 1e-2,
        _ => return None,
    };
    Some(value * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(op: Compare, literal: &str, value: Value) -> Option<bool> {
        Predicate::new("load", op, literal).test(&value)
    }

    #[test]
    fn numbers_and_units() {
        assert_eq!(number("8G"), Some(8.0 * 1024.0 * 1024.0 * 1024.0));
        assert_eq!(number("512MiB"), Some(512.0 * 1024.0 * 1024.0));
        assert_eq!(number("5ms"), Some(5e-3));
        assert_eq!((number("inf"), number("-1"), number("1x")), (None, None, None));
        assert_eq!(test(Compare::Less, "1", Value::Number(0.3)), Some(true));
        assert_eq!(test(Compare::NotEqual, "1", Value::Number(f64::NAN)), Some(false));
        assert_eq!(test(Compare::Less, "low", Value::Number(0.3)), None);
    }

    #[test]
    fn texts() {
        let text = |s: &str| Value::Text(s.to_owned());
        assert_eq!(test(Compare::GreaterEqual, "1.9", text("1.10")), Some(true));
        assert_eq!(test(Compare::Equal, "debian*", text("debian12")), Some(true));
        assert_eq!(test(Compare::NotEqual, "up", text("up")), Some(false));
    }
}
