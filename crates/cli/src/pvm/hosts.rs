//! `conf`, `mstat`, `add`, `delete`: the hosts of the vm in PVM's tables.

use super::console::Console;
use super::start;
use crate::error::Error;
use crate::explore::Settled;
use crate::output::visible;
use crate::tell;
use posse::pvm::{Tid, arch};
use posse::{Cause, HostState, SPEED};
use posse_hostset::HostItem;

/// How PVM's library describes the byte order and the sizes of x86-64 and aarch64.
const SIGNATURE: u32 = 0x0040_8c41;

/// As in pvm_perror(3PVM).
const NO_HOST: &str = "No such host";

fn shown(name: &str) -> String {
    visible(name.as_bytes())
}

pub fn conf(console: &Console) -> Result<(), Error> {
    let hosts = console.hosts()?;
    let plural = if hosts.len() == 1 { "" } else { "s" };
    tell::say(&format!("{} host{plural}, 1 data format", hosts.len()));
    tell::say(&format!("{:>24} {:>8} {:>8} {:>7} {:>10}", "HOST", "DTID", "ARCH", "SPEED", "DSIG"));
    for host in hosts {
        let tid = Tid::of_host(host.number).map_or("-".to_owned(), |tid| format!("{:x}", tid.0));
        let arch = arch(&host.facts.arch);
        let name = shown(&host.name);
        // As PVM: what is measured is no part of this table.
        let speed = console.vm.stated_speed(&host.name).unwrap_or(SPEED);
        tell::say(&format!("{name:>24} {tid:>8} {arch:>8} {speed:>7} {SIGNATURE:#010x}"));
    }
    Ok(())
}

pub fn mstat(console: &Console, names: &[String]) -> Result<(), Error> {
    let hosts = console.hosts()?;
    for name in names {
        let state = hosts.iter().find(|host| host.name == *name).map(|host| &host.state);
        let state = match state {
            None => NO_HOST,
            Some(HostState::Up) => "ok",
            Some(HostState::Launching) => "starting",
            Some(HostState::Suspect | HostState::Down { .. }) => "failed",
        };
        tell::say(&format!("{:>24}  {state}", shown(name)));
    }
    Ok(())
}

/// Each word is a host as a line of a host file has it.
pub fn add(console: &mut Console, words: &[String]) -> Result<(), Error> {
    let before = console.hosts()?;
    let mut wanted = Vec::new();
    for word in words {
        let mut items = start::items(word)?;
        for item in &mut items {
            let name = item.name.to_string();
            if let Some(known) = console.described.iter().find(|one| one.name.to_string() == name) {
                let said = std::mem::replace(item, known.clone());
                item.update(said);
                item.deferred = false;
            }
        }
        wanted.extend(items);
    }
    let is_there = |item: &HostItem| {
        let name = item.name.to_string();
        before.iter().any(|host| host.name == name && host.is_up())
    };
    let new: Vec<HostItem> = wanted.iter().filter(|item| !is_there(item)).cloned().collect();
    start::remember(console, &new)?;
    let ways = start::bring_up(&console.vm, &new, console.is_interactive)?;
    let after = console.hosts()?;
    let mut rows = Vec::new();
    let mut successful = 0;
    for item in &wanted {
        let name = item.name.to_string();
        let target = ways.iter().find(|target| target.name() == name);
        let up = target.is_some_and(|one| matches!(one.settled(), Some(Settled::Up { .. })));
        let host = after.iter().find(|host| host.name == name);
        let told = match (host.and_then(|host| Tid::of_host(host.number)), target) {
            _ if is_there(item) => "Duplicate host".to_owned(),
            (Some(tid), _) if up => {
                successful += 1;
                format!("{:x}", tid.0)
            }
            (_, Some(target)) if is_unknown(target) => NO_HOST.to_owned(),
            _ => "Can't start pvmd".to_owned(),
        };
        rows.push(format!("{:>24} {told:>8}", shown(&name)));
    }
    tell::say(&format!("{successful} successful\n{:>24} {:>8}", "HOST", "DTID"));
    rows.iter().for_each(|row| tell::say(row));
    ways.iter().for_each(why);
    Ok(())
}

fn is_unknown(target: &crate::explore::Target) -> bool {
    let last = target.tried.last();
    last.is_some_and(|last| matches!(last.cause, Cause::Unresolvable | Cause::BadName))
}

/// PVM's words are few; ours say more, on stderr.
fn why(target: &crate::explore::Target) {
    if target.settled() == Some(Settled::Failed)
        && !is_unknown(target)
        && let Some(last) = target.tried.last()
    {
        tell::note(&format!("{}: {}", target.name(), last.why));
        crate::run::launch::hint(&last.hint);
    }
}

pub fn delete(console: &Console, names: &[String]) -> Result<(), Error> {
    let hosts = console.hosts()?;
    let found = |name: &String| hosts.iter().find(|host| host.name == *name);
    let numbers: Vec<_> = names.iter().filter_map(found).map(|host| host.number).collect();
    if !numbers.is_empty() {
        console.vm.remove(&numbers, false)?;
    }
    tell::say(&format!("{} successful\n{:>24}  STATUS", numbers.len(), "HOST"));
    for name in names {
        let told = if found(name).is_some() { "deleted" } else { NO_HOST };
        tell::say(&format!("{:>24}  {told}", shown(name)));
    }
    Ok(())
}
