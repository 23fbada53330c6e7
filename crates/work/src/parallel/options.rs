//! The options of a GNU parallel command line, read as it reads them: options end at the first
//! word that is none, letters may be bundled, long names shortened. Called by `plan`.

use std::time::Duration;

use super::halt::Halt;
use super::known::{self, Does, Known};
use super::value::{jobs, load, number, time_limit, trim, unescape};
use crate::mistake::{Mistake, Result};
use crate::units;

/// What the options say. The defaults are GNU parallel's.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub jobs: Jobs,
    pub keep_order: bool,
    /// Before each line of output; a template.
    pub tag: Option<String>,
    pub dry_run: bool,
    pub quote: bool,
    /// What ends an argument in a file.
    pub delimiter: String,
    pub trim: Trim,
    pub shuffle: bool,
    /// Records a task takes, if it is said.
    pub per_task: Option<u64>,
    /// Tasks take as many records as fit (`-X`, `-m`).
    pub fill: bool,
    /// What touches `{}` is repeated with each value.
    pub repeat_context: bool,
    pub max_chars: Option<usize>,
    /// Replacement strings that were renamed: GNU's, the new one.
    pub renamed: Vec<(&'static str, String)>,
    pub arg_sep: String,
    pub arg_file_sep: String,
    pub arg_files: Vec<String>,
    /// A regular expression.
    pub colsep: Option<String>,
    /// `:` or, for `--pipe`, a number of lines.
    pub header: Option<String>,
    pub link: bool,
    pub skip_empty: bool,
    pub end_of_file: Option<String>,
    pub delay: Option<Duration>,
    /// Attempts in all; 0 is without end.
    pub tries: Option<u16>,
    pub timeout: Option<TimeLimit>,
    pub load: Option<Load>,
    pub memfree: Option<u64>,
    pub results: Option<String>,
    pub joblog: Option<String>,
    pub resume: Resume,
    pub halt: Option<Halt>,
    pub pipe: bool,
    pub block: u64,
    pub recstart: Option<String>,
    pub recend: Option<String>,
    pub remove_separator: bool,
    pub environment: Vec<String>,
    pub directory: Option<String>,
    pub nice: Option<i8>,
    pub progress: bool,
    pub grouping: Grouping,
    pub verbose: bool,
}

/// How many tasks run at a time on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    Count(u32),
    /// Of the host's cores.
    Percent(u32),
    /// More (or fewer) than the host has cores.
    Beside(i32),
    /// As many as can be.
    All,
}

/// White space around arguments that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    None,
    Left,
    Right,
    Both,
}

/// When a task is ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeLimit {
    After(Duration),
    /// Of the median time of those that are done.
    Percent(f64),
}

/// No task starts on a host with more load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    Absolute(f64),
    /// Of the host's cores.
    Percent(f64),
}

/// What a run leaves out because an earlier one did it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    #[default]
    No,
    /// Everything that is in the log.
    Done,
    /// Everything that succeeded.
    Succeeded,
    /// As `Succeeded`, and the commands are those of the log.
    FailedOfLog,
}

/// How output of tasks that run at once is kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    #[default]
    Task,
    Line,
    Nothing,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            jobs: Jobs::Percent(100),
            keep_order: false,
            tag: None,
            dry_run: false,
            quote: false,
            delimiter: "\n".to_owned(),
            trim: Trim::None,
            shuffle: false,
            per_task: None,
            fill: false,
            repeat_context: false,
            max_chars: None,
            renamed: Vec::new(),
            arg_sep: ":::".to_owned(),
            arg_file_sep: "::::".to_owned(),
            arg_files: Vec::new(),
            colsep: None,
            header: None,
            link: false,
            skip_empty: false,
            end_of_file: None,
            delay: None,
            tries: None,
            timeout: None,
            load: None,
            memfree: None,
            results: None,
            joblog: None,
            resume: Resume::No,
            halt: None,
            pipe: false,
            block: 1 << 20,
            recstart: None,
            recend: None,
            remove_separator: false,
            environment: Vec::new(),
            directory: None,
            nice: None,
            progress: false,
            grouping: Grouping::Task,
            verbose: false,
        }
    }
}

