//! `posse ps`: the commands of the vm, or their processes on the hosts.

use super::Outcome;
use crate::error::Error;
use crate::output::visible;
use crate::{run, tell};
use posse::{Answered, CommandEntry, CommandId, CommandState, ProcessEntry, Question, Vm};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// A host that does not answer in this time is named on stderr.
const WITHIN: Duration = Duration::from_secs(5);

/// List commands by number: running ones, and detached ones whose output is kept
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse ps\n  posse ps --processes 'lab[1-4]'\n  \
        posse kill 3; posse out 3; posse attach 3")]
pub struct Args {
    /// The processes on the hosts instead
    #[arg(short, long)]
    processes: bool,
    /// On these hosts [default: all that are up]
    #[arg(value_name = "HOSTSET", requires = "processes")]
    hosts: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    if args.processes {
        return processes(&vm, args);
    }
    let mut commands = vm.commands()?;
    commands.sort_by_key(|entry| entry.number);
    if args.json {
        commands.iter().for_each(|entry| tell::say(&object(entry)));
        return Ok(0);
    }
    tell::say("NUMBER  STATE          SIZE      TIME  COMMAND");
    for entry in &commands {
        let line = format!(
            "{:>6}  {:13} {:>5}  {:>8}  {}",
            entry.number,
            state(entry),
            entry.size,
            time(entry.elapsed_us),
            entry.title
        );
        tell::say(&visible(one_line(&line).as_bytes()));
    }
    Ok(0)
}

fn state(entry: &CommandEntry) -> String {
    match (&entry.state, entry.detached) {
        (CommandState::Running { .. }, false) => "attached".into(),
        (CommandState::Running { left }, true) if *left == entry.size => "running".into(),
        (CommandState::Running { left }, true) => format!("{left} running"),
        (CommandState::Over { code: 0 }, _) => "done".into(),
        (CommandState::Over { code }, _) => format!("exit {code}"),
    }
}

fn object(entry: &CommandEntry) -> String {
    let (left, code) = match entry.state {
        CommandState::Running { left } => (left, None),
        CommandState::Over { code } => (0, Some(code)),
    };
    json!({
        "number": entry.number, "command": entry.title, "detached": entry.detached,
        "size": entry.size, "running": left, "code": code, "elapsed_ms": entry.elapsed_us / 1000,
    })
    .to_string()
}

fn processes(vm: &Vm, args: &Args) -> Outcome {
    let hosts = run::hosts_up(vm, args.hosts.as_deref())?;
    let numbers: BTreeMap<CommandId, u32> =
        vm.commands()?.into_iter().map(|entry| (entry.id, entry.number)).collect();
    let names: BTreeMap<_, _> =
        hosts.iter().map(|host| (host.number, host.name.as_str())).collect();
    let asked: Vec<_> = hosts.iter().map(|host| host.number).collect();
    let (mut rows, mut silent) = (Vec::new(), Vec::new());
    for reply in vm.query(&asked, Question::Processes, WITHIN)? {
        let reply = reply?;
        let name = names.get(&reply.host).copied().unwrap_or("?");
        match reply.answer {
            Answered::Processes(list) => {
                rows.extend(list.into_iter().map(|entry| (name, entry)));
            }
            Answered::Lost { why } => silent.push((name, why)),
            _ => {}
        }
    }
    rows.sort_by_key(|(_, entry)| {
        (numbers.get(&entry.command).copied().unwrap_or(0), entry.rank.0, entry.pid)
    });
    print(&rows, &numbers, args.json);
    report(&silent)
}

fn print(rows: &[(&str, ProcessEntry)], numbers: &BTreeMap<CommandId, u32>, json: bool) {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(4).max(4);
    if !json {
        tell::say(&format!("NUMBER  RANK  {:width$}      PID      TIME  COMMAND", "HOST"));
    }
    for (name, entry) in rows {
        let number = numbers.get(&entry.command).copied().unwrap_or(0);
        let (rank, pid) = (entry.rank.0, entry.pid);
        if json {
            let object = json!({
                "number": number, "rank": rank, "host": name, "pid": pid,
                "elapsed_ms": entry.elapsed_us / 1000, "command": entry.title,
            });
            tell::say(&object.to_string());
            continue;
        }
        let time = time(entry.elapsed_us);
        let title = one_line(&entry.title);
        let line = format!("{number:>6}  {rank:>4}  {name:width$}  {pid:>7}  {time:>8}  {title}");
        tell::say(&visible(line.as_bytes()));
    }
}

/// Hosts that could not be asked make the answer incomplete.
fn report(silent: &[(&str, String)]) -> Result<u8, Error> {
    for (name, why) in silent {
        tell::note(&format!("{name}: {why}"));
    }
    Ok(if silent.is_empty() { 0 } else { crate::error::Kind::Hosts.code() })
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

/// `0.5`, `59.9`, `1:23`, `2:03:04`.
fn time(us: u64) -> String {
    let seconds = us / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}.{}", us / 100_000 % 10),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_short() {
        let of = |seconds: f64| time((seconds * 1e6) as u64);
        assert_eq!([of(0.55), of(59.9), of(83.0), of(7384.0)], ["0.5", "59.9", "1:23", "2:03:04"]);
    }
}
