//! `LOCAL {{ CMD }} LOCAL`: braces hold what runs on the hosts, the words around them are stages
//! on this computer. Pure; used by `e`, `mw` and the console.

/// What was typed, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stages {
    /// Its stdout is the stdin of all.
    pub before: Option<String>,
    pub words: Vec<String>,
    /// Its stdin is the merged stdout of all.
    pub after: Option<String>,
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// Takes words apart at `{{` and `}}`, which stand alone or begin and end a word.
pub fn split(words: &[String]) -> Result<Stages, String> {
    let words = separate(words);
    let open = words.iter().position(|word| word == OPEN);
    let close = words.iter().rposition(|word| word == CLOSE);
    match (open, close) {
        (None, None) => Ok(Stages { words, ..Stages::default() }),
        (Some(open), Some(close)) if open < close => Ok(Stages {
            before: stage(&words[..open]),
            words: words[open + 1..close].to_vec(),
            after: stage(&words[close + 1..]),
        }),
        _ => Err("`{{` and `}}` must stand around the command of the hosts".to_owned()),
    }
}

/// `{{hostname}}` is `{{ hostname }}`.
fn separate(words: &[String]) -> Vec<String> {
    let mut separated = Vec::new();
    for word in words {
        let inner = word.strip_prefix(OPEN);
        separated.extend(inner.map(|_| OPEN.to_owned()));
        let rest = inner.unwrap_or(word);
        let inner = rest.strip_suffix(CLOSE).filter(|_| rest.len() > CLOSE.len() || rest == CLOSE);
        let middle = inner.unwrap_or(rest);
        separated.extend((!middle.is_empty() || word.is_empty()).then(|| middle.to_owned()));
        separated.extend(inner.map(|_| CLOSE.to_owned()));
    }
    separated
}

/// Several words are quoted as they were given; one is a line for the shell.
fn stage(words: &[String]) -> Option<String> {
    match words {
        [] => None,
        [line] => Some(line.clone()),
        words => Some(words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")),
    }
}

/// A word that a POSIX shell reads back as it is.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+=./:,@%^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(line: &[&str]) -> Stages {
        split(&line.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn stages_stand_around_braces() {
        assert_eq!(of(&["ls", "-l"]).words, ["ls", "-l"]);
        let all = of(&["cat", "a b", "{{", "wc", "-l", "}}", "sort", "-n"]);
        assert_eq!(all.before.as_deref(), Some("cat 'a b'"));
        assert_eq!(all.words, ["wc", "-l"]);
        assert_eq!(all.after.as_deref(), Some("sort -n"));
        let line = of(&["{{", "echo $(hostname) $(uptime)", "}}", "sort | head"]);
        assert_eq!((line.before, line.after.as_deref()), (None, Some("sort | head")));
        assert_eq!(of(&["{{hostname}}", "sort"]).words, ["hostname"]);
        assert!(split(&["}}".into(), "x".into(), "{{".into()]).is_err());
        assert!(split(&["{{".into(), "x".into()]).is_err());
        assert_eq!(of(&["awk", "{print}"]).words, ["awk", "{print}"]);
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
