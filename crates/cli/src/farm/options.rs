//! Options that all ways to give work have: what tasks need, where they run, what happens when
//! they fail.

use super::mistake;
use crate::error::Error;
use posse_work::{Needs, Rules, Shared, Style, Template, Text, Transfer, units};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Of the job [default: none]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Only on these hosts [default: all]
    #[arg(short = 'H', long, value_name = "HOSTSET")]
    pub hosts: Option<String>,
    /// Cores of one task, such as 4 or 0.5 [default: 1]
    #[arg(long, value_name = "N", value_parser = thousandths)]
    pub cores: Option<u32>,
    /// Memory of one task, such as 4G; hosts are chosen by it
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
    /// Start in this directory of the hosts [default: `posse cd`'s, else this one]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Add to the environment; may be repeated
    #[arg(short = 'x', long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub environment: Vec<(String, String)>,
    /// End a task after this time; that is a failure
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Try a failed task again so many times
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: u16,
    /// Exit statuses that are tried again [default: all but 0]
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    pub retry_on: Vec<u8>,
    /// At most so many tasks at a time, on all hosts
    #[arg(long, value_name = "N")]
    pub at_once: Option<u32>,
    /// At most so many tasks at a time on one host
    #[arg(long, value_name = "N")]
    pub per_host: Option<u32>,
    /// The greater goes first
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub priority: i16,
    /// Never run a second copy of a task that takes much longer than the others
    #[arg(long)]
    pub no_copies: bool,
    /// As nice(1)
    #[arg(long, value_name = "N")]
    pub nice: Option<i8>,
    /// What a task prints goes to this file of its host, such as 'out/{#}.txt'
    #[arg(long, value_name = "FILE")]
    pub stdout: Option<String>,
    /// The same for standard error
    #[arg(long, value_name = "FILE")]
    pub stderr: Option<String>,
    /// Bring this file of the directory to each task, such as 'in/{n}.dat'; or FROM=TO, where FROM
    /// may be HOST:PATH; may be repeated
    #[arg(long = "input", value_name = "FILE")]
    pub inputs: Vec<String>,
    /// Bring this file home when a task has ended well, or FROM=TO; may be repeated
    #[arg(long = "output", value_name = "FILE")]
    pub outputs: Vec<String>,
    /// Stay until the job is over, with progress; ^C leaves it running
    #[arg(short, long)]
    pub wait: bool,
    /// Show what would run, and submit nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Options {
    /// Whether they say something that a file of tasks says itself.
    pub fn are_of_tasks(&self) -> bool {
        let texts = [&self.hosts, &self.stdout, &self.stderr];
        texts.iter().any(|text| text.is_some())
            || self.cores.is_some()
            || self.memory.is_some()
            || !self.environment.is_empty()
            || self.timeout.is_some()
            || self.retries > 0
            || !self.retry_on.is_empty()
            || self.nice.is_some()
            || !self.inputs.is_empty()
            || !self.outputs.is_empty()
    }

    /// What tasks have in common; `text` reads what may hold places for values.
    pub fn shared(&self, text: impl Fn(&str) -> posse_work::Result<Text>) -> Result<Shared, Error> {
        let file = |path: &Option<String>| path.as_deref().map(&text).transpose();
        let plain = |(name, value): &(String, String)| (name.clone(), Text::plain(value.clone()));
        Ok(Shared {
            environment: self.environment.iter().map(plain).collect(),
            stdout: file(&self.stdout).map_err(mistake)?,
            stderr: file(&self.stderr).map_err(mistake)?,
            needs: Needs {
                cores: self.cores.unwrap_or(Needs::default().cores),
                memory: self.memory.unwrap_or(0),
                hosts: self.hosts.clone().unwrap_or_default(),
                ..Needs::default()
            },
            rules: Rules {
                time_limit: self.timeout,
                retries: self.retries,
                retry_statuses: self.retry_on.clone(),
                nice: self.nice,
            },
            inputs: files(&self.inputs, &text).map_err(mistake)?,
            outputs: files(&self.outputs, &text).map_err(mistake)?,
            priority: self.priority,
            ..Shared::default()
        })
    }
}

/// `FILE`, which is called the same on both sides, or `FROM=TO`.
fn files(
    words: &[String],
    text: impl Fn(&str) -> posse_work::Result<Text>,
) -> posse_work::Result<Vec<Transfer>> {
    let transfer = |word: &String| {
        let (from, to) = word.split_once('=').unwrap_or((word, word));
        Ok(Transfer { from: text(from)?, to: text(to)? })
    };
    words.iter().map(transfer).collect()
}

/// A text with no values but the task's number and slot.
pub fn numbered(text: &str) -> posse_work::Result<Text> {
    let (template, _) = Template::read(text, &[])?;
    Ok(template.shape(0, Style { quote_values: false, ..Style::default() }))
}

/// For readers of the work crate: a file, or `-` for standard input.
pub fn read_file(path: &str) -> Result<String, String> {
    let read = match path {
        "-" => std::io::read_to_string(std::io::stdin()),
        path => std::fs::read_to_string(Path::new(path)),
    };
    read.map_err(|error| error.to_string())
}

fn thousandths(text: &str) -> Result<u32, String> {
    units::thousandths(text).map_err(|mistake| mistake.to_string())
}

fn bytes(text: &str) -> Result<u64, String> {
    units::bytes(text).map_err(|mistake| mistake.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text).map_err(|mistake| mistake.to_string())
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
