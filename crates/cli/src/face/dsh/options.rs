//! The command line of dsh, and the hosts that it means.

use super::text;
use crate::error::Error;
use crate::face::conf::Conf;
use crate::face::getopt::{self, Known, flag, valued};
use crate::face::groups;
use crate::face::target::{Target, without_doubles};
use crate::face::words::count;
use std::path::Path;

pub const KNOWN: [Known; 17] = [
    flag('v', "verbose"),
    flag('q', "quiet"),
    flag('M', "show-machine-names"),
    flag('H', "hide-machine-names"),
    flag('i', "duplicate-input"),
    valued('b', "bufsize"),
    valued('m', "machine"),
    valued('n', "num-topology"),
    flag('a', "all"),
    valued('g', "group"),
    valued('f', "file"),
    valued('r', "remoteshell"),
    valued('o', "remoteshellopt"),
    flag('h', "help"),
    flag('w', "wait-shell"),
    flag('c', "concurrent-shell"),
    valued('F', "forklimit"),
];
const VERSION: Known = flag('V', "version");
/// As the manual has it; the program itself takes `-n`.
const TOPOLOGY: Known = valued('N', "num-topology");

/// What is to be done.
#[derive(Debug, Default)]
pub struct Options {
    pub targets: Vec<Target>,
    pub line: String,
    pub labelled: bool,
    pub verbose: bool,
    pub stdin: bool,
    pub at_a_time: usize,
    /// What was passed over, and why.
    pub notes: Vec<String>,
}

/// Why nothing is done.
#[derive(Debug)]
pub enum Refused {
    /// Help or version; dsh returns 1 after these as well.
    Said(String),
    Wrong(String),
    Other(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Other(error)
    }
}

fn wrong(text: impl Into<String>) -> Refused {
    Refused::Wrong(text.into())
}

impl Options {
    pub fn read(words: &[String]) -> Result<Options, Refused> {
        let known: Vec<Known> = KNOWN.iter().copied().chain([VERSION, TOPOLOGY]).collect();
        let parsed = getopt::parse(words, &known).map_err(Refused::Wrong)?;
        let mut conf = Conf::own();
        for directory in groups::dsh_directories().iter().rev() {
            conf.read(&directory.join("dsh.conf"));
        }
        let mut options = Options::default();
        let mut machines = Vec::new();
        for (letter, value) in &parsed.options {
            match letter {
                'v' => conf.verbose = true,
                'q' => conf.verbose = false,
                'M' => conf.labelled = true,
                'H' => conf.labelled = false,
                'w' => (conf.waits, conf.fork_limit) = (true, 0),
                'c' => conf.waits = false,
                'F' => {
                    let limit = count(value).ok_or_else(|| wrong("-F takes a number above 0"))?;
                    (conf.waits, conf.fork_limit) = (false, limit);
                }
                'i' => options.stdin = true,
                'h' => return Err(Refused::Said(text::help())),
                'V' => return Err(Refused::Said(text::version())),
                'o' => options.notes.push(text::remote_options(value)),
                'm' => machines.extend(value.split(',').map(str::to_owned)),
                'a' => machines.extend(machines_list()?),
                'g' => machines.extend(group(value)?),
                'f' => machines.extend(file(Path::new(value))?),
                // The remote shell, buffers and the tree are posse's own matter.
                _ => {}
            }
        }
        options.finish(conf, &machines, &parsed.rest)
    }

    fn finish(
        mut self,
        conf: Conf,
        machines: &[String],
        rest: &[String],
    ) -> Result<Options, Refused> {
        let targets: Result<Vec<Target>, Error> = machines
            .iter()
            .filter(|machine| !machine.is_empty())
            .map(|machine| Target::of(machine, None))
            .collect();
        self.targets = without_doubles(targets?);
        if self.targets.is_empty() {
            return Err(wrong("no machine specified"));
        }
        if rest.is_empty() {
            return Err(wrong("no command is given; `posse sh HOST` opens a shell on a host"));
        }
        self.line = rest.join(" ");
        (self.labelled, self.verbose) = (conf.labelled, conf.verbose);
        self.at_a_time = match (conf.waits && !self.stdin, conf.fork_limit) {
            (true, _) => 1,
            (false, 0) => self.targets.len(),
            (false, limit) => limit,
        };
        Ok(self)
    }
}

fn machines_list() -> Result<Vec<String>, Refused> {
    let paths: Vec<_> =
        groups::dsh_directories().iter().map(|path| path.join("machines.list")).collect();
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let unreadable = || wrong(format!("File {} could not be opened for read", shown.join(" nor ")));
    groups::first_of(&paths, &[]).map_err(|_| unreadable())?.ok_or_else(unreadable)
}

fn group(name: &str) -> Result<Vec<String>, Refused> {
    if name.starts_with('@') {
        let text = format!("-g {name}: netgroups are not read by posse; write a group file");
        return Err(wrong(text));
    }
    let directories: Vec<_> =
        groups::dsh_directories().iter().map(|path| path.join("group")).collect();
    let Some(lines) = groups::find(name, &directories)? else {
        let paths: Vec<String> =
            directories.iter().map(|path| path.join(name).display().to_string()).collect();
        return Err(wrong(format!("File {} could not be opened for read", paths.join(" nor "))));
    };
    Ok(expand_all(&lines)?)
}

/// dsh knows names only; a hostset in a group of posse's own stands for its hosts.
fn expand_all(lines: &[String]) -> Result<Vec<String>, Error> {
    let mut hosts = Vec::new();
    for line in lines {
        hosts.extend(groups::expand(line)?);
    }
    Ok(hosts)
}

fn file(path: &Path) -> Result<Vec<String>, Refused> {
    let unreadable = || wrong(format!("File {} could not be opened for read", path.display()));
    groups::lines(path).map_err(|_| unreadable())?.ok_or_else(unreadable)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Options, Refused> {
        Options::read(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_as_dsh_takes_them() {
        let options = of("-M -m n1,me@n2 -m n1 -c -- echo a").unwrap();
        assert_eq!(options.targets.len(), 2);
        assert_eq!(
            (options.line.as_str(), options.at_a_time, options.labelled),
            ("echo a", 2, true)
        );
        assert_eq!(of("-m n1,n2 -w ls -l").unwrap().at_a_time, 1);
        assert_eq!(of("-m n1,n2,n3 -F 2 ls").unwrap().at_a_time, 2);
        assert_eq!(of("-m n1 -r ssh -H -M -q x").unwrap().notes, Vec::<String>::new());
        assert!(of("--machine n1,n2 --concurrent-shell --duplicate-input cat").unwrap().stdin);
    }

    #[test]
    fn what_is_refused() {
        let text = |line: &str| match of(line) {
            Err(Refused::Wrong(text)) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(text("-M ls"), "no machine specified");
        assert_eq!(text("-Z"), "invalid option -- 'Z'");
        assert!(text("-f /no/such/file ls").starts_with("File /no/such/file could not"));
        assert!(text("-g @net ls").contains("netgroups"));
        assert!(matches!(of("-h"), Err(Refused::Said(_))));
    }
}
