//! The user's configuration: host groups, in `$XDG_CONFIG_HOME/posse/groups` (or
//! `~/.config/posse/groups`), lines of `name: hostset`. Read only when a hostset needs it; where
//! else groups come from is in `groups`.

use crate::error::Error;
use crate::limits::GROUPS_BYTES_MAX;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Group names and the hostsets they stand for.
#[derive(Debug, Default, Clone)]
pub struct Groups {
    by_name: BTreeMap<String, String>,
}

/// Where the user's configuration stands.
pub fn directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".config")))
        .map(|parent| parent.join("posse"))
}

impl Groups {
    /// An absent file has no groups; a broken line is an error that names it.
    pub fn load() -> Result<Groups, Error> {
        let path = directory().map(|directory| directory.join("groups"));
        path.map_or_else(|| Ok(Groups::default()), |path| Groups::read(&path))
    }

    /// The groups of one file.
    pub fn read(path: &Path) -> Result<Groups, Error> {
        let shown = path.display();
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Groups::default()),
            Ok(about) if about.len() > GROUPS_BYTES_MAX => {
                return Err(Error::config(format!("{shown} is over 1 MiB; is it a groups file?")));
            }
            _ => {}
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::config(format!("cannot read {shown}: {error}")))?;
        Groups::parse(&text).map_err(|(line, why)| {
            Error::config(format!("{shown}:{line}: {why}"))
                .hint("a line is `name: hostset`, such as `gpu: lab[1-4]`")
        })
    }

    fn parse(text: &str) -> Result<Groups, (usize, String)> {
        let mut groups = Groups::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let (name, hosts) =
                line.split_once(':').ok_or_else(|| (at + 1, format!("no `:` in {line:?}")))?;
            let (name, hosts) = (name.trim().trim_start_matches('@'), hosts.trim());
            posse_hostset::Expr::parse(hosts).map_err(|error| (at + 1, error.to_string()))?;
            groups.by_name.insert(name.to_owned(), hosts.to_owned());
        }
        Ok(groups)
    }

    /// Without `@`, in order.
    pub fn names(&self) -> Vec<String> {
        self.by_name.keys().cloned().collect()
    }

    /// The hostsets of all groups.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.by_name.values().map(String::as_str)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_lines() {
        let groups = Groups::parse("# mine\ngpu: lab[1-4]  # big\n@all2:a,b\n").map_err(|e| e.1);
        let groups = groups.unwrap_or_default();
        assert_eq!(groups.get("gpu"), Some("lab[1-4]"));
        assert_eq!(groups.get("all2"), Some("a,b"));
        assert_eq!(Groups::parse("x\n").err().map(|e| e.0), Some(1));
    }
}
