//! Bringing hosts up as a person sees it: a progress line on a terminal, questions of ssh one at a
//! time, failures by cause with a hint, and the exit status. Which ways are tried is `explore`'s.

use crate::commands::Outcome;
use crate::commands::up::Args;
use crate::error::{Error, Kind};
use crate::explore::{self, Onlooker, Policy, Settled, Way, Ways};
use crate::groups::Lookup;
use crate::output::visible;
use crate::tell;
use indicatif::{ProgressBar, ProgressStyle};
use posse::{HostRequest, Launch, Stage, UpOptions, Vm};
use posse_hostset::{HostName, HostSet};
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
    let policy = via(vm, args)?.map_or(Policy::Known, Policy::Only);
    let ways = carry_out(vm, requests, args, policy)?;
    if !args.json {
        say_count(&ways);
        say_failures(&failures(&ways));
        if ways.is_worth_exploring() {
            hint("`posse explore` instead of `up` tries the hosts of the vm as ways to the others");
        }
    }
    Ok(status(&ways))
}

/// The plan for these hosts as things are.
pub fn plan(vm: Option<&Vm>, requests: Vec<HostRequest>, policy: Policy) -> Result<Ways, Error> {
    let statements = vm.map(explore::stated).unwrap_or_default();
    let hosts = vm.map(|vm| vm.hosts().to_vec()).unwrap_or_default();
    Ways::new(requests, &hosts, &statements, &Lookup::default(), policy)
}

/// Brings the hosts up, showing progress; with `--json` also each host as it is settled.
pub fn carry_out(
    vm: &Vm,
    requests: Vec<HostRequest>,
    args: &Args,
    policy: Policy,
) -> Result<Ways, Error> {
    let mut ways = plan(Some(vm), requests, policy)?;
    let options = UpOptions {
        environment: environment(),
        interactive: !args.batch && std::io::stdin().is_terminal(),
        ram: args.ram,
        direct: args.direct,
        ports: args.ports(),
        via: None,
        linger: args.linger.unwrap_or(UpOptions::default().linger),
        timeout: Duration::from_secs(args.timeout),
        connect_timeout: args.connect_timeout.map(Duration::from_secs),
        window: args.window,
    };
    let mut progress = Progress { bar: bar(ways.targets.len() as u64), json: args.json };
    explore::drive(vm, &options, &mut ways, &mut progress)?;
    progress.bar.finish_and_clear();
    Ok(ways)
}

struct Progress {
    bar: ProgressBar,
    json: bool,
}

impl Onlooker for Progress {
    fn launch(&mut self, launch: &Launch) {
        if let Stage::Sending { sent, total } = launch.stage
            && total > 0
        {
            let percent = sent * 100 / total;
            self.bar.set_message(format!("{}: sending {percent} %", launch.name));
        }
    }

    fn settled(&mut self, ways: &Ways, at: usize) {
        self.bar.inc(1);
        if self.json {
            self.bar.suspend(|| tell::say(&explore::json(ways, at)));
        }
    }

    fn aside(&mut self, ask: &mut dyn FnMut()) {
        self.bar.suspend(ask);
    }
}

/// Hosts that are up, of those wanted.
pub fn say_count(ways: &Ways) {
    let up = ways.targets.iter().filter(|one| one.settled() != Some(Settled::Failed)).count();
    tell::note(&format!("{up} of {} hosts up", ways.targets.len()));
}

pub fn status(ways: &Ways) -> u8 {
    let failed = ways.targets.iter().any(|one| one.settled() == Some(Settled::Failed));
    if failed { Kind::Hosts.code() } else { 0 }
}

/// The last try of each host that is not up.
fn failures(ways: &Ways) -> Vec<Failure> {
    let failed = ways.targets.iter().filter(|one| one.settled() == Some(Settled::Failed));
    let told = failed.filter_map(|target| {
        let last = target.tried.last()?;
        let (name, why, hint) = (target.name().to_owned(), last.why.clone(), last.hint.clone());
        Some(match last.way {
            Way::Direct => Failure { name, why, hint },
            way => {
                let from = ways.from(way);
                let (why, hint) = (format!("from {from}: {why}"), format!("on {from}: {hint}"));
                Failure { name, why, hint }
            }
        })
    });
    told.collect()
}

/// The host that the launches start from, where that is given.
fn via(vm: &Vm, args: &Args) -> Result<Option<Way>, Error> {
    let Some(name) = &args.via else { return Ok(None) };
    match &vm.select(name)?[..] {
        [host] if host.number == posse::HostId::OWNER => Ok(Some(Way::Direct)),
        [host] if host.is_up() => Ok(Some(Way::Through(host.number))),
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

pub fn hint(text: &str) {
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
