//! What a template comes to: plain pieces and places for values. All tasks of a batch share one
//! [`Text`]; a task's own is made from its values when it is needed. The farm keeps texts in the
//! same form. Reading what people type is `template`'s.

use crate::quote::quote;

/// A string with places for values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Piece>);

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    /// The value of a column of the batch, from 0; `quoted`: as one word for a POSIX shell.
    Value {
        column: u16,
        form: Form,
        quoted: bool,
    },
    /// The task's number in its job, from 1 (`{#}`).
    Number,
    /// A number from 1 that no other running task of the job has on its host (`{%}`).
    Slot,
}

/// What is used of a value, as GNU parallel's replacement strings have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A text without places for values.
    pub fn plain(text: impl Into<String>) -> Text {
        let text = text.into();
        Text(if text.is_empty() { Vec::new() } else { vec![Piece::Plain(text)] })
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
                    if *quoted {
                        out.push_str(&quote(&value));
                    } else {
                        out.push_str(&value);
                    }
                }
            }
        }
        out
    }

    /// Whether all tasks get the same text.
    pub fn is_plain(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Plain(_)))
    }

    /// The columns it uses, with repetitions.
    pub fn columns(&self) -> impl Iterator<Item = u16> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value { column, .. } => Some(*column),
            _ => None,
        })
    }

    /// Adds a piece; neighbouring plain ones become one.
    pub(crate) fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (Some(Piece::Plain(before)), Piece::Plain(text)) => before.push_str(&text),
            (_, Piece::Plain(text)) if text.is_empty() => {}
            (_, piece) => self.0.push(piece),
        }
    }
}

impl Form {
    /// The part of `value` that is used.
    pub fn of(self, value: &str) -> std::borrow::Cow<'_, str> {
        match self {
            Form::Whole => value.into(),
            Form::Stem => stem(value).into(),
            Form::Base => base(value).into(),
            Form::Directory => directory(value).into(),
            Form::BaseStem => stem(base(value)).into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_gnu_parallel() {
        let all = [Form::Whole, Form::Stem, Form::Base, Form::Directory, Form::BaseStem];
        let forms = |value| all.map(|form| form.of(value).into_owned());
        assert_eq!(forms("a/b.c.d"), ["a/b.c.d", "a/b.c", "b.c.d", "a", "b.c"]);
        assert_eq!(forms("a.d/b"), ["a.d/b", "a.d/b", "b", "a.d", "b"]);
        assert_eq!(forms("/b"), ["/b", "/b", "b", "/", "b"]);
        assert_eq!(forms("b"), ["b", "b", "b", ".", "b"]);
        assert_eq!(forms("a//b/"), ["a//b/", "a//b/", "", "a", ""]);
        assert_eq!(forms(""), ["", "", "", ".", ""]);
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
        assert!(!text.is_plain() && text.columns().eq([1, 1]));
    }
}
