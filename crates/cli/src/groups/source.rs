//! One source of groups, `groups.d/NAME`: a file of groups, or a program that is called with `map
//! GROUP`, `all` or `list`, as the upcalls of ClusterShell's `groups.conf` are. Called by `mod.rs`.

use super::program::output;
use crate::config::{self, Groups};
use crate::error::Error;
use crate::limits::SOURCE_GROUPS_MAX;
use posse_hostset::known::printed;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The expression that a group stands for; `*` is all hosts of the source.
pub(super) fn lookup(source: &str, name: &str) -> Result<Option<String>, Error> {
    let folder = config::directory().filter(|_| is_plain(source));
    let path = folder.map(|folder| folder.join("groups.d").join(source));
    let about = path.as_ref().map(std::fs::metadata);
    let (Some(path), Some(Ok(about))) = (path, about) else {
        return Err(Error::config(format!("no source of groups is called {source}"))
            .hint(format!("it would be a file or program ~/.config/posse/groups.d/{source}")));
    };
    if about.is_file() && about.permissions().mode() & 0o111 != 0 {
        return if name == "*" { everybody(&path) } else { call(&path, &["map", name]) };
    }
    let groups = Groups::read(&path)?;
    if name != "*" {
        return Ok(groups.get(name).map(str::to_owned));
    }
    let parts: Vec<String> = groups.all().map(|hosts| format!("({hosts})")).collect();
    Ok(Some(parts.join(",")).filter(|text| !text.is_empty()))
}

/// `all`; a program that does not know that word says its groups, and each is asked for.
fn everybody(path: &Path) -> Result<Option<String>, Error> {
    if let Some(hosts) = call(path, &["all"])? {
        return Ok(Some(hosts));
    }
    let names = output(path, &["list"])?.unwrap_or_default();
    let mut parts = Vec::new();
    for name in names.split_whitespace().take(SOURCE_GROUPS_MAX) {
        parts.extend(call(path, &["map", name])?);
    }
    Ok(Some(parts.join(",")).filter(|text| !text.is_empty()))
}

fn call(path: &Path, words: &[&str]) -> Result<Option<String>, Error> {
    Ok(output(path, words)?.as_deref().and_then(printed))
}

/// One name within the folder, and no hidden one.
fn is_plain(source: &str) -> bool {
    !source.contains('/') && !source.starts_with(['.', '-'])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn program(name: &str, text: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("posse-{name}.{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    #[test]
    fn words_reach_the_program_as_they_are() {
        let path = program("map", "#!/bin/sh\n[ $# = 2 ] && echo \"lab[1-2] $2\" | tr ';' x\n");
        assert_eq!(call(&path, &["map", "a;b"]).unwrap().as_deref(), Some("lab[1-2],axb"));
        assert_eq!(call(&path, &["all"]).unwrap(), None, "it exits with 1");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn all_is_put_together_from_the_list() {
        let text = "#!/bin/sh\ncase $1 in list) echo a b;; map) echo $2[1-2];; *) exit 1;; esac\n";
        let path = program("list", text);
        assert_eq!(everybody(&path).unwrap().as_deref(), Some("(a[1-2]),(b[1-2])"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn sources_are_plain_names() {
        assert!(is_plain("slurm") && is_plain("a.b"));
        assert!(!is_plain("../x") && !is_plain(".x") && !is_plain("-x"));
    }
}
