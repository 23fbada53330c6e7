//! The user's configuration, in `$XDG_CONFIG_HOME/posse` (or `~/.config/posse`): host groups in
//! the file `groups`, lines of `name: hostset`, read only when a hostset needs them (where else
//! groups come from is in `groups`); and what hosts load in the file `env` (`environments`).

pub mod environments;

use crate::error::Error;
use crate::limits::CONFIG_BYTES_MAX;
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

/// The text of a file of the configuration, `None` where there is none.
fn read(path: &Path) -> Result<Option<String>, Error> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(about) if about.len() > CONFIG_BYTES_MAX => {
            let text = format!("{shown} is over 1 MiB; is it a file of posse's?");
            return Err(Error::config(text));
        }
        _ => {}
    }
    std::fs::read_to_string(path)
        .map(Some)
        .map_err(|error| Error::config(format!("cannot read {shown}: {error}")))
}

impl Groups {
    /// An absent file has no groups; a broken line is an error that names it.
    pub fn load() -> Result<Groups, Error> {
        directory().map_or_else(|| Ok(Groups::default()), |own| Groups::read(&own.join("groups")))
    }

    /// The groups of one file.
    pub fn read(path: &Path) -> Result<Groups, Error> {
        let Some(text) = read(path)? else { return Ok(Groups::default()) };
        Groups::parse(&text).map_err(|(line, why)| {
            Error::config(format!("{}:{line}: {why}", path.display()))
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
