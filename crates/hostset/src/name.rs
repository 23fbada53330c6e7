//! Host names: which are accepted, and how they are ordered. Not for resolving them. A
//! `HostName` is proof that the check was made, so it may stand in an argv, a path or a log.
//! Called by everything in this crate and by whoever takes a name from outside.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::limits::{MAX_EXCERPT, MAX_NAME};
use crate::natural;

/// A checked host name; cheap to clone; ordered naturally (`n2` before `n10`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HostName(Arc<str>);

impl HostName {
    /// Checks `text` and makes a name of it.
    pub fn new(text: &str) -> Result<HostName, NameError> {
        match check(text) {
            Ok(()) => Ok(HostName(text.into())),
            Err(problem) => Err(NameError { name: excerpt(text), problem }),
        }
    }

    /// For expansion, which has checked the pattern that the name comes from.
    pub(crate) fn from_checked(text: &str) -> HostName {
        debug_assert!(check(text).is_ok(), "unchecked name {text:?}");
        HostName(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    pub name: String,
    pub problem: NameProblem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameProblem {
    Empty,
    TooLong(usize),
    LeadingDash,
    LeadingDot,
    Reserved,
    NotAnAddress,
    BadChar(char),
}

/// The rule, in one place. Letters, digits, `.`, `_`, `-`; an IPv6 address may hold `:` and a
/// zone after `%`.
pub(crate) fn check(text: &str) -> Result<(), NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.len() > MAX_NAME {
        return Err(NameProblem::TooLong(text.len()));
    }
    if let Some(bad) = text.chars().find(|&c| !is_name_char(c)) {
        return Err(NameProblem::BadChar(bad));
    }
    match text.as_bytes()[0] {
        b'-' => return Err(NameProblem::LeadingDash),
        b'.' => return Err(NameProblem::LeadingDot),
        _ => {}
    }
    if text == "all" {
        return Err(NameProblem::Reserved);
    }
    if text.contains([':', '%']) && !is_address(text) {
        return Err(NameProblem::NotAnAddress);
    }
    Ok(())
}

/// Whether `c` may stand anywhere in a name.
pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '%')
}

fn is_address(text: &str) -> bool {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let zone_ok = zone.is_none_or(|z| !z.is_empty() && !z.contains([':', '%']));
    zone_ok
        && address.bytes().filter(|&b| b == b':').count() >= 2
        && address.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == '.')
}

/// What must not reach a terminal as it is: control characters, and those that turn the
/// direction of text or take no room.
pub(crate) fn is_invisible(c: char) -> bool {
    let format = ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}'];
    c.is_control() || c == '\u{feff}' || format.iter().any(|range| range.contains(&c))
}

/// At most `MAX_EXCERPT` characters of `text`, control characters made visible.
pub(crate) fn excerpt(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MAX_EXCERPT {
            out.push('…');
            break;
        }
        if is_invisible(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a host name is empty"),
            Self::TooLong(len) => {
                write!(f, "a host name has {len} bytes; the limit is {MAX_NAME}")
            }
            Self::LeadingDash => write!(
                f,
                "a host name must not begin with `-`; \
                 for a difference write spaces around it: `all - lab7`"
            ),
            Self::LeadingDot => write!(f, "a host name must not begin with `.`"),
            Self::Reserved => {
                write!(f, "`all` means every host of the vm and cannot name one host")
            }
            Self::NotAnAddress => write!(
                f,
                "`:` and `%` stand in IPv6 addresses only; slots are written `name:4`, \
                 a port `ssh://name:2222`"
            ),
            Self::BadChar(c) if is_invisible(*c) => write!(
                f,
                "control character {} in a host name; retype the name",
                c.escape_unicode()
            ),
            Self::BadChar(c) if !c.is_ascii() => {
                write!(f, "`{c}` cannot stand in a host name; write the ASCII form (`xn--...`)")
            }
            Self::BadChar(c) => write!(
                f,
                "`{c}` cannot stand in a host name; letters, digits, `.`, `_` and `-` can"
            ),
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (in `{}`)", self.problem, self.name)
    }
}

impl std::error::Error for NameError {}

impl Ord for HostName {
    fn cmp(&self, other: &Self) -> Ordering {
        natural::compare(&self.0, &other.0)
    }
}

impl PartialOrd for HostName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Deref for HostName {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for HostName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for HostName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for HostName {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted() {
        for name in ["lab7", "a.b-c_d", "127.0.0.1", "fe80::1%eth0", "::1", "X", "7"] {
            assert!(HostName::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn refused() {
        let long = "a".repeat(254);
        let bad = ["", "-oProxyCommand=x", ".", "a b", "a;b", "a$b", "a`b", "a\0b", "a\x1b[0m"];
        for name in bad.iter().copied().chain(["a/b", "é", "all", "a:b", "a%b", "*", &long]) {
            assert!(HostName::new(name).is_err(), "{name:?}");
        }
        let error = HostName::new("a\x07b").unwrap_err().to_string();
        assert!(!error.contains('\x07') && error.contains("control"), "{error}");
    }
}
