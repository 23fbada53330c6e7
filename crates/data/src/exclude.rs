//! Names that are left out, by rsync(1)'s patterns. `*` and `?` stop at slashes, `**` does not,
//! `[...]` is one character, `\` takes the next one as it is. A `/` at the end means directories
//! alone; one at the beginning means the top of what is copied; one between (or `**`) lets the
//! pattern see the path and not the last name alone; `/***` at the end means a directory and all
//! in it. Linear in pattern times path. Called by both ends: what is left out is not deleted
//! either.

use crate::limits::PATTERN_BYTES_MAX;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `?`
    Any,
    /// `[...]`: ranges, and whether they are those that do not match.
    Class(Vec<(u8, u8)>, bool),
    /// `*`
    Star,
    /// `**`
    StarStar,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    tokens: Vec<Token>,
    directories: bool,
    anchored: bool,
    /// It is matched with the path, not with the last name.
    path: bool,
    /// `dir/***`: the directory itself too.
    and_itself: bool,
}

/// All that is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excludes(Vec<Pattern>);

impl Excludes {
    /// Says which pattern makes no sense.
    pub fn new(patterns: &[String]) -> Result<Excludes, String> {
        patterns.iter().map(|text| Pattern::read(text)).collect::<Result<_, _>>().map(Excludes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `path` is below the top of what is copied, with slashes between names alone.
    pub fn has(&self, path: &[u8], is_directory: bool) -> bool {
        self.0.iter().any(|pattern| pattern.matches(path, is_directory))
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Pattern, String> {
        let wrong = |why: &str| Err(format!("--exclude {text}: {why}"));
        if text.len() > PATTERN_BYTES_MAX {
            return wrong("is too long");
        }
        let (rest, and_itself) = match text.strip_suffix("/***") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (rest, directories) = match rest.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (rest, anchored) = match rest.strip_prefix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        if rest.is_empty() {
            return wrong("names nothing");
        }
        let path = anchored || and_itself || rest.contains('/') || rest.contains("**");
        let Some(tokens) = tokens(rest.as_bytes()) else { return wrong("a `[` without its `]`") };
        Ok(Pattern { tokens, directories, anchored, path, and_itself })
    }

    fn matches(&self, path: &[u8], is_directory: bool) -> bool {
        if self.directories && !is_directory {
            return false;
        }
        if !self.path {
            let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
            return self.run(name);
        }
        // Where the pattern may begin: at the top, or after any slash.
        let after =
            path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(after.filter(|_| !self.anchored));
        let mut tails = starts.filter_map(|start| path.get(start..));
        tails.any(|tail| self.run(tail) && (is_directory || !self.and_itself) || self.within(tail))
    }

    /// Whether a directory above, within `tail`, is meant with all in it.
    fn within(&self, tail: &[u8]) -> bool {
        let slashes = tail.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        self.and_itself && slashes.filter_map(|(at, _)| tail.get(..at)).any(|head| self.run(head))
    }

    /// All of `text`: every place in the pattern that can be reached, byte by byte.
    fn run(&self, text: &[u8]) -> bool {
        let mut at = vec![false; self.tokens.len() + 1];
        at[0] = true;
        self.skip_stars(&mut at);
        for byte in text {
            let mut next = vec![false; at.len()];
            for (place, token) in self.tokens.iter().enumerate().filter(|(place, _)| at[*place]) {
                match token {
                    Token::StarStar => next[place] = true,
                    Token::Star => next[place] |= *byte != b'/',
                    token => next[place + 1] |= token.takes(*byte),
                }
            }
            at = next;
            self.skip_stars(&mut at);
        }
        at.last().copied().unwrap_or(false)
    }

    /// A star may stand for nothing.
    fn skip_stars(&self, at: &mut [bool]) {
        for (place, token) in self.tokens.iter().enumerate() {
            if at[place] && matches!(token, Token::Star | Token::StarStar) {
                at[place + 1] = true;
            }
        }
    }
}

impl Token {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Token::Byte(own) => *own == byte,
            Token::Any => byte != b'/',
            Token::Class(ranges, negated) => {
                let within = ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte));
                within != *negated && byte != b'/'
            }
            Token::Star | Token::StarStar => false,
        }
    }
}

