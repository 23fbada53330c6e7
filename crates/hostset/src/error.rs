//! What can be wrong with the text of an expression, and where. Every message says what to
//! write instead. Not for evaluation (`eval::EvalError`) nor host files (`file::LineError`).

use std::fmt;

use crate::limits::{MAX_EXCERPT, MAX_HOSTS, MAX_INDEX_DIGITS, MAX_MASKS, MAX_NESTING, MAX_TEXT};
use crate::name::{NameProblem, is_invisible};
use crate::predicate::KEYS;

/// An expression that could not be read; `column` is where, from 1, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    problem: Problem,
    column: usize,
    excerpt: String,
    caret: usize,
}

/// The kinds of [`ParseError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    Empty,
    TextTooLong(usize),
    TooManyHosts,
    TooManyMasks,
    TooDeep,
    MissingOperand(&'static str),
    NothingBefore(char),
    NoOperator,
    LooseDash,
    UnclosedBracket,
    StrayBracket,
    DoubleBracket,
    UnclosedParenthesis,
    StrayParenthesis,
    EmptyRange,
    NotANumber(String),
    IndexTooLong(usize),
    Backwards { first: String, last: String },
    PaddingMismatch { first: String, last: String },
    BadStep,
    BadName(NameProblem),
    BadUser,
    BadScheme,
    BadPort(String),
    BadSlots(String),
    BadGroup,
    UnknownKey(String),
    BadValue,
}

impl ParseError {
    pub(crate) fn new(text: &str, at: usize, problem: Problem) -> ParseError {
        let at = at.min(text.len());
        let before = text.get(..at).unwrap_or("");
        let column = before.chars().count() + 1;
        let back = MAX_EXCERPT / 2;
        let start = before.char_indices().rev().nth(back).map_or(0, |(i, _)| i);
        let shown = |c: char| if is_invisible(c) { '?' } else { c };
        let excerpt = text[start..].chars().take(MAX_EXCERPT).map(shown).collect();
        let caret = text[start..at].chars().count();
        ParseError(Box::new(Inner { problem, column, excerpt, caret }))
    }

    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// Where, from 1, in characters.
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// Two lines: the part of the text around the place, and a `^` under it.
    pub fn pointer(&self) -> String {
        format!("{}\n{}^", self.0.excerpt, " ".repeat(self.0.caret))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.0.column, self.0.problem)
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "no hosts named; write for instance `lab[1-40]` or `all`"),
            Self::TextTooLong(len) => write!(
                f,
                "the expression has {len} bytes; the limit is {MAX_TEXT}; use a host file"
            ),
            Self::TooManyHosts => write!(
                f,
                "more than {MAX_HOSTS} hosts in one expression, which is the limit; \
                 check the ranges"
            ),
            Self::TooDeep => write!(f, "more than {MAX_NESTING} parentheses inside each other"),
            Self::MissingOperand(op) => write!(f, "nothing after `{op}`; name hosts there"),
            Self::NothingBefore(op) => {
                write!(f, "nothing before `{op}`; write for instance `all {op} lab7`")
            }
            Self::NoOperator => write!(
                f,
                "two hostsets without an operator between; \
                 write `,` to join, ` - ` to remove, `&` for what is in both"
            ),
            Self::LooseDash => write!(
                f,
                "a difference has spaces on both sides: `all - lab7`; no name begins with `-`"
            ),
            Self::UnclosedBracket => write!(f, "`[` is never closed; add `]`"),
            Self::StrayBracket => write!(f, "`]` without `[`"),
            Self::DoubleBracket => write!(
                f,
                "a bracket inside a bracket; GXP's `n[[000-014;007]]` is `n[000-014]!n007` here"
            ),
            Self::UnclosedParenthesis => write!(f, "`(` is never closed; add `)`"),
            Self::StrayParenthesis => write!(f, "`)` without `(`"),
            Self::NotANumber(_) | Self::EmptyRange | Self::IndexTooLong(_) => self.range(f),
            Self::Backwards { .. } | Self::PaddingMismatch { .. } | Self::BadStep => self.range(f),
            _ => self.item(f),
        }
    }
}

impl Problem {
    fn range(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyRange => write!(f, "empty range; write numbers, as in `[1-4,7]`"),
            Self::NotANumber(part) => write!(
                f,
                "`{part}` is not a number; brackets hold numbers only, as in `[1-4,7,10-20/2]`"
            ),
            Self::IndexTooLong(len) => {
                write!(f, "a number of {len} digits; the limit in brackets is {MAX_INDEX_DIGITS}")
            }
            Self::Backwards { first, last } => {
                write!(f, "the range {first}-{last} runs backwards; write {last}-{first}")
            }
            Self::PaddingMismatch { first, last } => write!(
                f,
                "{first} and {last} are padded to different lengths; \
                 pad both to the same, as in `[001-128]`"
            ),
            _ => write!(f, "a step is a number from 1 after a range, as in `[0-10/2]`"),
        }
    }

    fn item(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName(problem) => write!(f, "{problem}"),
            Self::TooManyMasks => write!(
                f,
                "a glob with ranges stands for more than {MAX_MASKS} masks, which is the limit; \
                 write wider wild cards"
            ),
            Self::BadUser => write!(f, "not a user name; write `user@host`"),
            Self::BadScheme => write!(f, "not a launcher; write for instance `ssh://user@host`"),
            Self::BadPort(port) => write!(f, "`{port}` is not a port; ports are 1 to 65535"),
            Self::BadSlots(slots) => {
                write!(f, "`{slots}` is not a number of slots; write `name:4`")
            }
            Self::BadGroup => {
                write!(f, "not a group name; write `@gpu`, `@rack:r1` or `@*`")
            }
            Self::UnknownKey(key) => {
                write!(f, "`{key}` is not a property of hosts; there are {}", KEYS.join(", "))
            }
            _ => write!(f, "nothing to compare with; write for instance `load<1`"),
        }
    }
}
