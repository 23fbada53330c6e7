//! What a line of the console means. Pure: clap's definition of the commands comes in as a value.
//! The rest of the line after `e` and `mw` and their options is handed on as it is, braces
//! included, for the shells of the hosts (and of this computer, outside the braces).

use super::words;
use clap::{Arg, Command};

/// A line, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Nothing,
    Leave,
    Help,
    /// `!line`: for the shell of this computer; empty for an interactive one.
    Local(String),
    /// `lcd DIR`: the console's own directory.
    Directory(String),
    /// Arguments of posse.
    Posse(Vec<String>),
}

/// Commands that take the rest of the line verbatim.
const VERBATIM: [&str; 2] = ["e", "mw"];
const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// `posse` is the built definition of all commands.
pub fn read(line: &str, posse: &Command) -> Result<Typed, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(Typed::Nothing);
    }
    if let Some(local) = line.strip_prefix('!') {
        return Ok(Typed::Local(local.trim().to_owned()));
    }
    let Some((name, rest)) = words::first(line)? else { return Ok(Typed::Nothing) };
    if let Some(command) = find(posse, &name).filter(|c| VERBATIM.contains(&c.get_name())) {
        return verbatim(&name, rest, command).map(Typed::Posse);
    }
    let mut all = words::split(line)?;
    let known = find(posse, &name).is_some();
    match (name.as_str(), known) {
        ("exit" | "quit", false) => Ok(Typed::Leave),
        ("help" | "?", false) if all.len() == 1 => Ok(Typed::Help),
        ("help" | "?", false) => Ok(Typed::Posse(vec![all.swap_remove(1), "--help".to_owned()])),
        ("lcd", false) => Ok(Typed::Directory(all.get(1).cloned().unwrap_or_default())),
        _ => Ok(Typed::Posse(all)),
    }
}

/// A command by its name or one of its aliases.
pub fn find<'c>(posse: &'c Command, name: &str) -> Option<&'c Command> {
    posse.find_subcommand(name)
}

/// The option that a word such as `-H`, `-gH` or `--hosts` ends in, where its value is still to
/// come.
pub fn awaits_value<'c>(command: &'c Command, word: &str) -> Option<&'c Arg> {
    if let Some(long) = word.strip_prefix("--") {
        let is_it = |arg: &&Arg| {
            arg.get_long() == Some(long)
                || arg.get_all_aliases().is_some_and(|names| names.contains(&long))
        };
        return command.get_arguments().find(is_it).filter(|arg| takes_value(arg));
    }
    let cluster = word.strip_prefix('-')?;
    for (at, letter) in cluster.char_indices() {
        let is_it = |arg: &&Arg| {
            arg.get_short() == Some(letter)
                || arg.get_all_short_aliases().is_some_and(|names| names.contains(&letter))
        };
        let arg = command.get_arguments().find(is_it)?;
        if takes_value(arg) {
            return (at + letter.len_utf8() == cluster.len()).then_some(arg);
        }
    }
    None
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

fn verbatim(name: &str, rest: &str, command: &Command) -> Result<Vec<String>, String> {
    let mut all = vec![name.to_owned()];
    let mut rest = rest.trim_start();
    while rest.starts_with('-') {
        let Some((word, after)) = words::first(rest)? else { break };
        rest = after.trim_start();
        if word == "--" {
            break;
        }
        let waits = awaits_value(command, &word).is_some();
        all.push(word);
        if waits && let Some((value, after)) = words::first(rest)? {
            all.push(value);
            rest = after.trim_start();
        }
    }
    let rest = rest.trim();
    if rest.is_empty() {
        return Ok(all);
    }
    all.push("--".to_owned());
    if all.iter().any(|word| word == "--argv") {
        all.extend(words::split(rest)?);
    } else {
        all.extend(stages(rest)?);
    }
    Ok(all)
}

