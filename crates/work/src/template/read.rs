//! Finds the fields in a text. Everything that is not exactly one of the known strings stays as
//! it is written. Called by `template`.

use super::{Of, Part};
use crate::mistake::{Mistake, Result, Warning};
use crate::near::nearest;
use posse_farm::Form;

/// Which strings are fields.
#[derive(Clone, Debug)]
pub struct Dialect<'a> {
    /// Names of the columns, in their order.
    names: Vec<&'a str>,
    /// Strings without a place or name, the longest first.
    strings: Vec<(String, What)>,
    /// Our own rules: `!`, `${name}` stays, mistakes are told.
    strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Value(Form),
    Number,
    Slot,
}

/// GNU parallel's strings, and the options that rename them.
pub(crate) const STRINGS: [(&str, What); 7] = [
    ("{}", What::Value(Form::Whole)),
    ("{.}", What::Value(Form::Stem)),
    ("{/}", What::Value(Form::Base)),
    ("{//}", What::Value(Form::Directory)),
    ("{/.}", What::Value(Form::BaseStem)),
    ("{#}", What::Number),
    ("{%}", What::Slot),
];

impl<'a> Dialect<'a> {
    /// posse's own: columns have names, mistakes are told. Where there are no values, no string
    /// stands for one: `find -exec ls {} +` stays as it is.
    pub fn posse(names: &[&'a str]) -> Dialect<'a> {
        let mut strings = Dialect::parallel(&[], &[]).strings;
        strings.retain(|(_, what)| !names.is_empty() || !matches!(what, What::Value(_)));
        Dialect { names: names.to_vec(), strings, strict: true }
    }

    /// GNU parallel's: `names` are those of `--header :`, `renamed` the strings that an option
    /// (`-I`, `--bnr`, ..) replaced by another.
    pub fn parallel(names: &[&'a str], renamed: &[(&str, &str)]) -> Dialect<'a> {
        let mut strings: Vec<(String, What)> = Vec::new();
        for (string, what) in STRINGS {
            let new = renamed.iter().rev().find(|(old, _)| *old == string);
            strings.push((new.map_or(string, |(_, new)| new).to_owned(), what));
        }
        strings.sort_by_key(|(string, _)| std::cmp::Reverse(string.len()));
        Dialect { names: names.to_vec(), strings, strict: false }
    }
}

/// The parts of one word.
pub(super) fn word(
    text: &str,
    dialect: &Dialect<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let (mut at, mut plain) = (0, 0);
    while at < text.len() {
        let Some((part, length)) = field(text, at, dialect, warnings)? else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if plain < at {
            parts.push(Part::Plain(text[plain..at].to_owned()));
        }
        parts.push(part);
        at += length;
        plain = at;
    }
    if plain < text.len() {
        parts.push(Part::Plain(text[plain..].to_owned()));
    }
    Ok(parts)
}

/// The field that begins at `at`, and its length.
fn field(
    text: &str,
    at: usize,
    dialect: &Dialect<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<(Part, usize)>> {
    let rest = &text[at..];
    let in_shell = dialect.strict && text[..at].ends_with('$');
    if !in_shell && let Some((string, what)) = simple(rest, dialect) {
        return Ok(Some((what.part(Of::Each, false), string)));
    }
    if !rest.starts_with('{') {
        return Ok(None);
    }
    if !dialect.strict && rest.starts_with("{=") && rest.contains("=}") {
        let mistake = Mistake::new("Perl expressions are not evaluated here");
        return Err(mistake.hint("compute the value in the command").at(text, at, 2));
    }
    let Some(end) = rest.find('}') else { return Ok(None) };
    let inside = &rest[1..end];
    if in_shell {
        warn_of_shell(inside, dialect, warnings);
        return Ok(None);
    }
    if let Some((place, what)) = placed(inside, dialect) {
        return in_range(place, dialect, text, at, end + 1)
            .map(|of| Some((what.part(of, false), end + 1)));
    }
    Ok(named(inside, dialect, warnings).map(|part| (part, end + 1)))
}

/// A string without name or place at the beginning of `rest`.
fn simple(rest: &str, dialect: &Dialect<'_>) -> Option<(usize, What)> {
    let found = dialect
        .strings
        .iter()
        .find(|(string, _)| !string.is_empty() && rest.starts_with(string.as_str()))?;
    Some((found.0.len(), found.1))
}

/// `3`, `-1/.`, `2 //`: what stands in the braces of a field with a place.
fn placed(inside: &str, dialect: &Dialect<'_>) -> Option<(i32, What)> {
    let digits = inside.strip_prefix('-').unwrap_or(inside);
    let length = digits.len() - digits.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = inside.split_at(inside.len() - digits.len() + length);
    if length == 0 || length > 6 {
        return None;
    }
    let rest = rest.trim_start();
    let (_, what) = dialect.strings.iter().find(|(string, _)| {
        string.strip_prefix('{').and_then(|s| s.strip_suffix('}')) == Some(rest)
    })?;
    Some((number.parse().ok()?, *what))
}

/// Places count from 1, or from the end.
fn in_range(place: i32, dialect: &Dialect<'_>, text: &str, at: usize, length: usize) -> Result<Of> {
    let count = dialect.names.len();
    let outside = place == 0 || place.unsigned_abs() as usize > count;
    if dialect.strict && outside {
        let what = match count {
            0 => format!("`{{{place}}}` is not there: the task has no values"),
            1 => format!("`{{{place}}}` is not there: the task has one value, `{{1}}`"),
            _ => format!("`{{{place}}}` is not there: the task has values 1 to {count}"),
        };
        return Err(Mistake::new(what).at(text, at, length));
    }
    Ok(Of::Place(if place > 0 { place - 1 } else { place }))
}

/// `size`, `bench/.`, `list!`: what stands in the braces of a field with a name.
fn named(inside: &str, dialect: &Dialect<'_>, warnings: &mut Vec<Warning>) -> Option<Part> {
    let raw = dialect.strict && inside.ends_with('!');
    let inside = if raw { &inside[..inside.len() - 1] } else { inside };
    let split = |form: &&'static str| inside.strip_suffix(*form);
    // Names may end in a dot or slash themselves: the whole comes first.
    let forms = ["", "/.", "//", "/", "."];
    let mut read = forms.iter().filter_map(|form| {
        let name = split(form)?;
        let place = dialect.names.iter().position(|known| *known == name)?;
        Some((place, *form))
    });
    if let Some((place, form)) = read.next() {
        let form = match form {
            "" => Form::Whole,
            "/." => Form::BaseStem,
            "//" => Form::Directory,
            "/" => Form::Base,
            _ => Form::Stem,
        };
        return Some(Part::Field { of: Of::Place(i32::try_from(place).ok()?), form, raw });
    }
    if dialect.strict {
        warn_of_near_miss(inside, dialect, warnings);
    }
    None
}

fn warn_of_near_miss(inside: &str, dialect: &Dialect<'_>, warnings: &mut Vec<Warning>) {
    let name = inside.trim().trim_end_matches(['/', '.', '!']);
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    if !is_name {
        return;
    }
    let exact = dialect.names.iter().find(|known| **known == name).copied();
    if let Some(meant) = exact.or_else(|| nearest(name, dialect.names.iter().copied())) {
        let says = format!(
            "`{{{inside}}}` is no parameter and stays as it is; did you mean `{{{meant}}}`?"
        );
        push_once(warnings, says);
    }
}

fn warn_of_shell(inside: &str, dialect: &Dialect<'_>, warnings: &mut Vec<Warning>) {
    if dialect.names.contains(&inside) {
        let says = format!(
            "`${{{inside}}}` is the shell's variable and stays as it is; \
             the parameter is `{{{inside}}}`"
        );
        push_once(warnings, says);
    }
}

fn push_once(warnings: &mut Vec<Warning>, says: String) {
    if !warnings.iter().any(|warning| warning.0 == says) {
        warnings.push(Warning(says));
    }
}

impl What {
    fn part(self, of: Of, raw: bool) -> Part {
        match self {
            What::Value(form) => Part::Field { of, form, raw },
            What::Number => Part::Number,
            What::Slot => Part::Slot,
        }
    }
}
