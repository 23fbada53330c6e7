//! Lines taken apart into words as a POSIX shell does. Called by readers of option files and by
//! tests; putting values into quotes is `posse_farm::quote`.

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
    fn words_are_the_shells() {
        assert_eq!(words(r#" a 'b c'd "e \" f" g\ h "#).unwrap(), ["a", "b cd", "e \" f", "g h"]);
        assert_eq!(words("''").unwrap(), [""]);
        assert_eq!(words("a 'b"), None);
        assert_eq!(words("\"a\\$b\\n\"").unwrap(), ["a$b\\n"]);
    }
}
