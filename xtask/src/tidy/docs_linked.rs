//! Every page in `docs/` can be reached by links from a page that people open, and every link
//! from a page to a file of ours leads somewhere.
//!
//! Called by `mod.rs`.

use std::collections::BTreeSet;

use super::finding::{Check, Finding};
use super::source::Source;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "docs-linked",
    why: "a page that nothing links to is read by nobody",
    fix: "link it from docs/README.md or from the page it belongs to, or mend the link",
    run,
};

/// Where people start.
const STARTS: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/README.md",
];

fn run(tree: &Tree) -> Vec<Finding> {
    let pages: Vec<&Source> = tree.files.iter().filter(|s| s.path.ends_with(".md")).collect();
    let mut reached: BTreeSet<String> = STARTS.iter().map(|path| (*path).to_owned()).collect();
    loop {
        let open = pages.iter().filter(|page| reached.contains(&page.path));
        let linked: Vec<String> = open.flat_map(|page| links(page)).map(|link| link.1).collect();
        let before = reached.len();
        reached.extend(linked);
        if reached.len() == before {
            break;
        }
    }
    let mut found = vec![];
    for page in pages {
        if page.path.starts_with("docs/") && !reached.contains(&page.path) {
            found.push(Finding::new(&page.path, 1, "is linked from nowhere"));
        }
        for (line, target) in links(page) {
            let folder = format!("{}/", target.trim_end_matches('/'));
            let exists = tree.paths.iter().any(|p| *p == target || p.starts_with(&folder));
            if !exists && !target.is_empty() {
                found.push(Finding::new(&page.path, line, format!("links to no file: {target}")));
            }
        }
    }
    found
}

/// `(line, path from the root)` for each link of a page to a file of ours.
fn links(page: &Source) -> Vec<(usize, String)> {
    let mut found = vec![];
    let mut fenced = false;
    for (n, line) in page.lines.iter().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let prose: String = line.split('`').step_by(2).collect();
        for part in prose.split("](").skip(1).filter(|_| !fenced) {
            let target = part.split([')', '#', ' ']).next().unwrap_or("");
            if !target.is_empty() && !target.contains(':') {
                found.push((n + 1, resolve(&page.path, target)));
            }
        }
    }
    found
}

fn resolve(page: &str, target: &str) -> String {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn pages_are_reached_over_pages() {
        let files = [
            ("docs/README.md", "[a](guide/a.md#part) and `[x](none.md)`\n"),
            ("docs/guide/a.md", "[b](../b.md) [out](https://example.org/)\n"),
            ("docs/b.md", "[lost](lost/)\n"),
            ("docs/c.md", "[b](b.md)\n"),
        ];
        assert_eq!(places(&CHECK, &files), ["docs/b.md:1", "docs/c.md:1"]);
    }
}
