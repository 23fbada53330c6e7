//! Words as a POSIX shell splits them: quotes and backslashes, no expansions. Pure; for the lines
//! of the console that are not handed on verbatim.

/// The first word of `text` and what follows it; `None` where there is none.
pub fn first(text: &str) -> Result<Option<(String, &str)>, String> {
    let text = text.trim_start();
    if text.is_empty() {
        return Ok(None);
    }
    let mut word = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            letter if letter.is_whitespace() => return Ok(Some((word, &text[at..]))),
            '\\' => word.extend(letters.next().map(|(_, next)| next)),
            '\'' => loop {
                match letters.next() {
                    Some((_, '\'')) => break,
                    Some((_, inner)) => word.push(inner),
                    None => return Err("a ' is not closed".to_owned()),
                }
            },
            '"' => loop {
                match letters.next() {
                    Some((_, '"')) => break,
                    Some((_, '\\')) => match letters.next() {
                        Some((_, next)) if "\"\\$`".contains(next) => word.push(next),
                        Some((_, next)) => word.extend(['\\', next]),
                        None => return Err("a \" is not closed".to_owned()),
                    },
                    Some((_, inner)) => word.push(inner),
                    None => return Err("a \" is not closed".to_owned()),
                }
            },
            letter => word.push(letter),
        }
    }
    Ok(Some((word, "")))
}

/// All words; one that begins with `#` and what follows is a comment.
pub fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.trim_start().starts_with('#') {
        let Some((word, after)) = first(rest)? else { break };
        words.push(word);
        rest = after;
    }
    Ok(words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_in_sh() {
        assert_eq!(
            split(r#" a  'b c'd "e \"f\" $g" h\ i '' # j"#).unwrap(),
            ["a", "b cd", "e \"f\" $g", "h i", ""]
        );
        assert_eq!(split("a#b").unwrap(), ["a#b"]);
        assert!(split("it's").is_err());
        assert!(split("\"a").is_err());
    }

    #[test]
    fn agrees_with_the_shell() {
        for line in [r#"a 'b  c' "d\e" f\'g"#, r#""a b"'c d'e\ f "\\""#, "x ''y"] {
            let shell = std::process::Command::new("sh")
                .arg("-c")
                .arg(format!("printf '%s\\n' {line}"))
                .output()
                .unwrap();
            let shell = String::from_utf8(shell.stdout).unwrap();
            assert_eq!(split(line).unwrap(), shell.lines().collect::<Vec<_>>(), "{line}");
        }
    }
}