impl Options {
    /// The options at the beginning of `args`, and how many words they are.
    pub fn read(args: &[String]) -> Result<(Options, usize)> {
        let mut options = Options::default();
        let mut trim_said = false;
        let mut at = 0;
        while let Some(word) = args.get(at) {
            if word == "--" {
                at += 1;
                break;
            }
            if word.len() < 2 || !word.starts_with('-') {
                break;
            }
            at += 1;
            for (known, value) in split(word, args, &mut at)? {
                trim_said |= known.names[0] == "trim";
                options.apply(known, &value).map_err(|m| m.within(known.shown()))?;
            }
        }
        if options.colsep.is_some() && !trim_said {
            options.trim = Trim::Both;
        }
        options.check()?;
        Ok((options, at))
    }

    fn apply(&mut self, known: &Known, value: &str) -> Result<()> {
        match known.does {
            Does::Nothing => Ok(()),
            Does::Refused(advice) => Err(Mistake::new("can not be done here").hint(advice)),
            Does::Set if known.takes => self.set_value(known.names[0], value),
            Does::Set => {
                self.set_flag(known.names[0]);
                Ok(())
            }
        }
    }

    fn set_flag(&mut self, name: &str) {
        match name {
            "keep-order" => self.keep_order = true,
            "tag" => self.tag = self.tag.take().or(Some("{}".to_owned())),
            "dry-run" => self.dry_run = true,
            "quote" => self.quote = true,
            "null" => self.delimiter = "\0".to_owned(),
            "shuf" => self.shuffle = true,
            "X" => (self.fill, self.repeat_context) = (true, true),
            "m" => self.fill = true,
            "link" => self.link = true,
            "no-run-if-empty" => self.skip_empty = true,
            "resume" if self.resume == Resume::No => self.resume = Resume::Done,
            "resume-failed" => self.resume = Resume::Succeeded,
            "retry-failed" => self.resume = Resume::FailedOfLog,
            "pipe" => self.pipe = true,
            "remove-rec-sep" => self.remove_separator = true,
            "eta" | "bar" | "progress" => self.progress = true,
            "ungroup" => self.grouping = Grouping::Nothing,
            "line-buffer" => self.grouping = Grouping::Line,
            "group" => self.grouping = Grouping::Task,
            "verbose" => self.verbose = true,
            _ => {}
        }
    }

    fn set_value(&mut self, name: &str, value: &str) -> Result<()> {
        let text = || Some(value.to_owned());
        match name {
            "jobs" => self.jobs = jobs(value)?,
            "tagstring" => self.tag = Some(unescape(value)),
            "delimiter" => self.delimiter = unescape(value),
            "trim" => self.trim = trim(value)?,
            "max-args" => self.per_task = Some(units::bytes(value)?),
            "max-replace-args" => {
                (self.per_task, self.repeat_context) = (Some(units::bytes(value)?), true);
            }
            "max-chars" => self.max_chars = usize::try_from(units::bytes(value)?).ok(),
            "arg-sep" => self.arg_sep = value.to_owned(),
            "arg-file-sep" => self.arg_file_sep = value.to_owned(),
            "arg-file" => self.arg_files.push(value.to_owned()),
            "colsep" => self.colsep = text(),
            "header" => self.header = text(),
            "E" => self.end_of_file = text(),
            "results" => self.results = text(),
            "joblog" => self.joblog = text(),
            "recstart" => self.recstart = Some(unescape(value)),
            "recend" => self.recend = Some(unescape(value)),
            "env" => self.environment.extend(value.split(',').map(str::to_owned)),
            "workdir" => self.directory = text(),
            _ if self.set_renamed(name, value) => {}
            _ => return self.set_limit(name, value),
        }
        Ok(())
    }

    fn set_renamed(&mut self, name: &str, value: &str) -> bool {
        let string = match name {
            "I" => "{}",
            "extensionreplace" => "{.}",
            "basenamereplace" => "{/}",
            "dirnamereplace" => "{//}",
            "basenameextensionreplace" => "{/.}",
            "seqreplace" => "{#}",
            "slotreplace" => "{%}",
            _ => return false,
        };
        self.renamed.push((string, value.to_owned()));
        true
    }

