//! Names in words and as JSON: holders by the names of hosts and the numbers of commands.

use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::{CommandId, HostId, NameEntry, NameHolder, Rank, Vm};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is needed to show holders, and how they are shown.
pub struct Shown {
    hosts: BTreeMap<HostId, String>,
    numbers: BTreeMap<CommandId, u32>,
    json: bool,
}

impl Shown {
    pub fn of(vm: &Vm, json: bool) -> Result<Shown, Error> {
        let hosts = vm.hosts().iter().map(|host| (host.number, host.name.clone())).collect();
        let numbers = vm.commands()?.into_iter().map(|entry| (entry.id, entry.number)).collect();
        Ok(Shown { hosts, numbers, json })
    }

    /// One that was looked up.
    pub fn value(&self, entry: &NameEntry) {
        if self.json {
            tell::say(&self.object(entry).to_string());
        } else {
            tell::say(&visible(&entry.value));
        }
    }

    pub fn table(&self, names: &[NameEntry]) {
        if self.json {
            names.iter().for_each(|entry| tell::say(&self.object(entry).to_string()));
            return;
        }
        let rows: Vec<[String; 3]> = names.iter().map(|entry| self.row(entry)).collect();
        let width = |at: usize, least: usize| {
            rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(least).max(least)
        };
        let (name, host, process) = (width(0, 4), width(1, 4), width(2, 7));
        let header = format!("{:name$}  {:host$}  {:process$}  VALUE", "NAME", "HOST", "PROCESS");
        tell::say(&header);
        for (row, entry) in rows.iter().zip(names) {
            let [own, at, of] = row;
            let line = format!("{own:name$}  {at:host$}  {of:process$}  {}", shown(&entry.value));
            tell::say(visible(line.as_bytes()).trim_end());
        }
    }

    /// One that is so now. Its holder may be newer than what is known here.
    pub fn changed(&mut self, vm: &Vm, entry: &NameEntry) -> Result<(), Error> {
        if !self.numbers.contains_key(&entry.holder.command) {
            let hosts = vm.refresh_hosts()?;
            self.hosts = hosts.iter().map(|host| (host.number, host.name.clone())).collect();
            self.numbers = vm.commands()?.into_iter().map(|one| (one.id, one.number)).collect();
        }
        if self.json {
            tell::say(&self.object(entry).to_string());
        } else {
            let [name, host, process] = self.row(entry);
            let line = format!("+ {name}  {host}  {process}  {}", shown(&entry.value));
            tell::say(&visible(line.as_bytes()));
        }
        Ok(())
    }

    pub fn released(&self, name: &str) {
        if self.json {
            tell::say(&json!({ "name": name, "released": true }).to_string());
        } else {
            tell::say(&visible(format!("- {name}").as_bytes()));
        }
    }

    fn host(&self, holder: &NameHolder) -> String {
        let known = self.hosts.get(&holder.host).cloned();
        known.unwrap_or_else(|| format!("host {}", holder.host))
    }

    fn row(&self, entry: &NameEntry) -> [String; 3] {
        let holder = &entry.holder;
        let process = match (holder.rank, self.numbers.get(&holder.command)) {
            (Rank::ALL, _) => "front end".to_owned(),
            (rank, Some(number)) => format!("{number}.{}", rank.0),
            (rank, None) => format!("?.{}", rank.0),
        };
        [entry.name.clone(), self.host(holder), process]
    }

    fn object(&self, entry: &NameEntry) -> Value {
        let holder = &entry.holder;
        let is_front_end = holder.rank == Rank::ALL;
        let text = std::str::from_utf8(&entry.value).ok();
        let hex = || entry.value.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut object = json!({
            "name": entry.name, "value": text, "version": entry.version,
            "host": self.host(holder), "incarnation": holder.incarnation.0,
            "command": self.numbers.get(&holder.command).filter(|_| !is_front_end),
            "rank": (!is_front_end).then_some(holder.rank.0), "front_end": is_front_end,
        });
        if text.is_none() {
            object["value_hex"] = hex().into();
        }
        object
    }
}

/// On one line.
fn shown(value: &[u8]) -> String {
    String::from_utf8_lossy(value).replace('\n', " ")
}

pub fn registered(name: &str, version: u64) -> String {
    json!({ "name": name, "version": version }).to_string()
}

/// Who has it, by names that people know.
pub fn error(vm: &Vm, error: posse::Error) -> Error {
    let posse::Error::NameTaken { name, holder, version } = &error else { return error.into() };
    let Ok(shown) = Shown::of(vm, false) else { return error.into() };
    let host = shown.host(holder);
    let whose = match (holder.rank, shown.numbers.get(&holder.command)) {
        (Rank::ALL, _) => format!("a front end on {host} has it"),
        (rank, Some(number)) => format!("{number}.{} on {host} has it", rank.0),
        (rank, None) => format!("a process of rank {} on {host} has it", rank.0),
    };
    let text =
        format!("the name `{name}` is taken: {whose}, in version {version}; nothing is done");
    let hint = "it is free when that process ends; `posse names unregister` takes it away";
    Error::new(crate::error::Kind::No, text).hint(hint)
}
