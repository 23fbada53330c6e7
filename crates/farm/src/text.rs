//! Texts with places for values, and how values look in them. Parsing what people type is
//! `posse-work`'s; here are the pieces it comes to. Used by `template`.

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

/// What a text is filled in with.
#[derive(Clone, Copy, Debug)]
pub struct Fill<'a> {
    /// One for each column.
    pub values: &'a [String],
    /// From 1.
    pub number: u64,
    /// From 1.
    pub slot: u32,
}

impl Text {
    pub fn plain(text: impl Into<String>) -> Text {
        Text(vec![Piece::Plain(text.into())])
    }

    /// The whole value of a column, not quoted: how a task of its own stands in a batch of others.
    pub fn value(column: u16) -> Text {
        Text(vec![Piece::Value { column, form: Form::Whole, quoted: false }])
    }

    /// A column that is not there is empty.
    pub fn fill(&self, with: Fill<'_>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) => out.push_str(text),
                Piece::Number => out.push_str(&with.number.to_string()),
                Piece::Slot => out.push_str(&with.slot.to_string()),
                Piece::Value { column, form, quoted } => {
                    let value = with.values.get(usize::from(*column)).map_or("", |v| v);
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

    /// The highest column it names.
    pub fn column_last(&self) -> Option<u16> {
        let columns = self.0.iter().filter_map(|piece| match piece {
            Piece::Value { column, .. } => Some(*column),
            _ => None,
        });
        columns.max()
    }
}

impl Form {
    pub fn of(self, value: &str) -> &str {
        match self {
            Form::Whole => value,
            Form::Stem => stem(value),
            Form::Base => base(value),
            Form::Directory => match value.rsplit_once('/') {
                Some(("", _)) => "/",
                Some((directory, _)) => directory,
                None => ".",
            },
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

/// One word for a POSIX shell: in single quotes, unless it is of harmless characters alone.
pub fn quote(value: &str) -> Cow<'_, str> {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b);
    if !value.is_empty() && value.bytes().all(harmless) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("'{}'", value.replace('\'', r"'\''")))
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
    }

    #[test]
    fn values_are_one_word_for_the_shell() {
        assert_eq!(quote("a-b/c.d"), "a-b/c.d");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's; rm"), r"'it'\''s; rm'");
    }

    #[test]
    fn a_text_is_filled_in_with_values_number_and_slot() {
        let value = |quoted| Piece::Value { column: 1, form: Form::Whole, quoted };
        let plain = |text: &str| Piece::Plain(text.into());
        let text = Text(vec![plain("x "), value(true), value(false), Piece::Number, Piece::Slot]);
        let values = ["a".into(), "b c".into()];
        assert_eq!(text.fill(Fill { values: &values, number: 7, slot: 2 }), "x 'b c'b c72");
        assert_eq!(text.column_last(), Some(1));
    }
}
