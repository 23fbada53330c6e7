//! Hosts as the holder sees them: they come, come back and are lost with the table of hosts; which
//! of them a hostset is. Called for effects of `proto`, and when a holder begins.

use crate::shell::Shell;
use posse_farm::{Capacity, HostLife};
use posse_hostset::{Expr, HostName, HostSet, Universe, Value};
use posse_wire::msg::HostEntry;
use posse_wire::{HostId, Incarnation};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Those that the holder was told of, and what each gives to tasks: thousandths of cores.
#[derive(Default)]
pub(super) struct Hosts {
    up: BTreeMap<HostId, (Incarnation, u32)>,
}

impl Hosts {
    pub fn lives(&self) -> Vec<HostLife> {
        let life = |(host, (incarnation, _)): (&HostId, &(Incarnation, u32))| HostLife {
            host: *host,
            incarnation: *incarnation,
        };
        self.up.iter().map(life).collect()
    }

    pub fn cores(&self, host: HostId) -> u32 {
        self.up.get(&host).map_or(0, |(_, cores)| *cores)
    }
}

impl Shell {
    /// All hosts that are up, when a holder begins; this one too, where it has slots.
    pub(super) fn join_hosts(self: &Rc<Self>) {
        for entry in self.entries() {
            if entry.is_up() {
                self.host_joins(&entry);
            }
        }
    }

    pub(crate) fn farm_host_up(self: &Rc<Self>, host: HostId, incarnation: Incarnation) {
        if self.farm.held.borrow().is_none() {
            return;
        }
        let entry = self.entries().into_iter().find(|entry| entry.number == host);
        if let Some(entry) = entry.filter(|entry| entry.incarnation == incarnation) {
            self.host_joins(&entry);
        }
    }

    pub(crate) fn farm_host_lost(self: &Rc<Self>, host: HostId, incarnation: Incarnation) {
        self.farm.reports.borrow_mut().remove(&host);
        self.hold(|held, now| {
            held.hosts.up.remove(&host);
            held.files.host_lost(host);
            held.holder.lost(now, HostLife { host, incarnation });
        });
    }

    /// The owner's own machine works only where it is a host.
    fn host_joins(self: &Rc<Self>, entry: &HostEntry) {
        if entry.number == self.context.number && entry.slots == 0 {
            return;
        }
        // What was on its way over the last link does not come any more.
        self.farm.reports.borrow_mut().remove(&entry.number);
        let life = HostLife { host: entry.number, incarnation: entry.incarnation };
        let cores = entry.slots.saturating_mul(1000);
        let memory = entry.facts.memory;
        let capacity = Capacity { cores, memory, ..Capacity::default() };
        self.hold(|held, now| {
            held.hosts.up.insert(life.host, (life.incarnation, cores));
            held.holder.joined(now, life, entry.name.clone(), capacity);
        });
    }

    fn entries(&self) -> Vec<HostEntry> {
        self.with_daemon(|daemon| daemon.rows()).into_iter().map(|row| row.0).collect()
    }

    /// Names of hosts, for those who read results.
    pub(super) fn host_names(&self) -> Vec<(HostId, String)> {
        self.entries().into_iter().map(|entry| (entry.number, entry.name)).collect()
    }

    /// None where the text makes no sense, which the front end has told by then.
    pub(super) fn hosts_of(&self, text: &str) -> BTreeSet<HostId> {
        let entries = self.entries();
        let known = entries.iter().filter_map(|entry| HostName::new(&entry.name).ok()).collect();
        let members = Members { entries: &entries, known };
        let names = Expr::parse(text).ok().and_then(|expression| expression.eval(&members).ok());
        let Some(names) = names else { return BTreeSet::new() };
        let of = entries.iter().filter(|entry| names.contains(&entry.name));
        of.map(|entry| entry.number).collect()
    }
}

/// The table as the grammar of hostsets sees it. Groups are in the user's files, which the front
/// end reads.
struct Members<'a> {
    entries: &'a [HostEntry],
    known: HostSet,
}

impl Universe for Members<'_> {
    fn known(&self) -> &HostSet {
        &self.known
    }

    fn group(&self, _: Option<&str>, _: &str) -> Option<String> {
        None
    }

    fn attribute(&self, name: &str, key: &str) -> Option<Value> {
        let host = self.entries.iter().find(|entry| entry.name == name)?;
        match key {
            "cores" => Some(Value::Number(f64::from(host.facts.cores))),
            "mem" => Some(Value::Number(host.facts.memory as f64)),
            "slots" => Some(Value::Number(f64::from(host.slots))),
            "arch" => Some(Value::Text(host.facts.arch.clone())),
            "os" => Some(Value::Text(host.facts.system.clone())),
            _ => None,
        }
    }
}
