//! What the front end remembers of detached commands: which hosts their ranks are on. The daemon
//! keeps output by rank alone; the names are a setting of the vm, as long as the daemon lists the
//! command. Called by `drive`, `posse out` and `posse attach`.

use crate::error::Error;
use crate::settings::{self, Settings};
use posse::{CommandEntry, Vm};
use posse_hostset::HostSet;

/// `detached.12` is `2 lab[1-4]`: two processes on each of these; `2 lab[1-2] 1 lab3` goes on.
const PREFIX: &str = "detached.";

/// `hosts` are in the order of ranks, which is the natural one; each mention of one is `per_host`
/// processes.
pub fn remember(vm: &Vm, entry: &CommandEntry, per_host: u32, hosts: &[&str]) -> Result<(), Error> {
    forget_old(vm)?;
    settings::set(vm, &name(entry.number), Some(&value(per_host, hosts)))
}

/// Neighbours with as many processes share a part.
fn value(per_host: u32, hosts: &[&str]) -> String {
    let mut parts: Vec<(u32, Vec<&str>)> = Vec::new();
    for same in hosts.chunk_by(|a, b| a == b) {
        let count = per_host * same.len() as u32;
        match parts.last_mut() {
            Some((other, names)) if *other == count => names.push(same[0]),
            _ => parts.push((count, vec![same[0]])),
        }
    }
    let part =
        |(count, names): &(u32, Vec<&str>)| format!("{count} {}", super::launch::fold(names));
    parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn name(number: u32) -> String {
    format!("{PREFIX}{number}")
}

/// Those whose output is not kept any more.
fn forget_old(vm: &Vm) -> Result<(), Error> {
    let known = Settings::of(vm).with_prefix(PREFIX);
    if known.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = vm.commands()?.iter().map(|entry| entry.number.to_string()).collect();
    for (number, _) in known.into_iter().filter(|(number, _)| !listed.contains(number)) {
        settings::set(vm, &format!("{PREFIX}{number}"), None)?;
    }
    Ok(())
}

/// The host of each rank; `#3` where it is not known.
pub fn hosts(vm: &Vm, entry: &CommandEntry) -> Vec<String> {
    let known = Settings::of(vm).get(&name(entry.number));
    let ranks =
        known.and_then(|value| ranks(&value)).filter(|names| names.len() == entry.size as usize);
    ranks.unwrap_or_else(|| (0..entry.size).map(|rank| format!("#{rank}")).collect())
}

fn ranks(value: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = value.split(' ').collect();
    let mut ranks = Vec::new();
    for part in words.chunks(2) {
        let [count, hosts] = part else { return None };
        let count: usize = count.parse().ok()?;
        let hosts: HostSet = hosts.parse().ok()?;
        for host in hosts.iter() {
            ranks.extend(std::iter::repeat_n(host.to_string(), count));
        }
    }
    Some(ranks)
}

/// The command that people call by this number.
pub fn find(vm: &Vm, number: u32) -> Result<CommandEntry, Error> {
    let found = vm.commands()?.into_iter().find(|entry| entry.number == number);
    found.ok_or_else(|| {
        Error::usage(format!("there is no command {number} in the vm `{}`", vm.name()))
            .hint("`posse ps` lists those that run or whose output is kept")
    })
}

#[cfg(test)]
mod tests {
    use super::{ranks, value};

    #[test]
    fn ranks_come_back_in_their_order() {
        let names = ranks("2 n[1-2,10]").unwrap_or_default();
        assert_eq!(names, ["n1", "n1", "n2", "n2", "n10", "n10"]);
        let uneven = ["n1", "n1", "n2", "n2", "n10"];
        assert_eq!(value(1, &uneven), "2 n[1-2] 1 n10");
        assert_eq!(value(2, &["n1", "n2"]), "2 n[1-2]");
        assert_eq!(ranks("2 n[1-2] 1 n10").unwrap_or_default(), uneven);
        assert_eq!(ranks("x n1"), None);
        assert_eq!(ranks(""), None);
    }
}
