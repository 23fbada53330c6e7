//! The `Host` lines of an OpenSSH client's configuration, and the files that it includes. Which
//! block an `Include` stands in does not matter: a name is known either way. Called by `known`.

use super::{bounded, limited, name};
use crate::limits::MAX_INCLUDES;
use crate::name::HostName;

/// What one file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshConfig {
    /// Of `Host` lines, without patterns.
    pub hosts: Vec<HostName>,
    /// As written: `~/` and relative to `~/.ssh` are for the reader, as are `*` and `?`.
    pub includes: Vec<String>,
}

/// Reads the text of a configuration file.
pub fn ssh_config(text: &str) -> SshConfig {
    let lines = || bounded(text).lines().filter_map(directive);
    let of = |wanted: &'static str| {
        let words = lines().filter(move |(key, _)| key.eq_ignore_ascii_case(wanted));
        words.flat_map(|(_, rest)| words_of(rest))
    };
    let hosts = limited(of("host").filter_map(|word| name(&word)));
    SshConfig { hosts, includes: of("include").take(MAX_INCLUDES).collect() }
}

/// `Key value…` or `Key=value…`.
fn directive(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let end = line.find(|c: char| c.is_whitespace() || c == '=')?;
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start();
    Some((key, rest.strip_prefix('=').unwrap_or(rest)))
}

/// Words, those in double quotes with their blanks; a `#` that begins a word ends the line.
fn words_of(rest: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_without_patterns_and_includes() {
        let text = "# mine\nInclude conf.d/*  \"~/more ssh\"\nHost lab1 lab2 # two\n  Port 22\n\
                    host=gw\n\tHOST *.example.org !bad x? 10.0.0.1 -oX \"a b\"\nHostName no\n\
                    Match host other\nHost\nHost = \"quoted\"\n";
        let config = ssh_config(text);
        let names: Vec<&str> = config.hosts.iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["lab1", "lab2", "gw", "quoted"]);
        assert_eq!(config.includes, ["conf.d/*", "~/more ssh"]);
    }

    #[test]
    fn what_is_too_much_is_left_out() {
        let many = "Include x\n".repeat(MAX_INCLUDES + 5);
        assert_eq!(ssh_config(&many).includes.len(), MAX_INCLUDES);
        let long = format!("Host a\n{}", "#".repeat(crate::limits::MAX_FILE));
        assert_eq!(ssh_config(&long).hosts.len(), 1);
    }
}
