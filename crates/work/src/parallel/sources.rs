//! Where a GNU parallel line takes its arguments from: `:::`, `::::`, their linked forms, `-a`,
//! or the standard input. Called by `plan`.

use super::options::Options;
use crate::mistake::{Mistake, Result};
use crate::sweep::Read;

/// One input source, not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The words after `:::`.
    Words(Vec<String>),
    /// A file; `-` is the standard input.
    File(String),
}

/// A source, and whether it goes along with the one before it.
pub(super) struct Linked {
    pub source: Source,
    pub linked: bool,
}

/// The words of the command, and the sources in their order: those of `-a` first.
pub(super) fn split(words: &[String], options: &Options) -> (Vec<String>, Vec<Linked>) {
    let mut sources: Vec<Linked> = Vec::new();
    for file in &options.arg_files {
        sources.push(Linked { source: Source::File(file.clone()), linked: false });
    }
    let kind = |word: &String| {
        let (bare, linked) = match word.strip_suffix('+') {
            Some(bare) => (bare, true),
            None => (word.as_str(), false),
        };
        match bare {
            _ if bare == options.arg_sep => Some((false, linked)),
            _ if bare == options.arg_file_sep => Some((true, linked)),
            _ => None,
        }
    };
    let end = words.iter().position(|word| kind(word).is_some()).unwrap_or(words.len());
    let command = words[..end].to_vec();
    let mut rest = &words[end..];
    while let [separator, after @ ..] = rest {
        let end = after.iter().position(|word| kind(word).is_some()).unwrap_or(after.len());
        let (group, next) = after.split_at(end);
        if let Some((is_file, linked)) = kind(separator) {
            if is_file {
                let files = group.iter().cloned().map(Source::File);
                sources.extend(files.map(|source| Linked { source, linked }));
            } else {
                sources.push(Linked { source: Source::Words(group.to_vec()), linked });
            }
        }
        rest = next;
    }
    if sources.is_empty() {
        sources.push(Linked { source: Source::File("-".to_owned()), linked: false });
    }
    (command, sources)
}

impl Source {
    /// The text of its arguments, each ended by the delimiter.
    pub fn text(&self, delimiter: &str, read: Read<'_>) -> Result<String> {
        match self {
            Source::Words(words) => {
                Ok(words.iter().flat_map(|word| [word.as_str(), delimiter]).collect())
            }
            Source::File(file) => read(file).map_err(|why| {
                let shown = if file == "-" { "the standard input" } else { file };
                Mistake::new(format!("can not read {shown}: {why}"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_stand_behind_their_separators() {
        let line = "echo {} ::: a b :::+ 1 2 :::: f g";
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (command, sources) = split(&words, &Options::default());
        assert_eq!(command, ["echo", "{}"]);
        let told: Vec<(&Source, bool)> = sources.iter().map(|s| (&s.source, s.linked)).collect();
        let list = |words: &[&str]| Source::Words(words.iter().map(|w| w.to_string()).collect());
        let file = |name: &str| Source::File(name.to_owned());
        let want = [
            (list(&["a", "b"]), false),
            (list(&["1", "2"]), true),
            (file("f"), false),
            (file("g"), false),
        ];
        assert_eq!(told, want.iter().map(|(s, l)| (s, *l)).collect::<Vec<_>>());
    }

    #[test]
    fn without_sources_it_is_the_standard_input() {
        let (_, sources) = split(&["echo".to_owned()], &Options::default());
        assert_eq!(sources[0].source, Source::File("-".to_owned()));
    }
}
