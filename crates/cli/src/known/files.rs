//! Reads the files that hold names of hosts: ssh's configuration with what it includes,
//! `/etc/hosts`, `known_hosts`. One that is absent or unreadable has no names. Called by `known`.

use crate::limits::{INCLUDE_DEPTH_MAX, INCLUDED_FILES_MAX, NAMES_BYTES_MAX};
use posse_hostset::{HostItem, HostName, known, matches};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Each place as a person knows it, and its names.
pub(super) fn all() -> Vec<(String, Vec<HostItem>)> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let ssh = home.as_ref().map(|home| home.join(".ssh"));
    let mut places = Vec::new();
    if let (Some(home), Some(ssh)) = (&home, &ssh) {
        let mut reader = Config { home, ssh, files: 0, hosts: Vec::new() };
        reader.file(&ssh.join("config"), 0);
        places.push(("~/.ssh/config".to_owned(), items(reader.hosts)));
    }
    let hosts = read(Path::new("/etc/hosts"));
    places.push(("/etc/hosts".to_owned(), items(known::etc_hosts(&hosts))));
    let own = ssh.map(|ssh| ("~/.ssh/known_hosts", ssh.join("known_hosts")));
    let system = ("/etc/ssh/ssh_known_hosts", PathBuf::from("/etc/ssh/ssh_known_hosts"));
    for (shown, path) in own.into_iter().chain([system]) {
        places.push((shown.to_owned(), known::known_hosts(&read(&path))));
    }
    places
}

fn items(names: Vec<HostName>) -> Vec<HostItem> {
    names.into_iter().map(HostItem::new).collect()
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    // A directory, a pipe or a foreign file is no file of names.
    if std::fs::metadata(path).is_ok_and(|about| about.is_file())
        && let Ok(file) = std::fs::File::open(path)
    {
        let _what_came_counts = file.take(NAMES_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Config<'a> {
    home: &'a Path,
    ssh: &'a Path,
    files: usize,
    hosts: Vec<HostName>,
}

impl Config<'_> {
    fn file(&mut self, path: &Path, depth: usize) {
        if depth > INCLUDE_DEPTH_MAX || self.files == INCLUDED_FILES_MAX {
            return;
        }
        self.files += 1;
        let said = known::ssh_config(&read(path));
        self.hosts.extend(said.hosts);
        for include in said.includes {
            let path = match include.strip_prefix("~/") {
                Some(rest) => self.home.join(rest),
                None => self.ssh.join(&include),
            };
            expand(&path).iter().for_each(|path| self.file(path, depth + 1));
        }
    }
}

/// The paths that a pattern matches, in order, as ssh has them from glob(3): no hidden ones.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let Component::Normal(name) = part else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let mask = name.to_string_lossy();
        if !mask.contains(['*', '?']) {
            found.iter_mut().for_each(|path| path.push(name));
            continue;
        }
        let within = found.iter().flat_map(std::fs::read_dir).flatten().flatten();
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (!name.starts_with('.') || mask.starts_with('.')) && matches(&mask, &name)
        };
        let mut next: Vec<PathBuf> = within.map(|entry| entry.path()).filter(fits).collect();
        next.sort();
        next.truncate(INCLUDED_FILES_MAX);
        found = next;
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_followed_and_circles_end() {
        let home = std::env::temp_dir().join(format!("posse-known.{}", std::process::id()));
        let ssh = home.join(".ssh");
        std::fs::create_dir_all(ssh.join("conf.d")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(ssh.join(name), text).unwrap();
        write("config", "Host a *\nInclude conf.d/* ~/.ssh/more absent\n");
        write("conf.d/1", "Host b\n");
        write("conf.d/.2", "Host hidden\n");
        write("more", "Host c\nInclude more\n");
        let mut reader = Config { home: &home, ssh: &ssh, files: 0, hosts: Vec::new() };
        reader.file(&ssh.join("config"), 0);
        let mut names: Vec<&str> = reader.hosts.iter().map(|name| name.as_str()).collect();
        names.dedup();
        std::fs::remove_dir_all(&home).unwrap();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(reader.files < 2 * INCLUDE_DEPTH_MAX);
    }
}
