//! What hostsets of `up` select from: names that the user's own files know (globs), and the hosts
//! of the vm (`all`, predicates). The files are read only for an expression that needs them.
//! Called by `commands/up.rs` and `explore`.

mod files;

use crate::error::Error;
use crate::groups::Lookup;
use posse::{HostEntry, HostId, Vm};
use posse_hostset::{Expr, HostItem, HostName, HostSet, Universe, Value, matches};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Evaluates the words of one command line.
pub struct Known<'v> {
    hosts: Vec<HostEntry>,
    members: HostSet,
    groups: Lookup,
    named: OnceCell<Named>,
    vm: Option<&'v Vm>,
}

/// Names that globs select from.
struct Named {
    names: HostSet,
    /// What a file says beside a name.
    stated: BTreeMap<HostName, HostItem>,
    /// Each place, and how many names it has.
    places: Vec<(String, usize)>,
}

impl<'v> Known<'v> {
    /// `vm` is `None` where none is up yet.
    pub fn new(vm: Option<&'v Vm>) -> Known<'v> {
        let hosts: Vec<HostEntry> = vm.map(|vm| vm.hosts().to_vec()).unwrap_or_default();
        let others = hosts.iter().filter(|host| host.number != HostId::OWNER);
        let members = others.filter_map(|host| HostName::new(&host.name).ok()).collect();
        Known { hosts, members, groups: Lookup::default(), named: OnceCell::new(), vm }
    }

    /// The hosts of an expression with what is said beside them.
    pub fn items(&self, text: &str) -> Result<Vec<HostItem>, Error> {
        let expr = Expr::parse(text)
            .map_err(|error| Error::usage(format!("{error}\n{}", error.pointer())))?;
        if let Some(mask) = expr.masks().into_iter().find(|mask| !self.matches_any(mask)) {
            return Err(self.no_match(&mask));
        }
        let items = expr.eval_items(self);
        let mut items = items.map_err(|error| Error::usage(format!("{text}: {error}")))?;
        if items.is_empty() {
            return Err(Error::usage(format!("`{text}` selects no host"))
                .hint("what an operator leaves may be empty; `posse hosts` lists the vm's"));
        }
        if let Some(named) = self.named.get() {
            items.iter_mut().for_each(|item| named.state(item));
        }
        Ok(items)
    }

    fn matches_any(&self, mask: &str) -> bool {
        self.named().iter().any(|name| matches(mask, name))
    }

    fn no_match(&self, mask: &str) -> Error {
        let places = self.names().places.iter().map(|(place, count)| format!("{place} ({count})"));
        let places: Vec<String> = places.collect();
        let hint = format!(
            "looked among the names in {}; `posse up NAME` takes any name",
            places.join(", ")
        );
        Error::usage(format!("no known host is called like `{mask}`")).hint(hint)
    }

    fn names(&self) -> &Named {
        self.named.get_or_init(|| self.read())
    }

    fn read(&self) -> Named {
        let (mut found, mut places) = (Vec::new(), Vec::new());
        for (place, items) in files::all() {
            places.push((place, items.len()));
            found.extend(items);
        }
        let groups = self.of_groups();
        places.push(("the groups file".to_owned(), groups.len()));
        if let Some(vm) = self.vm {
            places.push((format!("the vm `{}`", vm.name()), self.members.len()));
        }
        let mut stated = BTreeMap::new();
        let mut names: Vec<HostName> = groups.into_iter().chain(self.members.clone()).collect();
        for item in found {
            names.push(item.name.clone());
            // The first place counts: ssh knows the port of a name in its configuration itself.
            stated.entry(item.name.clone()).or_insert(item);
        }
        Named { names: names.into_iter().collect(), stated, places }
    }

    /// Members of the groups that say so by name.
    fn of_groups(&self) -> HostSet {
        let plain = NamesAndGroups { none: HostSet::new(), groups: &self.groups };
        let sets = self.groups.own().all().filter_map(|text| Expr::parse(text).ok());
        let mut all = HostSet::new();
        for set in sets.filter_map(|expr| expr.eval(&plain).ok()) {
            all.extend(set);
        }
        all
    }
}

impl Named {
    /// A port that only a file knows; what was typed goes before it.
    fn state(&self, item: &mut HostItem) {
        let known = self.stated.get(&item.name);
        item.port = item.port.or(known.and_then(|known| known.port));
    }
}

impl Universe for Known<'_> {
    fn known(&self) -> &HostSet {
        &self.members
    }

    fn named(&self) -> &HostSet {
        &self.names().names
    }

    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        posse::Groups::group(&self.groups, source, name)
    }

    fn attribute(&self, host: &str, key: &str) -> Option<Value> {
        let entry = self.hosts.iter().find(|entry| entry.name == host)?;
        posse::attribute(entry, key)
    }
}

/// Groups of the groups file, and no program run for them.
struct NamesAndGroups<'g> {
    none: HostSet,
    groups: &'g Lookup,
}

impl Universe for NamesAndGroups<'_> {
    fn known(&self) -> &HostSet {
        &self.none
    }

    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        source.is_none().then(|| self.groups.own().get(name).map(str::to_owned)).flatten()
    }

    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }
}