    fn set_limit(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "delay" => self.delay = Some(units::duration(value.trim_end_matches("auto"))?),
            "retries" => self.tries = Some(number(value)?),
            "timeout" => self.timeout = Some(time_limit(value)?),
            "load" => self.load = Some(load(value)?),
            "memfree" => self.memfree = Some(units::bytes(value)?),
            "halt" => self.halt = Halt::parse(value)?,
            "block" => self.block = units::bytes(value)?.max(1),
            "nice" => self.nice = Some(number(value)?),
            _ => {}
        }
        Ok(())
    }

    /// Combinations that can not be meant.
    fn check(&self) -> Result<()> {
        let resumes = self.resume != Resume::No;
        if resumes && self.joblog.is_none() && self.results.is_none() {
            let mistake = Mistake::new("--resume needs to know what was done");
            return Err(mistake.hint("add --joblog FILE or --results DIRECTORY"));
        }
        if self.resume == Resume::FailedOfLog && self.joblog.is_none() {
            return Err(Mistake::new("--retry-failed needs --joblog FILE"));
        }
        if self.delimiter.is_empty() {
            return Err(Mistake::new("--delimiter is empty").hint("use -0 for the NUL byte"));
        }
        if self.pipe && (self.fill || self.link || self.colsep.is_some()) {
            let what = "--pipe gives tasks a part of the input, not arguments";
            return Err(Mistake::new(what).hint("leave out -X, -m, --link and --colsep"));
        }
        if self.header.as_deref().is_some_and(|header| header != ":") && !self.pipe {
            return Err(Mistake::new("--header takes `:` where there are arguments"));
        }
        Ok(())
    }
}

/// The options of one word, with their values; a value may be the next word.
fn split(word: &str, args: &[String], at: &mut usize) -> Result<Vec<(&'static Known, String)>> {
    let mut next = |known: &Known| {
        let value = args.get(*at).cloned();
        *at += 1;
        value.ok_or_else(|| Mistake::new(format!("{} needs a value", known.shown())))
    };
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let known = known::long(name)?;
        return match (known.takes, value) {
            (true, Some(value)) => Ok(vec![(known, value)]),
            (true, None) => Ok(vec![(known, next(known)?)]),
            (false, None) => Ok(vec![(known, String::new())]),
            (false, Some(_)) => Err(Mistake::new(format!("{} takes no value", known.shown()))),
        };
    }
    let mut found = Vec::new();
    for (place, letter) in word.char_indices().skip(1) {
        let known = known::short(letter)?;
        if !known.takes {
            found.push((known, String::new()));
            continue;
        }
        let rest = &word[place + letter.len_utf8()..];
        let value = if rest.is_empty() { next(known)? } else { rest.to_owned() };
        found.push((known, value));
        break;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<(Options, usize)> {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Options::read(&args)
    }

    #[test]
    fn options_end_at_the_command() {
        let (options, words) = read("-kj4 --joblog=l --delay 1.5 -N 2 echo -k").unwrap();
        assert_eq!(words, 6);
        assert!(options.keep_order && options.repeat_context);
        assert_eq!((options.jobs, options.per_task), (Jobs::Count(4), Some(2)));
        assert_eq!(options.joblog.as_deref(), Some("l"));
        assert_eq!(options.delay, Some(Duration::from_millis(1500)));
        assert_eq!(read("-- -k").unwrap().1, 1);
    }

    #[test]
    fn values_are_checked() {
        assert_eq!(read("-j +2").unwrap().0.jobs, Jobs::Beside(2));
        assert_eq!(read("-j50%").unwrap().0.jobs, Jobs::Percent(50));
        assert_eq!(read("-j0").unwrap().0.jobs, Jobs::All);
        assert_eq!(read("--timeout 300%").unwrap().0.timeout, Some(TimeLimit::Percent(300.0)));
        assert_eq!(read("--load 80%").unwrap().0.load, Some(Load::Percent(80.0)));
        assert_eq!(read("-C ,").unwrap().0.trim, Trim::Both);
        assert_eq!(read("-C , --trim n").unwrap().0.trim, Trim::None);
        assert_eq!(read("-d \\t").unwrap().0.delimiter, "\t");
    }

    #[test]
    fn what_can_not_be_done_says_what_to_use() {
        for (line, told) in [
            ("-S lab1 echo", "-H"),
            ("--rpl x echo", "Perl"),
            ("--resume echo", "--joblog"),
            ("--sqlmaster x", "--results"),
            ("-L 1 echo", "-n N"),
        ] {
            let mistake = read(line).unwrap_err();
            let both = format!("{mistake} {:?}", mistake.advice());
            assert!(both.contains(told), "{line}: {both}");
        }
        for line in ["-j x", "-j", "--keep-order=1", "--halt x", "--pipe -X cat", "--delim= x"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
