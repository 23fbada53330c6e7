//! Bringing hosts up as a person sees it: a progress line on a terminal, questions of ssh one at a
//! time, failures by cause with a hint, and the exit status.

use crate::commands::Outcome;
use crate::commands::up::Args;
use crate::error::{Error, Kind};
use crate::output::visible;
use crate::run::ask;
use crate::tell;
use indicatif::{ProgressBar, ProgressStyle};
use posse::{HostRequest, LaunchEvent, Stage, UpOptions, Vm};
use posse_hostset::{HostName, HostSet};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

/// Failures that are printed one by one; more are folded by their cause.
const FAILURES_SHOWN: usize = 8;

/// A host that did not come up.
struct Failure {
    name: String,
    why: String,
    hint: String,
}

pub fn bring_up(vm: &Vm, requests: Vec<HostRequest>, args: &Args) -> Outcome {
    let wanted = requests.len();
    let interactive = !args.batch && std::io::stdin().is_terminal();
    let options = UpOptions {
        environment: environment(),
        interactive,
        ram: args.ram,
        direct: args.direct,
        via: via(vm, args)?,
        linger: args.linger.unwrap_or(UpOptions::default().linger),
        timeout: Duration::from_secs(args.timeout),
        window: args.window,
    };
    let bar = bar(wanted as u64);
    let mut up = 0;
    let mut failures = Vec::new();
    for event in vm.up(options, requests)? {
        match event? {
            LaunchEvent::Ask(question) => {
                bar.suspend(|| ask::at_terminal(question))?;
            }
            LaunchEvent::Launch(launch) => {
                if args.json {
                    report(&launch.name, &launch.stage);
                }
                match launch.stage {
                    Stage::Up { .. } => {
                        up += 1;
                        bar.inc(1);
                    }
                    Stage::Failed { why, hint, .. } => {
                        bar.inc(1);
                        failures.push(Failure { name: launch.name, why, hint });
                    }
                    Stage::Sending { sent, total } if total > 0 => {
                        let percent = sent * 100 / total;
                        bar.set_message(format!("{}: sending {percent} %", launch.name));
                    }
                    _ => {}
                }
            }
            LaunchEvent::Done => break,
        }
    }
    bar.finish_and_clear();
    if !args.json {
        tell::note(&format!("{up} of {wanted} hosts up"));
        say_failures(&failures);
    }
    if failures.is_empty() { Ok(0) } else { Ok(Kind::Hosts.code()) }
}

/// The host that the launches start from, where that is not this computer.
fn via(vm: &Vm, args: &Args) -> Result<Option<posse::HostId>, Error> {
    let Some(name) = &args.via else { return Ok(None) };
    match &vm.select(name)?[..] {
        [host] if host.is_up() => Ok(Some(host.number)),
        [_] => Err(Error::usage(format!("{name} is not up; it cannot launch others"))),
        hosts => Err(Error::usage(format!("--via takes one host, {name} is {}", hosts.len()))),
    }
}

fn bar(wanted: u64) -> ProgressBar {
    let bar = ProgressBar::new(wanted);
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} hosts {wide_bar} {wide_msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn report(name: &str, stage: &Stage) {
    let line = match stage {
        Stage::Up { already } => json!({"host": name, "up": true, "already": already}),
        Stage::Failed { cause, why, hint } => json!({
            "host": name, "up": false, "cause": format!("{cause:?}"), "why": why, "hint": hint,
        }),
        _ => return,
    };
    tell::say(&line.to_string());
}

/// Few failures in full; many by what they have in common.
fn say_failures(failures: &[Failure]) {
    let mut alike: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for failure in failures {
        let why = failure.why.lines().next().unwrap_or_default();
        alike.entry((why, &failure.hint)).or_default().push(&failure.name);
    }
    if failures.len() <= FAILURES_SHOWN {
        for failure in failures {
            tell::note(&format!("{}: {}", failure.name, failure.why));
            hint(&failure.hint);
        }
        return;
    }
    for ((why, text), names) in alike {
        tell::note(&format!("{}: {why}", fold(&names)));
        hint(text);
    }
}

fn hint(text: &str) {
    if !text.is_empty() {
        tell::note(&format!("  hint: {}", visible(text.as_bytes())));
    }
}

/// Names as one hostset; names that are none stay as they are.
pub fn fold(names: &[&str]) -> String {
    let set: Result<HostSet, _> = names.iter().map(|name| HostName::new(name)).collect();
    set.map_or_else(|_| names.join(","), |set| set.to_string())
}

/// What launchers need of ours; nothing else leaves this process.
pub fn environment() -> Vec<(String, String)> {
    let wanted = |name: &str| {
        ["PATH", "HOME", "USER", "LOGNAME", "TERM", "DISPLAY", "KRB5CCNAME", "LANG"].contains(&name)
            || name.starts_with("SSH_A")
            || name.starts_with("XDG_")
    };
    let mut found: Vec<_> = std::env::vars().filter(|(name, _)| wanted(name)).collect();
    // ssh has it run a ProxyCommand, and takes /bin/sh where it is not set. The account's own,
    // which the daemon would add, may be one that runs nothing.
    let shell = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
    found.push(("SHELL".to_owned(), shell.unwrap_or_else(|| "/bin/sh".to_owned())));
    found
}
