//! Splits a command line into words as a shell would, without running one.
//!
//! For: the template of an `exec` launcher. Not for: variables, globs, pipes: here they are plain
//! characters. Called by `plan`.

/// Why a template is no list of words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("the {0} that opens a quoted part is never closed")]
    Unclosed(char),
    #[error("the command line ends in a backslash")]
    Backslash,
}

/// Words separated by blanks; '…' keeps all, "…" all but \" and \\, \x is x.
pub fn split_words(line: &str) -> Result<Vec<String>, SplitError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' | '"' => quoted(c, &mut chars, word.get_or_insert_default())?,
            '\\' => {
                let next = chars.next().ok_or(SplitError::Backslash)?;
                word.get_or_insert_default().push(next);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(
    quote: char,
    chars: &mut std::str::Chars<'_>,
    word: &mut String,
) -> Result<(), SplitError> {
    while let Some(c) = chars.next() {
        if c == quote {
            return Ok(());
        }
        if c == '\\' && quote == '"' {
            match chars.next().ok_or(SplitError::Unclosed(quote))? {
                next @ ('"' | '\\' | '$' | '`') => word.push(next),
                next => word.extend(['\\', next]),
            }
            continue;
        }
        word.push(c);
    }
    Err(SplitError::Unclosed(quote))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_as_a_shell_would() {
        let cases: [(&str, &[&str]); 7] = [
            ("", &[]),
            ("  a  b\tc ", &["a", "b", "c"]),
            ("'a b'c \"d e\" ''", &["a bc", "d e", ""]),
            (r#""a\"b\\c\d" 'a\b'"#, &[r#"a"b\c\d"#, r"a\b"]),
            (r"a\ b \'", &["a b", "'"]),
            (
                "docker exec -i {host} sh -c {cmd}",
                &["docker", "exec", "-i", "{host}", "sh", "-c", "{cmd}"],
            ),
            ("a;b|c $x", &["a;b|c", "$x"]),
        ];
        for (line, words) in cases {
            assert_eq!(split_words(line).unwrap(), words, "{line}");
        }
        assert_eq!(split_words("a 'b"), Err(SplitError::Unclosed('\'')));
        assert_eq!(split_words("a \"b\\"), Err(SplitError::Unclosed('"')));
        assert_eq!(split_words("a\\"), Err(SplitError::Backslash));
    }
}
