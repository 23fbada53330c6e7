//! What hosts load before commands (`posse env --load`), of the vm and of the user's
//! configuration, in the order in which a host runs it. Called by `plan` and `posse env`.

use crate::config::environments;
use crate::error::Error;
use crate::settings::{self, LOAD, LOAD_ON, Settings};
use posse::{Command, Vm};

/// One text and where it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    pub from: From,
    /// A hostset; without one all hosts.
    pub hosts: Option<String>,
    pub text: String,
}

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// A setting of the vm, by its name.
    Vm(String),
    /// A line of the configuration, as `FILE:LINE`.
    File(String),
}

/// The general first: that of the vm for all hosts, the user's file line by line, those of the vm
/// for some hosts as they were given.
pub fn loads(vm: &Vm) -> Result<Vec<Load>, Error> {
    let settings = Settings::of(vm);
    let general =
        settings.load().map(|text| Load { from: From::Vm(LOAD.to_owned()), hosts: None, text });
    let lines = environments::load()?.into_iter().map(|line| Load {
        from: From::File(line.place),
        hosts: Some(line.hosts),
        text: line.text,
    });
    Ok(general.into_iter().chain(lines).chain(of_some(&settings)).collect())
}

fn of_some(settings: &Settings) -> Vec<Load> {
    let parse = |(number, value): (String, String)| {
        let (hosts, text) = value.split_once('\n')?;
        let load = Load {
            from: From::Vm(format!("{LOAD_ON}{number}")),
            hosts: Some(hosts.to_owned()),
            text: text.to_owned(),
        };
        Some((number.parse::<u32>().ok()?, load))
    };
    let mut found: Vec<_> = settings.with_prefix(LOAD_ON).into_iter().filter_map(parse).collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, load)| load).collect()
}

/// The command with these; where it runs on several hosts, each picks its own.
pub fn apply(command: Command, loads: &[Load]) -> Command {
    loads.iter().fold(command, |command, load| match &load.hosts {
        None => command.load(load.text.clone()),
        Some(hosts) => command.load_on(hosts.clone(), load.text.clone()),
    })
}

/// What the vm would load if this text were kept for these hosts, and the one that it replaces.
/// A replaced one keeps its place in the order.
pub fn with(
    mut loads: Vec<Load>,
    hosts: Option<&str>,
    text: &str,
) -> (Vec<Load>, Load, Option<String>) {
    let same =
        |load: &&mut Load| matches!(load.from, From::Vm(_)) && load.hosts.as_deref() == hosts;
    if let Some(load) = loads.iter_mut().find(same) {
        let before = std::mem::replace(&mut load.text, text.to_owned());
        let load = load.clone();
        return (loads, load, Some(before));
    }
    let number = |load: &Load| match &load.from {
        From::Vm(name) => name.strip_prefix(LOAD_ON)?.parse::<u32>().ok(),
        From::File(_) => None,
    };
    let (at, name) = match hosts {
        None => (0, LOAD.to_owned()),
        Some(_) => {
            let next = loads.iter().filter_map(number).max().unwrap_or(0).saturating_add(1);
            (loads.len(), format!("{LOAD_ON}{next}"))
        }
    };
    let load =
        Load { from: From::Vm(name), hosts: hosts.map(str::to_owned), text: text.to_owned() };
    loads.insert(at, load.clone());
    (loads, load, None)
}

/// Keeps one of the vm's.
pub fn keep(vm: &Vm, load: &Load) -> Result<(), Error> {
    let From::Vm(name) = &load.from else { return Ok(()) };
    let value = match &load.hosts {
        None => load.text.clone(),
        Some(hosts) => format!("{hosts}\n{}", load.text),
    };
    settings::set(vm, name, Some(&value))
}

/// Forgets the vm's: all of them, or the one for this hostset. The number of those forgotten.
pub fn forget(vm: &Vm, hosts: Option<&str>) -> Result<usize, Error> {
    let mut forgotten = 0;
    let settings = Settings::of(vm);
    let general = settings.load().is_some().then(|| LOAD.to_owned()).filter(|_| hosts.is_none());
    let of_some = of_some(&settings).into_iter().filter_map(|load| match load.from {
        From::Vm(name) if hosts.is_none() || load.hosts.as_deref() == hosts => Some(name),
        _ => None,
    });
    for name in general.into_iter().chain(of_some) {
        settings::set(vm, &name, None)?;
        forgotten += 1;
    }
    Ok(forgotten)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(loads: &[Load]) -> Vec<&str> {
        loads.iter().map(|load| load.text.as_str()).collect()
    }

    #[test]
    fn a_new_text_finds_its_place() {
        let file = Load {
            from: From::File("env:1".to_owned()),
            hosts: Some("lab1".to_owned()),
            text: "file".to_owned(),
        };
        let (loads, kept, _) = with(vec![file], Some("lab1"), "one");
        assert_eq!(kept.from, From::Vm("load.1".to_owned()), "the file's line is not replaced");
        let (loads, kept, _) = with(loads, Some("lab2"), "two");
        assert_eq!(kept.from, From::Vm("load.2".to_owned()));
        let (loads, ..) = with(loads, None, "all");
        assert_eq!(texts(&loads), ["all", "file", "one", "two"]);
        let (loads, kept, before) = with(loads, Some("lab1"), "other");
        assert_eq!(texts(&loads), ["all", "file", "other", "two"]);
        assert_eq!((kept.from, before), (From::Vm("load.1".to_owned()), Some("one".to_owned())));
        let (loads, _, before) = with(loads, None, "every");
        assert_eq!((texts(&loads)[0], before), ("every", Some("all".to_owned())));
    }
}