fn tokens(mut rest: &[u8]) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    while let [first, tail @ ..] = rest {
        let (token, tail) = match (first, tail) {
            (b'*', [b'*', tail @ ..]) => (Token::StarStar, tail),
            (b'*', tail) => (Token::Star, tail),
            (b'?', tail) => (Token::Any, tail),
            (b'\\', [byte, tail @ ..]) => (Token::Byte(*byte), tail),
            (b'[', tail) => class(tail)?,
            (byte, tail) => (Token::Byte(*byte), tail),
        };
        tokens.push(token);
        rest = tail;
    }
    Some(tokens)
}

/// What follows `[`; a `]` that comes first is one of the characters.
fn class(mut rest: &[u8]) -> Option<(Token, &[u8])> {
    let negated = matches!(rest, [b'!' | b'^', ..]);
    if negated {
        rest = &rest[1..];
    }
    let mut ranges = Vec::new();
    loop {
        rest = match rest {
            [b']', tail @ ..] if !ranges.is_empty() => {
                return Some((Token::Class(ranges, negated), tail));
            }
            [low, b'-', high, tail @ ..] if *high != b']' => {
                ranges.push((*low, *high));
                tail
            }
            [b'\\', byte, tail @ ..] | [byte, tail @ ..] => {
                ranges.push((*byte, *byte));
                tail
            }
            [] => return None,
        };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Patterns with paths that they have (`+`), and have not (`-`); a slash at the end is a
    /// directory. As rsync(1) says of itself.
    const TABLE: [(&str, &[&str], &[&str]); 14] = [
        ("*.o", &["a.o", "d/a.o", ".o"], &["a.oo", "a.o/x", "o"]),
        ("/foo", &["foo", "foo/"], &["d/foo", "foobar"]),
        ("foo/", &["foo/", "d/foo/"], &["foo", "d/foo"]),
        ("foo/bar", &["foo/bar", "d/foo/bar"], &["foo/d/bar", "xfoo/bar", "bar"]),
        ("/foo/*/bar", &["foo/x/bar"], &["foo/x/y/bar", "d/foo/x/bar", "foo/bar"]),
        ("/foo/**/bar", &["foo/x/bar", "foo/x/y/bar"], &["foo/bar", "d/foo/x/bar"]),
        ("a**z", &["az", "a/z", "d/a/b/z"], &["a/zb", "ba/z"]),
        ("b?[cd-f]", &["bxc", "d/b.e"], &["bx", "b/c", "bxg"]),
        ("[!a]b", &["cb", "d/xb"], &["ab", "b"]),
        ("[]x]", &["]", "x"], &["y"]),
        ("\\*", &["*"], &["a"]),
        ("cache/***", &["cache/", "d/cache/", "cache/x", "d/cache/x/y"], &["cache", "xcache/y"]),
        ("/var/cache/***", &["var/cache/", "var/cache/x"], &["d/var/cache/x", "var/"]),
        ("é*", &["é", "éa"], &["e"]),
    ];

    #[test]
    fn patterns_are_those_of_rsync() {
        for (pattern, has, not) in TABLE {
            let excludes = Excludes::new(&[pattern.to_owned()]).unwrap();
            for (paths, expected) in [(has, true), (not, false)] {
                for path in paths {
                    let plain = path.trim_end_matches('/');
                    let found = excludes.has(plain.as_bytes(), plain != *path);
                    assert_eq!(found, expected, "{pattern} {path}");
                }
            }
        }
    }

    #[test]
    fn nonsense_is_refused_and_stars_cost_little() {
        for odd in ["", "/", "[a", "x[!", &"a".repeat(PATTERN_BYTES_MAX + 1)] {
            assert!(Excludes::new(&[odd.to_owned()]).is_err(), "{odd}");
        }
        let stars = Excludes::new(&["*a".repeat(200)]).unwrap();
        assert!(!stars.has(&[b'a'; 199], false));
        assert!(stars.has(&[b'a'; 200], false));
    }
}
