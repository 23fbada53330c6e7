//! The command line of pdsh and its environment variables.

use super::targets::{Wanted, genders};
use super::text;
use crate::error::Error;
use crate::face::getopt::{self, Known, flag, valued};
use crate::face::target::Target;
use crate::face::words::count;
use std::time::Duration;

const KNOWN: [Known; 22] = [
    flag('S', ""),
    flag('h', ""),
    flag('V', ""),
    flag('q', ""),
    flag('b', ""),
    flag('d', ""),
    flag('N', ""),
    flag('L', ""),
    flag('a', ""),
    flag('A', ""),
    flag('i', ""),
    flag('s', ""),
    valued('l', ""),
    valued('t', ""),
    valued('u', ""),
    valued('f', ""),
    valued('w', ""),
    valued('x', ""),
    valued('R', ""),
    valued('M', ""),
    valued('g', ""),
    valued('X', ""),
];
/// Genders has `-F FILE`.
const GENDERS_FILE: Known = valued('F', "");

/// What is to be done.
#[derive(Debug)]
pub struct Options {
    pub targets: Vec<Target>,
    /// What stands before lines, one for each target.
    pub labels: Vec<String>,
    /// Without one, lines are read.
    pub line: Option<String>,
    pub labelled: bool,
    /// The largest status is returned.
    pub status: bool,
    pub batch: bool,
    pub user: Option<String>,
    /// Where it was given.
    pub connect_timeout: Option<Duration>,
    pub command_timeout: Option<Duration>,
    pub fanout: usize,
    pub only_show: bool,
}

/// Why nothing is done.
#[derive(Debug)]
pub enum Refused {
    /// Version and modules.
    Said(String),
    /// The usage, after a complaint or for itself.
    Usage(Option<String>),
    Wrong(String),
    Other(Error),
}

impl Options {
    pub fn read(words: &[String]) -> Result<Options, Refused> {
        let known: Vec<Known> = KNOWN.iter().copied().chain([GENDERS_FILE]).collect();
        let parsed = getopt::parse(words, &known).map_err(|text| Refused::Usage(Some(text)))?;
        let mut options = Options::from_environment()?;
        let mut wanted = Wanted::default();
        for (letter, value) in &parsed.options {
            match letter {
                'h' => return Err(Refused::Usage(None)),
                'V' => return Err(Refused::Said(text::version())),
                'L' => return Err(Refused::Said(text::modules())),
                'A' | 'F' | 'i' => {
                    return Err(Refused::Wrong(genders(&format!("-{letter}"))));
                }
                'w' => wanted.add(value).map_err(Refused::Wrong)?,
                'x' => wanted.except(value).map_err(Refused::Wrong)?,
                'g' => wanted.group(value, false).map_err(Refused::Wrong)?,
                'X' => wanted.group(value, true).map_err(Refused::Wrong)?,
                'a' => wanted.all().map_err(Refused::Wrong)?,
                'R' => rcmd(value)?,
                _ => options.take(*letter, value)?,
            }
        }
        wanted.or_wcoll().map_err(Refused::Wrong)?;
        options.targets = wanted.targets(options.user.as_deref()).map_err(Refused::Other)?;
        if options.targets.is_empty() {
            return Err(Refused::Wrong("no remote hosts specified".to_owned()));
        }
        options.labels = labels(&options.targets);
        options.fanout = options.fanout.min(options.targets.len());
        options.line = (!parsed.rest.is_empty()).then(|| parsed.rest.join(" "));
        Ok(options)
    }

    fn from_environment() -> Result<Options, Refused> {
        let mut options = Options {
            targets: Vec::new(),
            labels: Vec::new(),
            line: None,
            labelled: true,
            status: false,
            batch: false,
            user: None,
            connect_timeout: None,
            command_timeout: None,
            fanout: usize::MAX,
            only_show: false,
        };
        let variables =
            [('f', "FANOUT"), ('t', "PDSH_CONNECT_TIMEOUT"), ('u', "PDSH_COMMAND_TIMEOUT")];
        for (letter, name) in variables {
            if let Some(value) = std::env::var(name).ok().filter(|value| !value.is_empty()) {
                options.take(letter, &value)?;
            }
        }
        Ok(options)
    }

