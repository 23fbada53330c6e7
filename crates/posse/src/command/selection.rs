//! Which hosts an expression means in a vm. Pure: what must be asked (`load`) is asked before, by
//! the caller (`vm::select`).

use crate::Error;
use posse_hostset::{Expr, HostName, HostSet, Universe, Value};
use posse_wire::HostId;
use posse_wire::msg::{HostEntry, HostState};
use std::collections::HashMap;

/// Where `@group` is looked up; the front end reads the user's configuration, this crate does not.
pub trait Groups: Send + Sync {
    /// The expression that a group stands for; the group `*` asks for all hosts of a source.
    fn group(&self, source: Option<&str>, name: &str) -> Option<String>;
}

impl<F: Fn(Option<&str>, &str) -> Option<String> + Send + Sync> Groups for F {
    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        self(source, name)
    }
}

/// The hosts of a vm as the grammar sees them.
pub(crate) struct Members<'a> {
    by_name: HashMap<&'a str, &'a HostEntry>,
    known: HostSet,
    groups: Option<&'a dyn Groups>,
    pub(crate) loads: HashMap<HostId, f64>,
}

impl<'a> Members<'a> {
    /// `all`, globs and predicates select from the hosts that [`HostEntry::is_of_all`] says; any
    /// member can be named.
    pub(crate) fn new(hosts: &'a [HostEntry], groups: Option<&'a dyn Groups>) -> Members<'a> {
        let by_name = hosts.iter().map(|host| (host.name.as_str(), host)).collect();
        let usable = hosts.iter().filter(|host| host.is_of_all());
        // A name that the grammar refuses could never have been typed.
        let known = usable.filter_map(|host| HostName::new(&host.name).ok()).collect();
        Members { by_name, known, groups, loads: HashMap::new() }
    }

    pub(crate) fn all(&self) -> Vec<HostEntry> {
        self.known.iter().filter_map(|name| self.get(name)).cloned().collect()
    }

    fn get(&self, name: &str) -> Option<&'a HostEntry> {
        self.by_name.get(name).copied()
    }
}

impl Universe for Members<'_> {
    fn known(&self) -> &HostSet {
        &self.known
    }

    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        self.groups?.group(source, name)
    }

    fn attribute(&self, name: &str, key: &str) -> Option<Value> {
        let host = self.get(name)?;
        match key {
            "load" => self.loads.get(&host.number).copied().map(Value::Number),
            key => attribute(host, key),
        }
    }
}

/// What is known of a host without asking it, by the keys of predicates.
pub fn attribute(host: &HostEntry, key: &str) -> Option<Value> {
    let text = |text: &str| Some(Value::Text(text.to_owned())).filter(|_| !text.is_empty());
    match key {
        "cores" => Some(Value::Number(f64::from(host.facts.cores))),
        "mem" => Some(Value::Number(host.facts.memory as f64)),
        "slots" => Some(Value::Number(f64::from(host.slots))),
        "rtt" => Some(Value::Number(f64::from(host.rtt_us) / 1e6)).filter(|_| host.rtt_us > 0),
        "arch" => text(&host.facts.arch),
        "os" => text(&host.facts.system),
        "version" => text(&host.facts.version),
        "state" => text(match host.state {
            HostState::Launching => "launching",
            HostState::Up => "up",
            HostState::Suspect => "suspect",
            HostState::Down { .. } => "down",
        }),
        _ => None,
    }
}

/// Whether the hosts must be asked how busy they are before the text can be evaluated.
pub(crate) fn needs_load(text: &str, members: &Members<'_>) -> Result<bool, Error> {
    let wrong = |why: String| Error::Selection { text: text.to_owned(), why };
    let expression = Expr::parse(text).map_err(|error| wrong(error.to_string()))?;
    let keys = expression.keys(members).map_err(|error| wrong(error.to_string()))?;
    Ok(keys.contains("load"))
}

/// The names that the text selects, members or not.
pub(crate) fn names(text: &str, members: &Members<'_>) -> Result<HostSet, Error> {
    let wrong = |why: String| Error::Selection { text: text.to_owned(), why };
    let expression = Expr::parse(text).map_err(|error| wrong(error.to_string()))?;
    expression.eval(members).map_err(|error| wrong(error.to_string()))
}

/// The members that the text selects, in natural order; an error names those that are none.
pub(crate) fn evaluate(text: &str, members: &Members<'_>) -> Result<Vec<HostEntry>, Error> {
    let names = names(text, members)?;
    let (mut found, mut strangers) = (Vec::with_capacity(names.len()), Vec::new());
    for name in &names {
        match members.get(name) {
            Some(host) => found.push(host.clone()),
            None => strangers.push(name.to_string()),
        }
    }
    if strangers.is_empty() { Ok(found) } else { Err(Error::NotMembers { names: strangers }) }
}
