//! Runs a plan to its end: starts it, feeds it, shows its output, passes signals on, and says how
//! it went. The one way behind `e`, `mw`, the console and the faces; how output is shown is
//! `show`.

use super::local;
use super::plan::{Plan, Source};
use super::show::{self, Look, Show};
use super::signals::Passed;
use super::sudo::{self, Secret};
use super::{detached, input, mask, mw, strangers};
use crate::error::Error;
use crate::tell;
use posse::{Command, HostEntry, Running, Vm};
use std::io;
use std::process::{Child, Stdio};

/// Runs it; the exit status is the largest of all processes, as [`posse::Status::code`] counts.
pub fn run(vm: &Vm, plan: &Plan) -> Result<u8, Error> {
    let mut asked = plan.clone();
    let password = if plan.root { as_root(vm, &mut asked)? } else { None };
    let plan = &asked;
    let command = plan.command(vm)?;
    if plan.detach {
        return detach(vm, plan, &command);
    }
    let run = started(vm, plan, || vm.run(&command))?;
    let _raw = plan.terminal.then(local::RawMode::enter);
    let signals = Passed::to(run.controller(), plan.terminal)?;
    let mut after = plan
        .after
        .as_deref()
        .map(|line| local::stage(line, Stdio::piped(), Stdio::inherit()))
        .transpose()?;
    let names: Vec<String> = run.ranks().iter().map(|info| info.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let look = look(plan);
    let outlet = show::outlet(&look, after.as_mut())?;
    let before = feed(&run, plan, password)?;
    let mut shown = Show::new(run, &names, &look, outlet);
    match &plan.source {
        Source::All { through, join } => mw::run(&mut shown, *join, through.as_deref())?,
        _ => shown.to_end()?,
    }
    let shown = shown.finish(&look)?;
    let ok = shown.summary.ok_ranks();
    let of = |wanted: bool| {
        let ranks = 0..names.len();
        let chosen = ranks.filter(|rank| ok.binary_search(&(*rank as u32)).is_ok() == wanted);
        chosen.map(|rank| names[rank]).collect::<Vec<_>>()
    };
    mask::remember(vm, &of(true), &of(false))?;
    let stages = [before, after].into_iter().flatten();
    let local = stages.map(|mut child| local::code(&mut child)).max().unwrap_or(0);
    Ok(signals.code().unwrap_or(shown.code().max(local)))
}

/// The hosts that a plan means, named strangers brought up.
pub fn hosts(vm: &Vm, plan: &Plan) -> Result<Vec<HostEntry>, Error> {
    let command = plan.command(vm)?;
    let hosts = started(vm, plan, || vm.hosts_of(&command))?;
    if hosts.is_empty() { Err(explained(posse::Error::NoHosts, vm, plan)) } else { Ok(hosts) }
}

/// Hosts that were no members are brought up before sudo is tried there.
fn as_root(vm: &Vm, plan: &mut Plan) -> Result<Option<Secret>, Error> {
    let command = plan.command(vm)?;
    started(vm, plan, || vm.hosts_of(&command))?;
    sudo::prepare(vm, plan)
}

fn look(plan: &Plan) -> Look<'_> {
    Look {
        mode: &plan.mode,
        labels: plan.labels,
        terminal: plan.terminal,
        piped: plan.after.is_some(),
        report: plan.report,
    }
}

/// Prints the number by which it is found again.
fn detach(vm: &Vm, plan: &Plan, command: &Command) -> Result<u8, Error> {
    let hosts = started(vm, plan, || vm.hosts_of(command))?;
    let entry = vm.run_detached(command)?;
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    detached::remember(vm, &entry, plan.per_host, &names)?;
    tell::say(&entry.number.to_string());
    Ok(0)
}

/// Tries once more when named hosts that were no members have been brought up.
fn started<T>(
    vm: &Vm,
    plan: &Plan,
    start: impl Fn() -> Result<T, posse::Error>,
) -> Result<T, Error> {
    let result = match (start(), &plan.hosts) {
        (Err(posse::Error::NotMembers { names }), Some(hosts)) => {
            strangers::bring_up(vm, hosts, &names)?;
            start()
        }
        (result, _) => result,
    };
    result.map_err(|error| explained(error, vm, plan))
}

/// "No host is selected" by what, and what to do about it.
fn explained(error: posse::Error, vm: &Vm, plan: &Plan) -> Error {
    if !matches!(error, posse::Error::NoHosts) {
        return error.into();
    }
    let usable = vm.hosts().iter().filter(|host| host.is_of_all()).count();
    if usable == 0 {
        let text = format!("no host of the vm `{}` is up", vm.name());
        return Error::new(crate::error::Kind::Vm, text)
            .hint("`posse up HOST…` brings hosts up, `posse hosts` shows those that are down");
    }
    let chosen = match (&plan.hosts, &plan.mask) {
        (Some(hosts), _) => format!("`{hosts}`"),
        (None, Some(mask)) => format!("the mask {mask}"),
        (None, None) if mask::in_force(vm) == mask::ALL => mask::ALL.to_owned(),
        (None, None) => "the mask in force".to_owned(),
    };
    let except = plan.exclude.as_ref().map(|set| format!(" without `{set}`")).unwrap_or_default();
    Error::usage(format!("{chosen}{except} selects none of the {usable} hosts that are up"))
        .hint("`posse hosts` lists them, `posse masks` the masks")
}

/// Starts what writes the stdin of all.
fn feed(run: &Running, plan: &Plan, first: Option<Secret>) -> Result<Option<Child>, Error> {
    match &plan.source {
        Source::Nothing if first.is_some() => {
            input::copy_after(run, first, io::empty())?;
            Ok(None)
        }
        Source::Nothing | Source::All { .. } => Ok(None),
        Source::Own => {
            input::copy_after(run, first, io::stdin())?;
            Ok(None)
        }
        Source::Local(line) => {
            let mut child = local::stage(line, Stdio::inherit(), Stdio::piped())?;
            if let Some(pipe) = child.stdout.take() {
                input::copy_after(run, first, pipe)?;
            }
            Ok(Some(child))
        }
    }
}
