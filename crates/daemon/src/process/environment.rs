//! The environment of one process: the host's, what `posse env --load` changed, what the command
//! adds, and the variables that tell a process its place. Called by `start.rs`; [`Changes`] are
//! made by `load.rs`.

use super::context::HostContext;
use super::error::StartError;
use super::start::Place;
use super::token;
use posse_wire::msg::Spec;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

pub type Environment = BTreeMap<OsString, OsString>;

/// A difference between two environments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub set: Vec<(OsString, OsString)>,
    pub unset: Vec<OsString>,
}

impl Changes {
    /// What has to be done to `before` to get `after`, but for what a shell keeps for itself.
    pub fn between(before: &Environment, after: &Environment) -> Changes {
        let own = |name: &OsStr| ["_", "SHLVL", "PWD", "OLDPWD"].iter().any(|own| name == *own);
        let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        Changes {
            set: changed
                .filter(|(name, _)| !own(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            unset: gone.filter(|name| !own(name)).cloned().collect(),
        }
    }
}

/// Of the process at `place`, which starts in `directory`.
pub fn build(
    context: &HostContext,
    spec: &Spec,
    place: &Place,
    directory: &Path,
) -> Result<Environment, StartError> {
    let mut all: Environment = context.environment.iter().cloned().collect();
    let texts = context.loads_of(spec);
    if !texts.is_empty() {
        let changes = context.loaded(&texts).ok_or_else(|| StartError::not_loaded(&texts))?;
        changes.unset.iter().for_each(|name| drop(all.remove(name)));
        all.extend(changes.set.iter().cloned());
    }
    for (name, value) in &spec.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(StartError::bad_variable(name));
        }
        all.insert(name.into(), value.into());
    }
    all.insert("PWD".into(), directory.into());
    let (rank, size) = (place.rank.0.to_string(), place.size.to_string());
    let own = [
        ("POSSE_VM", spec.vm.clone()),
        ("POSSE_HOST", context.name.clone()),
        (token::RANK_NAME, rank.clone()),
        ("POSSE_SIZE", size.clone()),
        ("POSSE_INDEX", place.index.to_string()),
        ("POSSE_COMMAND", place.command.0.to_string()),
        (token::TOKEN_NAME, token::of(&spec.vm, place.command)),
        ("GXP_EXEC_IDX", rank),
        ("GXP_NUM_EXECS", size),
        ("GXP_HOSTNAME", context.name.clone()),
    ];
    all.extend(own.map(|(name, value)| (name.into(), value.into())));
    if let Some(process) = place.process {
        all.insert("POSSE_PROCESS".into(), process.0.to_string().into());
    }
    if let Some(parent) = spec.parent {
        all.insert("POSSE_PARENT".into(), parent.0.to_string().into());
    }
    if let Some(socket) = &context.socket {
        all.insert("POSSE_SOCKET".into(), socket.into());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_what_must_be_done() {
        let environment = |list: &[(&str, &str)]| -> Environment {
            list.iter().map(|(name, value)| (name.into(), value.into())).collect()
        };
        let before = environment(&[("A", "1"), ("B", "2"), ("C", "3"), ("PWD", "/")]);
        let after = environment(&[("A", "1"), ("B", "x"), ("D", "4"), ("PWD", "/x")]);
        let changes = Changes::between(&before, &after);
        assert_eq!(changes.set, [("B".into(), "x".into()), ("D".into(), "4".into())]);
        assert_eq!(changes.unset, ["C"]);
    }
}
