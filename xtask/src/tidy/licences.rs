//! Licences, sources and double versions of what we link, by the lists in `deny.toml`.
//!
//! cargo-deny does the same and more (`cargo xtask ci` runs it where it is installed), but takes
//! minutes to build; this needs `cargo metadata` alone. Called by `mod.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::{Check, Finding};
use super::tree::Tree;
use crate::repo;

pub const CHECK: Check = Check {
    name: "licences",
    why: "what we link is copied to other people's machines",
    fix: "choose another crate or version, or extend the list in deny.toml with its reason",
    run,
};

const LISTS: &str = "deny.toml";

fn run(tree: &Tree) -> Vec<Finding> {
    let Some(lists) = tree.file(LISTS) else {
        return vec![Finding::new(LISTS, 1, "is missing")];
    };
    match repo::dependencies(&tree.root) {
        Ok(metadata) => judge(&metadata, &lists.lines),
        Err(error) => vec![Finding::new("Cargo.toml", 1, format!("{error:#}"))],
    }
}

fn judge(metadata: &Value, lists: &[String]) -> Vec<Finding> {
    let allowed = strings(lists, "[licenses]", "allow");
    let skipped = strings(lists, "[bans]", "skip");
    let denied = strings(lists, "[bans]", "deny");
    let linked = linked(metadata);
    let mut found = vec![];
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut say = |what: String| found.push(Finding::new("Cargo.lock", 1, what));
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |key: &str| package[key].as_str().unwrap_or("");
        let (name, version) = (text("name"), text("version"));
        if !linked.contains(text("id")) || package["source"].is_null() {
            continue;
        }
        if !text("source").starts_with("registry+") || !text("source").contains("crates.io") {
            say(format!("{name} {version} comes from elsewhere: {}", text("source")));
        }
        if !permits(text("license"), &allowed) {
            say(format!("{name} {version} has licence '{}'", text("license")));
        }
        if denied.iter().any(|d| d == name) {
            say(format!("{name} is on the list of what we do not link"));
        }
        if !skipped.contains(&format!("{name}@{version}")) {
            versions.entry(name).or_default().insert(version);
        }
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let all: Vec<&str> = versions.iter().copied().collect();
        say(format!("{name} is there in {} versions: {}", all.len(), all.join(", ")));
    }
    found
}

/// Ids of the members and of all that they need when built, tests left out.
fn linked(metadata: &Value) -> BTreeSet<&str> {
    let list = |value: &'static str| metadata["resolve"][value].as_array().into_iter().flatten();
    let nodes: BTreeMap<&str, &Value> =
        list("nodes").filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let members = metadata["workspace_members"].as_array().into_iter().flatten();
    let mut open: Vec<&str> = members.filter_map(Value::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let needs = nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
        let is_dev = |kind: &Value| kind["kind"].as_str() == Some("dev");
        let built =
            needs.filter(|d| !d["dep_kinds"].as_array().is_some_and(|k| k.iter().all(is_dev)));
        open.extend(built.filter_map(|need| need["pkg"].as_str()));
    }
    seen
}

/// Does a licence expression leave us a choice that is allowed? `AND` binds before `OR`; the old
/// `/` means `OR`.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.trim();
    let either = split_outside(&expression.replace('/', " OR "), " OR ");
    if either.len() > 1 {
        return either.iter().any(|part| permits(part, allowed));
    }
    let all = split_outside(expression, " AND ");
    if all.len() > 1 {
        return all.iter().all(|part| permits(part, allowed));
    }
    let inner = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.map_or_else(|| allowed.iter().any(|a| a == expression), |inner| permits(inner, allowed))
}

fn split_outside(text: &str, separator: &str) -> Vec<String> {
    let (mut depth, mut start, mut at) = (0usize, 0, 0);
    let mut parts = vec![];
    while let Some(c) = text[at..].chars().next() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && text[at..].starts_with(separator) => {
                parts.push(text[start..at].to_owned());
                start = at + separator.len();
                at = start;
                continue;
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    parts.push(text[start..].to_owned());
    parts
}

/// The quoted strings of the array `key` in a section of a TOML file that we wrote ourselves.
fn strings(lines: &[String], section: &str, key: &str) -> Vec<String> {
    let section = lines.iter().skip_while(|line| *line != section).skip(1);
    let section = section.take_while(|line| !line.starts_with('['));
    let array = section.skip_while(|line| !line.starts_with(&format!("{key} = [")));
    let mut found = vec![];
    for line in array {
        let line = line.split('#').next().unwrap_or("");
        found.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        if line.trim_end().ends_with(']') {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DENY: &str = "[licenses]\nallow = [\n  # why\n  \"MIT\",\n  \"ISC\",\n]\n\
                        [bans]\nskip = [\"twice@1.0.0\"]\ndeny = [\"bad\"]\n";

    fn lists() -> Vec<String> {
        DENY.lines().map(str::to_owned).collect()
    }

    #[test]
    fn expressions_are_read() {
        let allowed = strings(&lists(), "[licenses]", "allow");
        for good in ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(GPL-3.0 OR ISC) AND MIT"] {
            assert!(permits(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH x"] {
            assert!(!permits(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn what_is_linked_is_judged_and_what_tests_use_is_not() {
        let from = "registry+https://example.org/crates.io-index";
        let package = |name: &str, version: &str, licence: &str| {
            json!({"id": format!("{name} {version}"), "name": name, "version": version,
                   "license": licence, "source": from})
        };
        let need = |id: &str, kind: Value| json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "workspace_members": ["ours"],
            "packages": [package("bad", "1.0.0", "MIT"), package("twice", "1.0.0", "MIT"),
                package("twice", "2.0.0", "MIT"), package("gpl", "1.0.0", "GPL-3.0"),
                package("test", "1.0.0", "GPL-3.0")],
            "resolve": {"nodes": [{"id": "ours", "deps": [
                need("bad 1.0.0", Value::Null), need("twice 1.0.0", Value::Null),
                need("twice 2.0.0", Value::Null), need("gpl 1.0.0", json!("build")),
                need("test 1.0.0", json!("dev"))]}]},
        });
        let found = judge(&metadata, &lists());
        let what: Vec<&str> = found.iter().map(|f| f.what.as_str()).collect();
        assert_eq!(
            what,
            ["bad is on the list of what we do not link", "gpl 1.0.0 has licence 'GPL-3.0'"]
        );
        let strict: Vec<String> = DENY.replace("twice", "x").lines().map(str::to_owned).collect();
        assert!(judge(&metadata, &strict).iter().any(|f| f.what.contains("2 versions")));
    }
}
