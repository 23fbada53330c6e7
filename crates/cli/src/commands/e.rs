//! `posse e` (long name `run`): one command on all selected hosts.

use super::Outcome;
use crate::error::Error;
use crate::run::pipeline::{self, Stages};
use crate::run::plan::{Labels, Mode, Plan, Source, What};
use crate::run::{self, drive};
use crate::tell;
use posse::ResourceLimit;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// Run a command on the hosts; `LOCAL {{ CMD }} LOCAL` joins local stages to it
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
#[command(
    trailing_var_arg = true,
    after_help = "Example:\n  posse e uptime\n  \
        posse e -H 'lab[1-4]' 'grep -c error /var/log/*.log'\n  \
        posse e --fold uname -r\n  posse e {{ 'echo $(hostname) $(uptime)' }} sort -k2\n  \
        cat f | posse e -i 'cat > /tmp/f'\n\n\
        Several words are an argument vector, one word goes to `sh -c`.\n\
        Exit status: 0 if all succeeded, else the largest; 128+signal, 124 time limit,\n\
        126/127 not started, 255 host lost."
)]
pub struct Args {
    /// Which hosts: a hostset such as `lab[1-4]`, `@gpu`, `all!lab7`, `load<1`
    #[arg(short = 'H', short_alias = 'w', long = "hosts", value_name = "HOSTSET")]
    pub hosts: Option<String>,
    /// Except these
    #[arg(short = 'x', long, value_name = "HOSTSET")]
    pub exclude: Option<String>,
    /// The hosts of a named mask
    #[arg(short = 'm', long, value_name = "MASK")]
    pub mask: Option<String>,
    /// Processes on each host
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1)]
    pub per_host: u32,
    /// Duplicate our stdin to all
    #[arg(short = 'i', long = "stdin")]
    pub stdin: bool,
    /// The words are one line for the shell
    #[arg(short = 's', long = "shell")]
    pub shell: bool,
    /// The words are an argument vector, even a single one
    #[arg(long, conflicts_with = "shell")]
    pub argv: bool,
    #[command(flatten)]
    pub view: View,
    /// End each process after this time of its own (`90`, `90s`, `5m`, `2h`, `0.5s`)
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// End the whole command, on all hosts, this time after it was given
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "detach")]
    pub timeout_all: Option<Duration>,
    /// How long processes outlive a lost contact with this computer [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub session_grace: Option<Duration>,
    /// Give each process a terminal
    #[arg(long)]
    pub pty: bool,
    /// Start there; `~` is the home of each host
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Set a variable; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub environment: Vec<(String, String)>,
    /// As nice(1)
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true)]
    pub nice: i32,
    /// A resource limit as setrlimit(2), such as `nofile=1024`, `as=2000000000:4000000000`
    #[arg(long = "limit", value_name = "NAME=SOFT[:HARD]", value_parser = limit)]
    pub limits: Vec<ResourceLimit>,
    /// As root by sudo(8); a password is asked for once, where a host wants one
    #[arg(long)]
    pub sudo: bool,
    /// Return at once; `posse out` and `posse attach` find the command by the number printed
    #[arg(long)]
    pub detach: bool,
    /// Do not name the hosts that failed on stderr
    #[arg(short, long)]
    pub quiet: bool,
    /// A local stage before, as `LOCAL {{ CMD }}`
    #[arg(long, value_name = "CMD")]
    pub local_before: Option<String>,
    /// A local stage after, as `{{ CMD }} LOCAL`
    #[arg(long, value_name = "CMD")]
    pub local_after: Option<String>,
    /// The command, and local stages around `{{ }}`
    #[arg(value_name = "WORD", required = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}

/// How output is shown.
#[derive(clap::Args, Debug, Clone, Default)]
#[group(multiple = true)]
pub struct View {
    /// Label each line with its host [default: on a terminal with several hosts]
    #[arg(short = 'l', long)]
    pub label: bool,
    /// No labels
    #[arg(short = 'L', long, conflicts_with = "label")]
    pub no_label: bool,
    /// One block per host, as each is done
    #[arg(short = 'g', long, group = "mode")]
    pub group: bool,
    /// Equal outputs once, with the hosts folded
    #[arg(short = 'b', long, group = "mode")]
    pub fold: bool,
    /// Differences from the most common output
    #[arg(long, group = "mode")]
    pub diff: bool,
    /// A file per host: `DIR/{host}.out`
    #[arg(short = 'o', long = "out", group = "mode", value_name = "TEMPLATE")]
    pub files: Option<String>,
    /// Bytes as they come
    #[arg(long, group = "mode")]
    pub raw: bool,
    /// One JSON object per line and per exit
    #[arg(long, group = "mode")]
    pub json: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let stages = stages(args)?;
    let mut plan = plan(args, &stages)?;
    plan.source = match (&stages.before, args.stdin) {
        (Some(line), _) => Source::Local(line.clone()),
        (None, true) => Source::Own,
        (None, false) => Source::Nothing,
    };
    let vm = run::connect(vm)?;
    if plan.source.is_nothing() && !plan.terminal && has_unread_stdin() {
        tell::note("stdin is not read; give -i to duplicate it to all hosts");
    }
    if plan.terminal && stages.before.is_none() {
        plan.source = Source::Own;
    }
    drive::run(&vm, &plan)
}

