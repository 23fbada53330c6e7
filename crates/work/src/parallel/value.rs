//! Values of GNU parallel's options. Called by `options`.

use super::options::{Jobs, Load, TimeLimit, Trim};
use crate::mistake::{Mistake, Result};
use crate::units;

/// A whole number of the field's own size.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Mistake::new(format!("`{text}` is not a number that fits here")))
}

/// `4`, `50%`, `+2`, `0`.
pub(super) fn jobs(text: &str) -> Result<Jobs> {
    let wrong = |_| {
        let what = format!("`{text}` is not a number of jobs");
        Mistake::new(what).hint("write for instance -j 4, -j 50%, -j +2 or -j 0 for no bound")
    };
    if let Some(part) = text.strip_suffix('%') {
        return part.parse().map(Jobs::Percent).map_err(wrong);
    }
    if text.starts_with(['+', '-']) {
        return text.parse().map(Jobs::Beside).map_err(wrong);
    }
    match text.parse().map_err(wrong)? {
        0 => Ok(Jobs::All),
        count => Ok(Jobs::Count(count)),
    }
}

/// `n`, `l`, `r`, `lr`.
pub(super) fn trim(text: &str) -> Result<Trim> {
    match text {
        "n" => Ok(Trim::None),
        "l" => Ok(Trim::Left),
        "r" => Ok(Trim::Right),
        "lr" | "rl" => Ok(Trim::Both),
        _ => Err(Mistake::new("one of n, l, r, lr, rl")),
    }
}

/// A time, or a percentage of the median.
pub(super) fn time_limit(text: &str) -> Result<TimeLimit> {
    match text.strip_suffix('%').map(units::number) {
        Some(Some(part)) => Ok(TimeLimit::Percent(part)),
        _ => units::duration(text).map(TimeLimit::After),
    }
}

/// A load, or a percentage of the cores.
pub(super) fn load(text: &str) -> Result<Load> {
    let (digits, is_share) = match text.strip_suffix('%') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    match (units::number(digits), is_share) {
        (Some(part), true) => Ok(Load::Percent(part)),
        (Some(load), false) => Ok(Load::Absolute(load)),
        _ => Err(Mistake::new("a load is a number or a percentage of the cores")),
    }
}

/// `\t \n \r \0` and octal numbers of three digits, as printf(1) has them.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let octal = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        let (c, length) = match (octal, after.chars().next()) {
            (Some(code), _) if code.is_ascii() => (char::from(code), 3),
            (_, Some('t')) => ('\t', 1),
            (_, Some('n')) => ('\n', 1),
            (_, Some('r')) => ('\r', 1),
            (_, Some(digit @ '0'..='7')) => (char::from(digit as u8 - b'0'), 1),
            _ => ('\\', 0),
        };
        out.push(c);
        rest = &after[length..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn backslashes_are_printfs() {
        assert_eq!(unescape("a\\nb\\x\\054\\"), "a\nb\\x,\\");
        assert_eq!(unescape("\\t\\0\\8"), "\t\0\\8");
    }
}
