//! The command lines of faces, read as getopt(3) does: options end at the first other word, short
//! ones may be joined, long ones shortened. Not clap, whose rules and words differ. Pure.

/// One option that a tool takes.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub short: char,
    /// Empty where there is none.
    pub long: &'static str,
    pub takes_value: bool,
}

/// An option without and with a value.
pub const fn flag(short: char, long: &'static str) -> Known {
    Known { short, long, takes_value: false }
}

pub const fn valued(short: char, long: &'static str) -> Known {
    Known { short, long, takes_value: true }
}

/// What was typed: options in their order, and the words after them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    pub options: Vec<(char, String)>,
    pub rest: Vec<String>,
}

/// Fails in the words of the C library, without the name of the tool.
pub fn parse(words: &[String], known: &[Known]) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.clone().next() {
        if word == "--" {
            words.next();
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            words.next();
            let (option, value) = by_long(long, known)?;
            let value = match (option.takes_value, value) {
                (true, None) => words
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("option '--{}' requires an argument", option.long))?,
                (false, Some(_)) => {
                    return Err(format!("option '--{}' doesn't allow an argument", option.long));
                }
                (_, value) => value.unwrap_or_default(),
            };
            parsed.options.push((option.short, value));
        } else if word.len() > 1 && word.starts_with('-') {
            words.next();
            shorts(&word[1..], known, &mut words, &mut parsed)?;
        } else {
            break;
        }
    }
    parsed.rest = words.cloned().collect();
    Ok(parsed)
}

fn shorts<'a>(
    cluster: &str,
    known: &[Known],
    words: &mut impl Iterator<Item = &'a String>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    for (at, letter) in cluster.char_indices() {
        let option = known.iter().find(|option| option.short == letter);
        let option = option.ok_or_else(|| format!("invalid option -- '{letter}'"))?;
        if !option.takes_value {
            parsed.options.push((letter, String::new()));
            continue;
        }
        let joined = &cluster[at + letter.len_utf8()..];
        let value = match joined {
            "" => words.next().cloned(),
            joined => Some(joined.to_owned()),
        };
        let missing = || format!("option requires an argument -- '{letter}'");
        parsed.options.push((letter, value.ok_or_else(missing)?));
        break;
    }
    Ok(())
}

fn by_long<'k>(text: &str, known: &'k [Known]) -> Result<(&'k Known, Option<String>), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if let Some(option) = known.iter().find(|option| option.long == name && !name.is_empty()) {
        return Ok((option, value));
    }
    let mut begin = known.iter().filter(|option| option.long.starts_with(name));
    match (begin.next(), begin.next()) {
        (Some(option), None) => Ok((option, value)),
        (Some(_), Some(_)) => Err(format!("option '--{name}' is ambiguous")),
        _ => Err(format!("unrecognized option '--{name}'")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KNOWN: [Known; 3] = [valued('w', "where"), flag('S', "status"), flag('q', "quiet")];

    fn of(line: &str) -> Result<Parsed, String> {
        parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>(), &KNOWN)
    }

    fn options(line: &str) -> Vec<(char, String)> {
        of(line).unwrap().options
    }

    #[test]
    fn options_end_at_the_first_other_word() {
        let parsed = of("-Sw a,b ls -l --x").unwrap();
        assert_eq!(parsed.options, [('S', String::new()), ('w', "a,b".to_owned())]);
        assert_eq!(parsed.rest, ["ls", "-l", "--x"]);
        assert_eq!(of("-S -- -w").unwrap().rest, ["-w"]);
        assert_eq!(of("-S - x").unwrap().rest, ["-", "x"]);
        assert_eq!(options("-wa"), options("--where=a"));
        assert_eq!(options("--wh a"), options("-w a"));
    }

    #[test]
    fn errors_are_those_of_the_c_library() {
        assert_eq!(of("-Z").unwrap_err(), "invalid option -- 'Z'");
        assert_eq!(of("-S -w").unwrap_err(), "option requires an argument -- 'w'");
        assert_eq!(of("--foo").unwrap_err(), "unrecognized option '--foo'");
        assert_eq!(of("--where").unwrap_err(), "option '--where' requires an argument");
        assert_eq!(of("--quiet=1").unwrap_err(), "option '--quiet' doesn't allow an argument");
    }
}
