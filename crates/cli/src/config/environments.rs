//! What hosts load before commands, from the user's configuration: the file `env`, lines of
//! `HOSTSET: shell text`. Called by `run::environment`.

use super::{directory, read};
use crate::error::Error;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `FILE:LINE`, for people.
    pub place: String,
    pub hosts: String,
    pub text: String,
}

/// In the order of the file; an absent file has none, a broken line is an error that names it.
pub fn load() -> Result<Vec<Line>, Error> {
    let Some(path) = directory().map(|own| own.join("env")) else { return Ok(Vec::new()) };
    let Some(text) = read(&path)? else { return Ok(Vec::new()) };
    let lines = parse(&text).map_err(|(line, why)| {
        Error::config(format!("{}:{line}: {why}", path.display()))
            .hint("a line is `HOSTSET: shell text`, such as `@gpu: module load cuda`")
    })?;
    let place = |line: usize| format!("{}:{line}", path.display());
    Ok(lines.into_iter().map(|(at, hosts, text)| Line { place: place(at), hosts, text }).collect())
}

type Parsed = (usize, String, String);

/// A `#` begins a comment only at the start of a line: shell texts have their own.
fn parse(text: &str) -> Result<Vec<Parsed>, (usize, String)> {
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let (at, line) = (at + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // A colon inside a hostset (`@source:group`) has no blank behind it.
        let cut = [": ", ":\t"].iter().filter_map(|colon| line.find(colon)).min();
        let cut = cut.ok_or_else(|| (at, format!("no `: ` in {line:?}")))?;
        let (hosts, text) = (line[..cut].trim(), line[cut + 1..].trim());
        posse_hostset::Expr::parse(hosts).map_err(|error| (at, error.to_string()))?;
        lines.push((at, hosts.to_owned(), text.to_owned()));
    }
    Ok(lines)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::parse;

    #[test]
    fn lines_are_hostsets_with_texts() {
        let text = "# mine\n\n@gpu: module load cuda  # as is\n@slurm:gpu:\texport A=b:c; x: y\n";
        let line = |at, hosts: &str, text: &str| (at, hosts.to_owned(), text.to_owned());
        let wanted = [
            line(3, "@gpu", "module load cuda  # as is"),
            line(4, "@slurm:gpu", "export A=b:c; x: y"),
        ];
        assert_eq!(parse(text).unwrap(), wanted);
        assert_eq!(parse("\nx y\n").unwrap_err().0, 2);
        assert_eq!(parse("lab[1-: true\n").unwrap_err().0, 1);
        assert_eq!(parse("x:\n").unwrap_err().0, 1);
    }
}
