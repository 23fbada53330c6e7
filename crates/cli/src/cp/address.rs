//! `HOSTSET:PATH` and plain paths, told apart as scp(1) does: a word with a colon before its first
//! slash, outside of brackets, is a place on hosts. Pure. Called by `commands/cp.rs`.

use std::ffi::{OsStr, OsString};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Here(OsString),
    There { hosts: String, path: String },
}

/// Where the path may begin: names of hosts may have colons, too.
fn colons(word: &str) -> Vec<usize> {
    let mut depth = 0usize;
    let mut found = Vec::new();
    for (at, c) in word.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => break,
            ':' if depth == 0 && at > 0 => found.push(at),
            _ => {}
        }
    }
    found
}

/// `is_hostset` says whether the vm knows such hosts; it decides between several colons alone.
pub fn parse(word: &OsStr, is_hostset: impl Fn(&str) -> bool) -> Result<Address, String> {
    let Some(text) = word.to_str() else {
        let lossy = word.to_string_lossy();
        return match colons(&lossy).first() {
            Some(_) => Err(format!("{lossy}: a path on hosts must be UTF-8")),
            None => Ok(Address::Here(word.to_owned())),
        };
    };
    let found = colons(text);
    let known = found.iter().find(|at| found.len() > 1 && is_hostset(&text[..**at]));
    Ok(match known.or(found.first()) {
        Some(at) => {
            Address::There { hosts: text[..*at].to_owned(), path: text[*at + 1..].to_owned() }
        }
        None => Address::Here(word.to_owned()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_before_a_slash_is_a_host() {
        let of = |word: &str| parse(OsStr::new(word), |hosts| hosts == "n1:2").unwrap();
        let there =
            |hosts: &str, path: &str| Address::There { hosts: hosts.into(), path: path.into() };
        assert_eq!(of("lab[1-4]:/tmp/x"), there("lab[1-4]", "/tmp/x"));
        assert_eq!(of("lab1:"), there("lab1", ""));
        assert_eq!(of("all - lab1:a:b"), there("all - lab1", "a:b"));
        assert_eq!(of("n1:2:x"), there("n1:2", "x"));
        for word in ["x", "./a:b", "/a:b", ":x", "a/b:c", "[a:b]"] {
            assert_eq!(of(word), Address::Here(word.into()));
        }
    }
}
