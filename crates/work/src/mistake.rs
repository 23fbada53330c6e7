//! What is wrong with something that a user wrote: where, what, and what to write instead.
//! One type for all faces, so that the command line shows them all alike.

use std::fmt;

use crate::limits::EXCERPT_CHARS_MAX;

/// An error in what a user wrote. `Display` is one sentence; [`Mistake::pointer`] shows the
/// place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    what: String,
    hint: Option<String>,
    /// The file or option that it stands in, when it is not the command line itself.
    source: Option<String>,
    line: Option<usize>,
    place: Option<Place>,
}

/// A text and the part of it that is meant, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    excerpt: String,
    column: usize,
    caret: usize,
    width: usize,
}

/// What every reader of this crate returns.
pub type Result<T> = std::result::Result<T, Mistake>;

impl Mistake {
    pub fn new(what: impl Into<String>) -> Mistake {
        let what = what.into();
        Mistake(Box::new(Inner { what, hint: None, source: None, line: None, place: None }))
    }

    /// What to write or type instead.
    pub fn hint(mut self, hint: impl Into<String>) -> Mistake {
        self.0.hint = Some(hint.into());
        self
    }

    /// Where: bytes `at..at + width` of `text`. Anything beyond the text is its end.
    pub fn at(mut self, text: &str, at: usize, width: usize) -> Mistake {
        self.0.place = Some(Place::new(text, at, width));
        self
    }

    /// In which file or option.
    pub fn within(mut self, source: impl Into<String>) -> Mistake {
        self.0.source.get_or_insert(source.into());
        self
    }

    /// At which line of it, from 1.
    pub fn line(mut self, line: usize) -> Mistake {
        self.0.line.get_or_insert(line);
        self
    }

    /// What is wrong, without the place.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What to write or type instead, if something can be said.
    pub fn advice(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The line of the file, from 1.
    pub fn line_number(&self) -> Option<usize> {
        self.0.line
    }

    /// Two lines: the text around the place, and `^` under it; nothing where there is no place.
    pub fn pointer(&self) -> Option<String> {
        let place = self.0.place.as_ref()?;
        let marks = "^".repeat(place.width.max(1));
        Some(format!("{}\n{}{marks}", place.excerpt, " ".repeat(place.caret)))
    }
}

impl Place {
    fn new(text: &str, at: usize, width: usize) -> Place {
        let floor = |at: usize| (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i));
        let at = floor(at).unwrap_or(0);
        let end = floor(at.saturating_add(width)).unwrap_or(at).max(at);
        let column = text[..at].chars().count() + 1;
        let back = EXCERPT_CHARS_MAX / 2;
        let start = text[..at].char_indices().rev().nth(back - 1).map_or(0, |(i, _)| i);
        let shown: String = text[start..].chars().take(EXCERPT_CHARS_MAX).map(visible).collect();
        let caret = text[start..at].chars().count();
        let room = shown.chars().count().saturating_sub(caret);
        let width = text[at..end].chars().count().min(room);
        Place { excerpt: shown, column, caret, width }
    }
}

/// Control characters would move the cursor of who reads the error.
fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(source) = &inner.source {
            write!(f, "{source}: ")?;
        }
        if let Some(line) = inner.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(place) = &inner.place {
            write!(f, "column {}: ", place.column)?;
        }
        f.write_str(&inner.what)
    }
}

impl std::error::Error for Mistake {}

/// Something that is allowed and probably not meant. Shown before anything runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let mistake = Mistake::new("no such column").at("sim {3} x", 4, 3).within("command");
        assert_eq!(mistake.to_string(), "command: column 5: no such column");
        assert_eq!(mistake.pointer().unwrap(), "sim {3} x\n    ^^^");
    }

    #[test]
    fn long_texts_are_cut_around_the_place() {
        let text = format!("{}é{{3}}{}", "a".repeat(500), "b".repeat(500));
        let pointer = Mistake::new("x").at(&text, 502, 3).pointer().unwrap();
        let (above, below) = pointer.split_once('\n').unwrap();
        assert!(above.chars().count() <= EXCERPT_CHARS_MAX);
        let at = below.find('^').unwrap();
        assert_eq!(above.chars().skip(at).take(3).collect::<String>(), "{3}");
    }

    #[test]
    fn places_beyond_the_text_are_its_end() {
        let mistake = Mistake::new("x").at("é", 1, 900);
        assert_eq!(mistake.pointer().unwrap(), "é\n^");
        assert_eq!(Mistake::new("x").at("", 7, 7).pointer().unwrap(), "\n^");
    }
}
