//! Runs the checks, takes away what `tidy-allow.txt` excuses, and prints the rest.
//!
//! Called by `mod.rs` for the command `tidy`.

use anyhow::{Result, bail};

use super::allow::Allowed;
use super::checks::CHECKS;
use super::finding::{Check, Finding};
use super::tree::Tree;
use crate::repo;

pub fn main(args: &[String]) -> Result<bool> {
    match args {
        [] => {}
        [list] if list == "--list" => {
            for check in CHECKS {
                println!("{:16} {}; {}", check.name, check.why, check.fix);
            }
            return Ok(true);
        }
        _ => bail!("tidy takes no argument but --list, not {args:?}"),
    }
    let tree = Tree::read(&repo::root())?;
    let found = run(&tree);
    for (check, finding) in &found {
        let Finding { path, line, what } = finding;
        println!("{path}:{line}: {what} ({}; {}) [{}]", check.why, check.fix, check.name);
    }
    let (files, checks) = (tree.files.len(), CHECKS.len());
    println!("tidy: {files} files, {checks} checks, {} findings", found.len());
    Ok(found.is_empty())
}

fn run(tree: &Tree) -> Vec<(&'static Check, Finding)> {
    // One of them asks cargo about the dependencies: the others do not wait for it.
    let mut found = std::thread::scope(|scope| {
        let runs = CHECKS.map(|check| scope.spawn(move || (check, (check.run)(tree))));
        let mut found = vec![];
        for run in runs {
            match run.join() {
                Ok((check, findings)) => found.extend(findings.into_iter().map(|f| (check, f))),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    });
    let mut allowed = Allowed::read(tree);
    found.retain(|(check, finding)| !allowed.excuses(check.name, &finding.path));
    found.extend(allowed.unused().into_iter().map(|f| (&super::allow::CHECK, f)));
    found.sort_by(|a, b| (&a.1.path, a.1.line).cmp(&(&b.1.path, b.1.line)));
    found
}