/// `LOCAL {{ CMD }} LOCAL` as words for `e` and `mw`, to whom one word is a line for a shell.
fn stages(text: &str) -> Result<Vec<String>, String> {
    let braces = braces(text);
    let (open, close) = match braces {
        (None, _) => return Ok(vec![guarded(text)]),
        (Some(open), Some(close)) if open + OPEN.len() <= close => (open, close),
        _ => return Err("`{{` has no `}}` after it".to_owned()),
    };
    let before = text[..open].trim();
    let middle = text[open + OPEN.len()..close].trim();
    let after = text[close + CLOSE.len()..].trim();
    let outer = |part: &str| (!part.is_empty()).then(|| guarded(part));
    let mut words: Vec<String> = outer(before).into_iter().collect();
    words.extend([OPEN.to_owned(), guarded(middle), CLOSE.to_owned()]);
    words.extend(outer(after));
    Ok(words)
}

/// `e` takes braces off the ends of a word; a space beside them is nothing to a shell.
fn guarded(text: &str) -> String {
    let front = if text.starts_with(OPEN) { " " } else { "" };
    let back = if text.ends_with(CLOSE) { " " } else { "" };
    format!("{front}{text}{back}")
}

/// Where the first `{{` begins that begins a word, and the last `}}` that ends one; in quotes
/// they are text.
fn braces(text: &str) -> (Option<usize>, Option<usize>) {
    let (mut open, mut close) = (None, None);
    let mut quote = None;
    let mut is_escaped = false;
    let mut begins_word = true;
    for (at, letter) in text.char_indices() {
        let rest = &text[at..];
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None | Some('"'), '\\') => is_escaped = true,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '{') if begins_word && open.is_none() && rest.starts_with(OPEN) => {
                open = Some(at);
            }
            (None, '}') if ends_word(rest) && open.is_some() => close = Some(at),
            _ => {}
        }
        begins_word = letter.is_whitespace();
    }
    (open, close)
}

fn ends_word(rest: &str) -> bool {
    let after = rest.strip_prefix(CLOSE).map(|after| after.chars().next());
    after.is_some_and(|next| next.is_none_or(char::is_whitespace))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn posse() -> Command {
        let mut posse = crate::args::Cli::command();
        posse.build();
        posse
    }

    fn words(line: &str) -> Vec<String> {
        match read(line, &posse()).unwrap() {
            Typed::Posse(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_rest_after_e_is_verbatim() {
        assert_eq!(words("e ls -l | wc"), ["e", "--", "ls -l | wc"]);
        assert_eq!(
            words("e -H 'a,b' -gn 2 --fold echo \"x  y\""),
            ["e", "-H", "a,b", "-gn", "2", "--fold", "--", "echo \"x  y\""]
        );
        assert_eq!(words("run -- -x"), ["run", "--", "-x"]);
        assert_eq!(words("e --argv echo 'a  b'"), ["e", "--argv", "--", "echo", "a  b"]);
        assert_eq!(words("e --fold"), ["e", "--fold"]);
    }

    #[test]
    fn braces_need_no_quotes() {
        let all = words("e cat f {{ wc -l }} sort -n | head");
        assert_eq!(all, ["e", "--", "cat f", "{{", "wc -l", "}}", "sort -n | head"]);
        assert_eq!(words("e {{hostname}} sort"), ["e", "--", "{{", "hostname", "}}", "sort"]);
        let awk = words("e -b {{ awk '{print $1}' f }} sort");
        assert_eq!(awk, ["e", "-b", "--", "{{", "awk '{print $1}' f", "}}", "sort"]);
        assert_eq!(words("e awk '{{print}}' f"), ["e", "--", "awk '{{print}}' f"]);
        assert_eq!(words("e echo ${a:-${b}}"), ["e", "--", "echo ${a:-${b}} "]);
        assert_eq!(words("e {{ echo ${a:-${b}} }}"), ["e", "--", "{{", "echo ${a:-${b}} ", "}}"]);
        assert!(read("e {{ x", &posse()).is_err());
    }

    #[test]
    fn other_lines_have_words() {
        assert_eq!(words("hosts 'n[1-2]'  --json # all"), ["hosts", "n[1-2]", "--json"]);
        assert_eq!(words("help e"), ["e", "--help"]);
        let typed = |line| read(line, &posse()).unwrap();
        assert_eq!(typed("  # x"), Typed::Nothing);
        assert_eq!(typed("! ls -l"), Typed::Local("ls -l".to_owned()));
        assert_eq!(typed("quit"), Typed::Leave);
        assert_eq!(typed("lcd /tmp"), Typed::Directory("/tmp".to_owned()));
        assert!(read("hosts 'a", &posse()).is_err());
    }
}
