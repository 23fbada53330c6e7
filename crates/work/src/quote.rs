//! Quoting of values for a POSIX shell, in GNU parallel's manner, so that commands read the
//! same. Called by `template`; the readers of option files take words apart with [`words`].

/// `value` as one word of a POSIX shell. What needs no quotes gets none.
pub fn quote(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/".contains(c);
    if value.is_empty() {
        return "''".to_owned();
    }
    if value.chars().all(plain) {
        return value.to_owned();
    }
    let quoted = format!("'{}'", value.replace('\'', "'\"'\"'"));
    let short = quoted.strip_prefix("''").unwrap_or(&quoted);
    short.strip_suffix("''").unwrap_or(short).to_owned()
}

/// The words of a line as a POSIX shell splits them; `None` where a quote is not closed.
/// Nothing is expanded.
pub fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next()? {
                '\n' => {}
                c => word.get_or_insert_default().push(c),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                '\n' => {}
                c @ ('"' | '\\' | '$' | '`') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        for (value, want) in [
            ("a-b_c.d+e/F9", "a-b_c.d+e/F9"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\"'\"'s'"),
            ("'", "\"'\""),
            ("$x", "'$x'"),
            ("é", "'é'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(quote(value), want);
        }
    }

    #[test]
    fn words_are_the_shells() {
        assert_eq!(words(r#" a 'b c'd "e \" f" g\ h "#).unwrap(), ["a", "b cd", "e \" f", "g h"]);
        assert_eq!(words("''").unwrap(), [""]);
        assert_eq!(words("a 'b"), None);
        assert_eq!(words("\"a\\$b\\n\"").unwrap(), ["a$b\\n"]);
    }
}
