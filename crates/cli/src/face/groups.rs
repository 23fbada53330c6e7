//! Where faces find hosts by a group's name: dsh's group files, then the groups of posse's own
//! configuration. Genders and netgroups are not read, and errors say so. Called by the faces.

use super::limits::{DEPTH_MAX, FILE_BYTES_MAX};
use crate::config;
use crate::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// `~/.dsh`, then `/etc/dsh`.
pub fn dsh_directories() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    home.map(|home| home.join(".dsh")).into_iter().chain([PathBuf::from("/etc/dsh")]).collect()
}

/// The lines of a file that are not empty and no comments. `None` where there is no such file.
pub fn lines(path: &Path) -> io::Result<Option<Vec<String>>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(about) if about.len() > FILE_BYTES_MAX => {
            return Err(io::Error::other("over 4 MiB; is it a file of hosts?"));
        }
        _ => {}
    }
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Some(lines.filter(|line| is_host(line)).map(str::to_owned).collect()))
}

fn is_host(line: &str) -> bool {
    !line.starts_with('#') || line.starts_with("#include")
}

/// The first of these files that is there, with `#include` followed.
pub fn first_of(paths: &[PathBuf], group_paths: &[PathBuf]) -> io::Result<Option<Vec<String>>> {
    read(paths, group_paths, 0)
}

fn read(paths: &[PathBuf], group_paths: &[PathBuf], depth: u32) -> io::Result<Option<Vec<String>>> {
    for path in paths {
        let Some(found) = lines(path)? else { continue };
        let mut hosts = Vec::new();
        for line in found {
            let Some(name) = line.strip_prefix("#include") else {
                hosts.push(line);
                continue;
            };
            let name = name.trim();
            if depth >= DEPTH_MAX {
                return Err(io::Error::other(format!("#include {name}: too deep, or a circle")));
            }
            let paths: Vec<PathBuf> = match name.contains('/') {
                true => vec![PathBuf::from(name)],
                false => group_paths.iter().map(|directory| directory.join(name)).collect(),
            };
            let missing = || io::Error::other(format!("#include {name}: there is no such file"));
            hosts.extend(read(&paths, group_paths, depth + 1)?.ok_or_else(missing)?);
        }
        return Ok(Some(hosts));
    }
    Ok(None)
}

/// The lines of the group's file in one of the directories, else the group's hostset in posse's
/// own configuration.
pub fn find(name: &str, directories: &[PathBuf]) -> Result<Option<Vec<String>>, Error> {
    let plain = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    let paths: Vec<PathBuf> = directories.iter().map(|directory| directory.join(name)).collect();
    if plain {
        let found = first_of(&paths, directories)
            .map_err(|error| Error::config(format!("group {name}: {error}")))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    let groups = config::Groups::load()?;
    Ok(groups.get(name).map(|hosts| vec![hosts.to_owned()]))
}

/// The hosts of an expression such as `lab[1-4],gpu`.
pub fn expand(text: &str) -> Result<Vec<String>, Error> {
    let wrong = |why: String| Error::usage(format!("{text}: {why}"));
    let expression = posse_hostset::Expr::parse(text).map_err(|error| wrong(error.to_string()))?;
    let items = expression.items().map_err(|error| wrong(error.to_string()))?;
    Ok(items.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_include_files_and_circles_end() {
        let root = std::env::temp_dir().join(format!("posse-groups.{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("a"), "# all\nn1\n\n  n2\n#include b\n").unwrap();
        std::fs::write(root.join("b"), "me@n3\n").unwrap();
        std::fs::write(root.join("c"), "#include c\n").unwrap();
        let directories = [root.clone()];
        let a = find("a", &directories).unwrap().unwrap();
        assert_eq!(a, ["n1", "n2", "me@n3"]);
        assert!(find("c", &directories).unwrap_err().to_string().contains("circle"));
        assert!(first_of(&[root.join("nobody")], &directories).unwrap().is_none());
        std::fs::remove_dir_all(root).unwrap();
        assert_eq!(expand("n[1-2],x").unwrap(), ["n1", "n2", "x"]);
        assert_eq!(expand("me@n1").unwrap(), ["me@n1"]);
    }
}
