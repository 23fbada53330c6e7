//! Every path that a file names: its `use` trees written out, and paths in the midst of code.
//!
//! A check that forbids `std::fs` must see it in `use std::{fs, io};` too. Called by the checks.

use super::source::{Source, has_word};

/// `(line, path)` for each leaf of each `use` in code that is no test.
pub fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut found = vec![];
    let mut open: Option<(usize, String)> = None;
    for (number, line) in source.product_code() {
        let text = line.trim();
        if open.is_none() && !is_use(text) {
            continue;
        }
        let (start, mut statement) = open.take().unwrap_or((number, String::new()));
        statement.push_str(text);
        match statement.split_once(';') {
            Some((done, _)) => {
                let tree = done.split_once("use ").map_or("", |(_, tree)| tree);
                expand("", tree, &mut |path| found.push((start, path)));
            }
            None => open = Some((start, statement)),
        }
    }
    found
}

/// Lines where one of the paths is imported or named, with the path.
pub fn mentions<'p>(source: &Source, paths: &[&'p str]) -> Vec<(usize, &'p str)> {
    let mut found = vec![];
    for (line, path) in imports(source) {
        found.extend(paths.iter().filter(|p| covers(p, &path)).map(|p| (line, *p)));
    }
    for (line, code) in source.product_code().filter(|(_, code)| !is_use(code.trim())) {
        found.extend(paths.iter().filter(|p| has_word(code, p)).map(|p| (line, *p)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn is_use(line: &str) -> bool {
    let visible = line.starts_with("pub use ") || line.starts_with("pub(");
    line.starts_with("use ") || (visible && has_word(line, "use"))
}

fn covers(banned: &str, path: &str) -> bool {
    path == banned || path.strip_prefix(banned).is_some_and(|rest| rest.starts_with("::"))
}

fn expand(prefix: &str, tree: &str, found: &mut impl FnMut(String)) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let leaf = tree.split(" as ").next().unwrap_or(tree).trim();
        let path = format!("{prefix}{leaf}");
        found(path.trim_end_matches("::self").to_owned());
        return;
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let prefix = format!("{prefix}{}", head.trim());
    let (mut depth, mut start) = (0usize, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                expand(&prefix, &inner[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        expand(&prefix, &inner[start..], found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_written_out() {
        let text = "use std::{\n    fs::{self, File},\n    io as other,\n};\npub use a::b;\n";
        let paths: Vec<String> =
            imports(&Source::new("crates/a/src/b.rs", text)).into_iter().map(|i| i.1).collect();
        assert_eq!(paths, ["std::fs", "std::fs::File", "std::io", "a::b"]);
    }

    #[test]
    fn mentions_are_found_in_both_forms() {
        let text = "use std::{fs, io};\nfn a() { std::fs::read(x) }\nuse std::fs2;\n";
        let source = Source::new("crates/a/src/b.rs", text);
        assert_eq!(mentions(&source, &["std::fs"]), [(1, "std::fs"), (2, "std::fs")]);
    }
}