/// The words taken apart, with the equal forms of the braces.
pub fn stages(args: &Args) -> Result<Stages, Error> {
    let mut stages = pipeline::split(&args.words).map_err(Error::usage)?;
    for (own, given) in
        [(&mut stages.before, &args.local_before), (&mut stages.after, &args.local_after)]
    {
        match (&own, given) {
            (Some(_), Some(_)) => {
                return Err(Error::usage("a local stage is given twice, in braces and as option"));
            }
            (None, Some(line)) => *own = Some(line.clone()),
            _ => {}
        }
    }
    Ok(stages)
}

/// Everything but where stdin comes from.
pub fn plan(args: &Args, stages: &Stages) -> Result<Plan, Error> {
    let mut plan = Plan::new(what(args, &stages.words)?);
    plan.hosts.clone_from(&args.hosts);
    plan.exclude.clone_from(&args.exclude);
    plan.mask.clone_from(&args.mask);
    plan.per_host = args.per_host;
    plan.after.clone_from(&stages.after);
    plan.mode = args.view.mode();
    plan.labels = args.view.labels();
    plan.timeout = args.timeout;
    plan.timeout_all = args.timeout_all;
    plan.session_grace = args.session_grace;
    plan.terminal = args.pty;
    plan.directory.clone_from(&args.directory);
    plan.environment.clone_from(&args.environment);
    plan.nice = args.nice;
    plan.limits.clone_from(&args.limits);
    plan.detach = args.detach;
    plan.root = args.sudo;
    plan.report = !args.quiet;
    Ok(plan)
}

impl View {
    pub fn mode(&self) -> Mode {
        match self {
            View { files: Some(template), .. } => Mode::Files(template.clone()),
            View { group: true, .. } => Mode::Group,
            View { fold: true, .. } => Mode::Fold,
            View { diff: true, .. } => Mode::Diff,
            View { raw: true, .. } => Mode::Raw,
            View { json: true, .. } => Mode::Json,
            _ => Mode::Merge,
        }
    }

    pub fn labels(&self) -> Labels {
        match (self.label, self.no_label) {
            (true, _) => Labels::Always,
            (_, true) => Labels::Never,
            _ => Labels::Suited,
        }
    }
}

fn what(args: &Args, words: &[String]) -> Result<What, Error> {
    let shell = ["&&", "||", "|", ">", ">>", "<", ";", "&"];
    match words {
        [] => Err(Error::usage("no command is given").hint("posse e uptime")),
        words if args.shell => Ok(What::Shell(words.join(" "))),
        [line] if !args.argv => Ok(What::Shell(line.clone())),
        words => {
            if let Some(word) = words.iter().find(|word| shell.contains(&word.as_str())) {
                tell::note(&format!(
                    "`{word}` is passed to the program as it is; quote the whole line, or give \
                     -s, to have a shell on the hosts read it"
                ));
            }
            Ok(What::Argv(words.to_vec()))
        }
    }
}

/// A pipe or file on stdin that nobody will read is worth a word, an empty one is not.
fn has_unread_stdin() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return false;
    }
    let about = rustix::fs::fstat(&stdin);
    let is_pipe = about.is_ok_and(|about| {
        rustix::fs::FileType::from_raw_mode(about.st_mode) == rustix::fs::FileType::Fifo
    });
    let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    is_pipe && poll(&mut ready, Some(&now)).is_ok() && ready[0].revents().contains(PollFlags::IN)
}

/// `90`, `90s`, `1.5m`, `2h`, `1d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.trim_end_matches(|c: char| c.is_ascii_alphabetic()) {
        number if number.len() < text.len() => (number, &text[number.len()..]),
        number => (number, "s"),
    };
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err(format!("`{unit}` is no unit of time; there are ms s m h d")),
    };
    let seconds: f64 = number.parse().map_err(|_| format!("`{number}` is no number"))?;
    Duration::try_from_secs_f64(seconds * scale).map_err(|error| error.to_string())
}

pub fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn limit(text: &str) -> Result<ResourceLimit, String> {
    let (name, values) = text.split_once('=').ok_or("give NAME=SOFT or NAME=SOFT:HARD")?;
    let number = |text: &str| match text {
        "unlimited" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("`{text}` is no number")),
    };
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    let name = name.to_ascii_lowercase();
    Ok(ResourceLimit { name, soft: number(soft)?, hard: number(hard)? })
}