    /// Options that say how, not where. Those about threads and AIX mean nothing here.
    fn take(&mut self, letter: char, value: &str) -> Result<(), Refused> {
        let number = || {
            let text = format!("-{letter} takes a number above 0, not {value:?}");
            count(value).ok_or(Refused::Wrong(text))
        };
        match letter {
            'S' => self.status = true,
            'q' => self.only_show = true,
            'b' => self.batch = true,
            'N' => self.labelled = false,
            'l' => self.user = Some(value.to_owned()),
            't' => self.connect_timeout = Some(Duration::from_secs(number()? as u64)),
            'u' if value.trim() == "0" => self.command_timeout = None,
            'u' => self.command_timeout = Some(Duration::from_secs(number()? as u64)),
            'f' => self.fanout = number()?,
            _ => {}
        }
        Ok(())
    }
}

/// Hosts are reached through the vm, which ssh made; other ways are not had here.
fn rcmd(name: &str) -> Result<(), Refused> {
    let why = match name {
        "ssh" | "posse" => return Ok(()),
        "exec" => "it starts programs here; `posse up --exec` reaches hosts by a command line",
        _ => "hosts are reached by ssh; leave -R out",
    };
    Err(Refused::Wrong(format!("-R {name}: not had in posse's pdsh: {why}")))
}

/// Names without their domain, where all that have one have the same.
fn labels(targets: &[Target]) -> Vec<String> {
    let domain = |target: &Target| {
        let name = target.name().to_owned();
        let is_address = name.parse::<std::net::IpAddr>().is_ok();
        name.split_once('.').filter(|_| !is_address).map(|(_, domain)| domain.to_owned())
    };
    let domains: std::collections::HashSet<String> = targets.iter().filter_map(domain).collect();
    let is_address = |target: &Target| target.name().parse::<std::net::IpAddr>().is_ok();
    let strip = domains.len() == 1 && !targets.iter().any(is_address);
    let label = |target: &Target| match target.name().split_once('.') {
        Some((short, _)) if strip => short.to_owned(),
        _ => target.name().to_owned(),
    };
    targets.iter().map(label).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Options, Refused> {
        Options::read(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_as_pdsh_takes_them() {
        let options = of("-SN -f 2 -u 5 -t 7 -l me -w n[1-3] -x n2 -R ssh ls -l").unwrap();
        assert_eq!(options.labels, ["n1", "n3"]);
        assert_eq!(options.line.as_deref(), Some("ls -l"));
        assert!(options.status && !options.labelled);
        assert_eq!(options.fanout, 2);
        assert_eq!(options.command_timeout, Some(Duration::from_secs(5)));
        assert_eq!(options.connect_timeout, Some(Duration::from_secs(7)));
        assert_eq!(options.targets[0].request.user.as_deref(), Some("me"));
        assert!(of("-w n1").unwrap().line.is_none());
    }

    #[test]
    fn labels_lose_a_common_domain() {
        let labels = |list: &str| of(&format!("-w {list} ls")).unwrap().labels;
        assert_eq!(labels("a.x.y,b.x.y"), ["a", "b"]);
        assert_eq!(labels("a.x.y,b"), ["a", "b"]);
        assert_eq!(labels("a.x.y,b.z.y"), ["a.x.y", "b.z.y"]);
        assert_eq!(labels("127.0.0.1,a.b"), ["127.0.0.1", "a.b"]);
    }

    #[test]
    fn what_is_refused() {
        let text = |line: &str| match of(line) {
            Err(Refused::Wrong(text)) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(text("-w n1 -x n1 ls"), "no remote hosts specified");
        assert!(text("-R exec -w n1 ls").starts_with("-R exec: not had"));
        assert!(text("-A ls").contains("genders are not read"));
        assert!(text("-f 0 -w n1 ls").contains("above 0"));
        assert!(matches!(of("-Z"), Err(Refused::Usage(Some(_)))));
        assert!(matches!(of("-h"), Err(Refused::Usage(None))));
    }
}
