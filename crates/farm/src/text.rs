//! Texts with places for values, and how values look in them: by GNU parallel's rules, so that
//! commands read the same. Reading what people type is `posse-work`'s; here are the pieces it comes
//! to. Filled in by hosts when a task starts, and by front ends that show what would run.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Words of one string of a template.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Text(pub Vec<Piece>);

#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    Plain(String),
    /// A value of this column of the batch.
    Value {
        column: u16,
        form: Form,
        /// As one word for a POSIX shell.
        quoted: bool,
    },
    /// The task's number in its job, from 1 (`{#}`).
    Number,
    /// A number from 1 that no other running task of the job has on this host (`{%}`).
    Slot,
}

/// What is used of a value, as GNU parallel's replacement strings have it.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `{}`
    Whole,
    /// `{.}`: without its extension.
    Stem,
    /// `{/}`: behind the last slash.
    Base,
    /// `{//}`: before the last slash; `.` without one.
    Directory,
    /// `{/.}`
    BaseStem,
}

impl Text {
    /// Without places for values.
    pub fn plain(text: impl Into<String>) -> Text {
        let text = text.into();
        Text(if text.is_empty() { vec![] } else { vec![Piece::Plain(text)] })
    }

    /// The whole value of a column, not quoted: how a task of its own stands in a batch of others.
    pub fn value(column: u16) -> Text {
        Text(vec![Piece::Value { column, form: Form::Whole, quoted: false }])
    }

    /// The text of one task. `number` and `slot` count from 1; a column that is not there is
    /// empty.
    pub fn fill<V: AsRef<str>>(&self, values: &[V], number: u64, slot: u32) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) => out.push_str(text),
                Piece::Number => out.push_str(&number.to_string()),
                Piece::Slot => out.push_str(&slot.to_string()),
                Piece::Value { column, form, quoted } => {
                    let value = values.get(usize::from(*column)).map_or("", AsRef::as_ref);
                    let value = form.of(value);
                    out.push_str(&if *quoted { quote(value) } else { Cow::Borrowed(value) });
                }
            }
        }
        out
    }

    /// Whether it differs from task to task.
    pub fn has_places(&self) -> bool {
        self.0.iter().any(|piece| !matches!(piece, Piece::Plain(_)))
    }

    /// Whether it depends on where a task runs.
    pub fn has_slot(&self) -> bool {
        self.0.contains(&Piece::Slot)
    }

    /// The columns it uses, with repetitions.
    pub fn columns(&self) -> impl Iterator<Item = u16> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value { column, .. } => Some(*column),
            _ => None,
        })
    }

    /// Adds a piece; neighbouring plain ones become one.
    pub fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (Some(Piece::Plain(before)), Piece::Plain(text)) => before.push_str(&text),
            (_, Piece::Plain(text)) if text.is_empty() => {}
            (_, piece) => self.0.push(piece),
        }
    }
}

impl Form {
    /// The part of `value` that is used.
    pub fn of(self, value: &str) -> &str {
        match self {
            Form::Whole => value,
            Form::Stem => stem(value),
            Form::Base => base(value),
            Form::Directory => directory(value),
            Form::BaseStem => stem(base(value)),
        }
    }
}

fn base(value: &str) -> &str {
    value.rsplit('/').next().unwrap_or(value)
}

/// A dot in a directory's name begins no extension.
fn stem(value: &str) -> &str {
    match value.rfind('.') {
        Some(dot) if !value[dot..].contains('/') => &value[..dot],
        _ => value,
    }
}

/// As dirname(1): slashes at the end do not count, nor do several in a row.
fn directory(value: &str) -> &str {
    let trimmed = value.trim_end_matches('/');
    if trimmed.is_empty() {
        return if value.is_empty() { "." } else { "/" };
    }
    match trimmed.rfind('/') {
        None => ".",
        Some(at) => match trimmed[..at].trim_end_matches('/') {
            "" => "/",
            above => above,
        },
    }
}

/// `value` as one word of a POSIX shell, as GNU parallel writes it. What needs no quotes gets none.
pub fn quote(value: &str) -> Cow<'_, str> {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"-_.+/".contains(&b);
    if value.is_empty() {
        return Cow::Borrowed("''");
    }
    if value.bytes().all(harmless) {
        return Cow::Borrowed(value);
    }
    let quoted = format!("'{}'", value.replace('\'', "'\"'\"'"));
    let short = quoted.strip_prefix("''").unwrap_or(&quoted);
    Cow::Owned(short.strip_suffix("''").unwrap_or(short).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_gnu_parallel() {
        let all = [Form::Whole, Form::Stem, Form::Base, Form::Directory, Form::BaseStem];
        let forms = |value| all.map(|form| form.of(value));
        assert_eq!(forms("a/b.c.d"), ["a/b.c.d", "a/b.c", "b.c.d", "a", "b.c"]);
        assert_eq!(forms("a.d/b"), ["a.d/b", "a.d/b", "b", "a.d", "b"]);
        assert_eq!(forms("/b"), ["/b", "/b", "b", "/", "b"]);
        assert_eq!(forms("b"), ["b", "b", "b", ".", "b"]);
        assert_eq!(forms("a//b/"), ["a//b/", "a//b/", "", "a", ""]);
        assert_eq!(forms(""), ["", "", "", ".", ""]);
    }

    #[test]
    fn only_what_needs_quotes_gets_them() {
        for (value, want) in [
            ("a-b_c.d+e/F9", "a-b_c.d+e/F9"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\"'\"'s'"),
            ("'", "\"'\""),
            ("$x", "'$x'"),
            ("é", "'é'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(quote(value), want);
        }
    }

    #[test]
    fn a_text_is_filled_in_with_values_number_and_slot() {
        let value = |quoted| Piece::Value { column: 1, form: Form::Whole, quoted };
        let mut text = Text::plain("x ");
        for piece in [value(true), value(false), Piece::Number, Piece::Slot] {
            text.push(piece);
        }
        assert_eq!(text.fill(&["a", "b c"], 7, 2), "x 'b c'b c72");
        assert_eq!(text.fill::<&str>(&[], 7, 2), "x ''72");
        assert!(text.columns().eq([1, 1]));
    }
}
