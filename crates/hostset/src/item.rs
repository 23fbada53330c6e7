//! A host as somebody wrote it, `ssh://alice@lab7:2222`: the name that set algebra works on,
//! and what was said beside it. Not for deciding how to launch (that is `net`). Made by
//! `eval` and `file`; read by `posse up`.

use std::fmt;

use crate::name::HostName;

/// One host to be brought up, with whatever the user said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostItem {
    pub name: HostName,
    pub user: Option<String>,
    pub port: Option<u16>,
    /// The launcher that a `scheme://` in front names.
    pub launcher: Option<String>,
    pub slots: Option<u32>,
    /// Declared but not to be started yet (PVM's `&`).
    pub deferred: bool,
    /// What a host file says beside, as written: PVM's `dx=`, MPI's `max_slots=`, an `alias`.
    pub options: Vec<(String, String)>,
}

impl HostItem {
    pub fn new(name: HostName) -> HostItem {
        let nothing = Stated::default();
        nothing.on(name)
    }

    /// The first option of that name.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Takes over what a later mention of the same host states.
    pub fn update(&mut self, later: HostItem) {
        self.user = later.user.or(self.user.take());
        self.port = later.port.or(self.port);
        self.launcher = later.launcher.or(self.launcher.take());
        self.slots = later.slots.or(self.slots);
        self.deferred &= later.deferred;
        for (key, value) in later.options {
            if !self.options.iter().any(|(k, v)| *k == key && *v == value) {
                self.options.retain(|(k, _)| *k != key || key == "alias");
                self.options.push((key, value));
            }
        }
    }
}

impl fmt::Display for HostItem {
    /// In the form that a hostset takes; options have none there and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(launcher) = &self.launcher {
            write!(f, "{launcher}://")?;
        } else if self.port.is_some() {
            write!(f, "ssh://")?;
        }
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}", self.name)?;
        match (self.port, self.slots, &self.launcher) {
            (Some(port), _, _) => write!(f, ":{port}"),
            (None, Some(slots), None) => write!(f, ":{slots}"),
            _ => Ok(()),
        }
    }
}

/// What one operand states about all of its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stated {
    pub user: Option<String>,
    pub port: Option<u16>,
    pub launcher: Option<String>,
    pub slots: Option<u32>,
}

impl Stated {
    pub fn is_nothing(&self) -> bool {
        *self == Stated::default()
    }

    pub fn on(&self, name: HostName) -> HostItem {
        let Stated { user, port, launcher, slots } = self.clone();
        HostItem { name, user, port, launcher, slots, deferred: false, options: Vec::new() }
    }
}
