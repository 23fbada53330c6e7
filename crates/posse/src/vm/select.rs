//! From a selection to hosts of the vm; asks them how busy they are where the expression needs it.

use super::Vm;
use crate::command::{self, Command, Hosts, Members};
use crate::link::lock;
use crate::{Error, HostEntry};
use posse_wire::HostId;
use posse_wire::msg::{Answered, Load, LoadHosts, Question};
use std::time::Duration;

/// A host that does not say how busy it is within this time is no host for `load<1`.
const LOAD_WITHIN: Duration = Duration::from_secs(3);

impl Vm {
    /// The hosts that a hostset expression selects, in natural order of their names. A name that
    /// is no member is an error ([`Error::NotMembers`]); a host that is down can be named, but
    /// `all`, globs, groups of globs and predicates select as [`HostEntry::is_of_all`] says.
    pub fn select(&self, hostset: &str) -> Result<Vec<HostEntry>, Error> {
        self.resolve(&Hosts::Expression(hostset.to_owned()), &[])
    }

    /// Whether a hostset means this member. Other than with [`Vm::select`], the hostset may name
    /// hosts that are none, as the lines of a configuration for several vms do.
    pub fn selects(&self, hostset: &str, name: &str) -> Result<bool, Error> {
        let entries = self.hosts();
        let groups = lock(&self.inner.groups).clone();
        let mut members = Members::new(&entries, groups.as_deref());
        self.ask_loads(&[hostset], &mut members)?;
        Ok(command::names(hostset, &members)?.contains(name))
    }

    /// The hosts that a command would run on now, in the order of its ranks.
    pub fn hosts_of(&self, command: &Command) -> Result<Vec<HostEntry>, Error> {
        self.resolve_for(command)
    }

    pub(super) fn resolve_for(&self, command: &Command) -> Result<Vec<HostEntry>, Error> {
        self.resolve(&command.hosts, &command.exclude)
    }

    /// What the command loads on these, its hosts. What is for none of them is left out.
    pub(super) fn loads_of(
        &self,
        command: &Command,
        hosts: &[HostEntry],
    ) -> Result<Vec<Load>, Error> {
        let texts: Vec<&str> = command
            .loads
            .iter()
            .filter_map(|(which, _)| match which {
                Hosts::Expression(text) => Some(text.as_str()),
                Hosts::All | Hosts::Numbers(_) => None,
            })
            .collect();
        let entries = self.hosts();
        let looked_at = if texts.is_empty() { &[] } else { &*entries };
        let groups = lock(&self.inner.groups).clone();
        let mut members = Members::new(looked_at, groups.as_deref());
        self.ask_loads(&texts, &mut members)?;
        let mut loads = Vec::new();
        for (which, text) in &command.loads {
            let chosen: Vec<HostId> = match which {
                Hosts::All => hosts.iter().map(|host| host.number).collect(),
                Hosts::Numbers(numbers) => {
                    let here = |number: &HostId| hosts.iter().any(|host| host.number == *number);
                    numbers.iter().copied().filter(here).collect()
                }
                Hosts::Expression(text) => {
                    let names = command::names(text, &members)?;
                    let chosen = hosts.iter().filter(|host| names.contains(&host.name));
                    chosen.map(|host| host.number).collect()
                }
            };
            let text = text.clone();
            match chosen.len() {
                0 => {}
                count if count == hosts.len() => loads.push(Load { hosts: LoadHosts::All, text }),
                _ => loads.push(Load { hosts: LoadHosts::of(chosen), text }),
            }
        }
        Ok(loads)
    }

    fn resolve(&self, hosts: &Hosts, exclude: &[String]) -> Result<Vec<HostEntry>, Error> {
        let entries = self.hosts();
        let groups = lock(&self.inner.groups).clone();
        let mut members = Members::new(&entries, groups.as_deref());
        let mut texts: Vec<&str> = exclude.iter().map(String::as_str).collect();
        if let Hosts::Expression(text) = hosts {
            texts.push(text);
        }
        self.ask_loads(&texts, &mut members)?;
        let mut selected = match hosts {
            Hosts::All => members.all(),
            Hosts::Numbers(numbers) => by_number(numbers, &entries)?,
            Hosts::Expression(text) => command::evaluate(text, &members)?,
        };
        for text in exclude {
            let names = command::names(text, &members)?;
            selected.retain(|host| !names.contains(&host.name));
        }
        Ok(selected)
    }

    /// Where one of the expressions depends on it.
    fn ask_loads(&self, texts: &[&str], members: &mut Members<'_>) -> Result<(), Error> {
        let mut depends = false;
        for text in texts {
            depends = depends || command::needs_load(text, members)?;
        }
        if !depends {
            return Ok(());
        }
        let numbers: Vec<HostId> = members.all().iter().map(|host| host.number).collect();
        for reply in self.query(&numbers, Question::Load, LOAD_WITHIN)? {
            let reply = reply?;
            if let Answered::Load(load) = reply.answer {
                members.loads.insert(reply.host, f64::from(load.load[0]));
            }
        }
        Ok(())
    }
}

fn by_number(numbers: &[HostId], hosts: &[HostEntry]) -> Result<Vec<HostEntry>, Error> {
    let find = |number: &HostId| {
        let found = hosts.iter().find(|host| host.number == *number);
        found.cloned().ok_or(Error::NoSuchNumber { number: number.0 })
    };
    numbers.iter().map(find).collect()
}
