//! `posse env`: command lines whose effect on the environment all commands to come have.

use super::Outcome;
use crate::error::{Error, Kind};
use crate::limits::ENVIRONMENT_BYTES_MAX;
use crate::output::visible;
use crate::run::plan::{Plan, What};
use crate::run::{self, check};
use crate::settings::{self, LOAD, Settings};
use crate::tell;
use posse::{Command, Fd, RunEvent, Vm};

/// Load modules and the like for the commands to come, or show an environment
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
#[command(after_help = "Example:\n  posse env --load 'module load gcc; conda activate x'\n  \
        posse env --show lab1      what commands get there, sorted\n  \
        posse env --clear\n\n\
        The line runs once a host in your login shell; what it changes in the environment is \
        added\nto that of later commands. `posse export` sets single variables.")]
pub struct Args {
    /// Run this line once on each host, and keep what it changes
    #[arg(long, value_name = "LINE")]
    load: Option<String>,
    /// Print the environment of commands on this host
    #[arg(long, value_name = "HOST")]
    show: Option<String>,
    /// Forget the line that is loaded
    #[arg(long)]
    clear: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    if let Some(line) = &args.load {
        load(&vm, line)?;
    } else if let Some(host) = &args.show {
        show(&vm, host)?;
    } else {
        settings::set(&vm, LOAD, None)?;
    }
    Ok(0)
}

/// Tried at once, so that a mistake in it is said now and not by the next command.
fn load(vm: &Vm, line: &str) -> Result<(), Error> {
    if line.trim().is_empty() {
        return Err(Error::usage("the line is empty").hint("`posse env --clear` forgets one"));
    }
    if let Some(before) = Settings::of(vm).load().filter(|before| before != line) {
        tell::note(&format!("instead of `{before}`"));
    }
    let command = Command::argv(["true"]).load(line);
    check::everywhere(vm, &command, "the line")?;
    settings::set(vm, LOAD, Some(line))
}

fn show(vm: &Vm, host: &str) -> Result<(), Error> {
    let mut plan = Plan::new(What::Argv(vec!["cat".into(), "/proc/self/environ".into()]));
    plan.hosts = Some(run::one_host(vm, host)?.name);
    plan.directory = Some("/".into());
    let mut run = vm.run(&plan.command(vm)?)?;
    let (mut text, mut complaint) = (Vec::new(), Vec::new());
    while let Some(event) = run.next_event(None)? {
        match event {
            RunEvent::Output { fd, bytes, .. } => {
                let kept = if fd == Fd::STDOUT { &mut text } else { &mut complaint };
                let room = ENVIRONMENT_BYTES_MAX.saturating_sub(kept.len());
                kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            RunEvent::Exit { status, .. } if status.code() != 0 => {
                let why = crate::output::status_text(&status);
                let said = String::from_utf8_lossy(&complaint).trim().to_owned();
                return Err(Error::new(Kind::Hosts, format!("{host}: {why} {said}")));
            }
            _ => {}
        }
    }
    sorted(&text).iter().for_each(|line| tell::say(&visible(line.as_bytes())));
    Ok(())
}

fn sorted(environ: &[u8]) -> Vec<String> {
    let entries = environ.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    let mut lines: Vec<String> =
        entries.map(|entry| String::from_utf8_lossy(entry).into_owned()).collect();
    lines.sort_unstable();
    lines
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn entries_are_sorted() {
        assert_eq!(sorted(b"B=2\0A=two\nlines\0"), ["A=two\nlines", "B=2"]);
        assert!(sorted(b"").is_empty());
    }
}
