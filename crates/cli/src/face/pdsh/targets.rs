//! Which hosts `-w`, `-x`, `-g`, `-X`, `-a` and WCOLL mean: `host`, `n[1-4]`, `-host`, `^file`,
//! `user@host`, `ssh:host`, `-` for stdin. pdsh's `/regex/` and genders are not taken, and said so.

use crate::error::Error;
use crate::face::groups;
use crate::face::target::{Target, without_doubles};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What was asked for, in the order of the command line.
#[derive(Debug, Default)]
pub struct Wanted {
    hosts: Vec<String>,
    except: HashSet<String>,
}

/// Parts of a list between commas that stand in no brackets.
fn parts(list: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (at, letter) in list.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

impl Wanted {
    /// `-w LIST`.
    pub fn add(&mut self, list: &str) -> Result<(), String> {
        if list == "-" {
            let text = std::io::read_to_string(std::io::stdin()).map_err(|e| e.to_string())?;
            return text.split_whitespace().try_for_each(|word| self.add(word));
        }
        for part in parts(list) {
            match part.strip_prefix('-') {
                Some(part) => self.except(part)?,
                None => self.hosts.extend(expand(part)?),
            }
        }
        Ok(())
    }

    /// `-x LIST`.
    pub fn except(&mut self, list: &str) -> Result<(), String> {
        for part in parts(list) {
            let hosts = expand(part)?;
            let name = |host: String| host.rsplit('@').next().unwrap_or_default().to_owned();
            self.except.extend(hosts.into_iter().map(name));
        }
        Ok(())
    }

    /// `-g` and, with `except`, `-X`.
    pub fn group(&mut self, list: &str, except: bool) -> Result<(), String> {
        for name in parts(list) {
            let lines = groups::find(name, &group_directories()).map_err(|e| e.to_string())?;
            let lines = lines.ok_or_else(|| unknown_group(name))?;
            for line in lines {
                if except { self.except(&line)? } else { self.hosts.extend(expand(&line)?) }
            }
        }
        Ok(())
    }

    /// `-a`: all machines of dsh's list.
    pub fn all(&mut self) -> Result<(), String> {
        let paths: Vec<PathBuf> =
            groups::dsh_directories().iter().map(|path| path.join("machines.list")).collect();
        let found = groups::first_of(&paths, &[]).map_err(|error| error.to_string())?;
        let lines = found.ok_or_else(|| match Path::new(GENDERS).exists() {
            true => genders("-a"),
            false => "-a: there is neither ~/.dsh/machines.list nor /etc/dsh/machines.list".into(),
        })?;
        lines.iter().try_for_each(|line| self.add(line))
    }

    /// The file that WCOLL names, where nothing else names hosts.
    pub fn or_wcoll(&mut self) -> Result<(), String> {
        let file = std::env::var("WCOLL").ok().filter(|file| !file.is_empty());
        match file {
            Some(file) if self.hosts.is_empty() => {
                self.hosts.extend(in_file(&file)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub fn targets(&self, user: Option<&str>) -> Result<Vec<Target>, Error> {
        let targets: Result<Vec<Target>, Error> =
            self.hosts.iter().map(|host| Target::of(host, user)).collect();
        let mut targets = without_doubles(targets?);
        targets.retain(|target| !self.except.contains(target.name()));
        Ok(targets)
    }
}

const GENDERS: &str = "/etc/genders";

pub fn genders(option: &str) -> String {
    format!("{option}: genders are not read by posse; write a file ~/.dsh/group/NAME for -g NAME")
}

fn unknown_group(name: &str) -> String {
    let text = format!("no group {name} in ~/.dsh/group, /etc/dsh/group or posse's groups");
    match Path::new(GENDERS).exists() {
        true => format!("{text}; {}", genders("-g")),
        false => text,
    }
}

/// As pdsh's module dshgroup has them.
fn group_directories() -> Vec<PathBuf> {
    let set = std::env::var_os("DSHGROUP_PATH").filter(|path| !path.is_empty());
    match set {
        Some(paths) => std::env::split_paths(&paths).collect(),
        None => groups::dsh_directories().iter().map(|path| path.join("group")).collect(),
    }
}

/// One part of a list: a file, or an expression with whatever stands before it.
fn expand(part: &str) -> Result<Vec<String>, String> {
    if let Some(file) = part.strip_prefix('^') {
        return in_file(file);
    }
    if part.starts_with('/') {
        let hint = "write the hosts, or `posse e -H 'n*'` for a pattern";
        return Err(format!("{part}: regular expressions are not taken by posse; {hint}"));
    }
    let bare = ["ssh:", "posse:"].iter().find_map(|kind| part.strip_prefix(kind)).unwrap_or(part);
    if let Some((kind, _)) = bare.split_once(':').filter(|(kind, _)| !kind.contains(['[', '@'])) {
        return Err(format!("{part}: posse has no rcmd type {kind}; hosts are reached by ssh"));
    }
    groups::expand(bare).map_err(|error| error.to_string())
}

fn in_file(file: &str) -> Result<Vec<String>, String> {
    let path = Path::new(file);
    let found = groups::first_of(&[path.to_owned()], &group_directories());
    let lines = found.map_err(|error| format!("{file}: {error}"))?;
    let lines = lines.ok_or_else(|| format!("{file}: No such file or directory"))?;
    let mut hosts = Vec::new();
    for line in &lines {
        let line = line.split('#').next().unwrap_or_default();
        for part in line.split_whitespace().flat_map(parts) {
            hosts.extend(groups::expand(part).map_err(|error| format!("{file}: {error}"))?);
        }
    }
    Ok(hosts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(lists: &[&str]) -> Vec<String> {
        let mut wanted = Wanted::default();
        lists.iter().for_each(|list| wanted.add(list).unwrap());
        wanted.targets(None).unwrap().iter().map(|target| target.name().to_owned()).collect()
    }

    #[test]
    fn lists_as_pdsh_reads_them() {
        assert_eq!(names(&["n[1-3],x"]), ["n1", "n2", "n3", "x"]);
        assert_eq!(names(&["n[1-2,4],-n2"]), ["n1", "n4"]);
        assert_eq!(names(&["-n1,n1,n2", "n1"]), ["n2"]);
        assert_eq!(names(&["ssh:me@n[1-2]"]), ["n1", "n2"]);
        assert_eq!(names(&["n[01-02]-eth0"]), ["n01-eth0", "n02-eth0"]);
        let error = |part| expand(part).unwrap_err();
        assert!(error("/n.*/").contains("regular expressions"));
        assert!(error("mrsh:n1").contains("rcmd type mrsh"));
        assert_eq!(error("^/no/such"), "/no/such: No such file or directory");
    }
}
