//! What the figures were taken on and of: machine, kernel, commit, day.
//!
//! Called by whatever prints or writes a table.

use std::path::Path;
use std::process::Command;

use super::contest::Contest;
use crate::repo;

pub fn describe(contest: &Contest) -> String {
    let (rounds, meter) = (contest.rounds, contest.meter.says());
    format!("{}; medians of {rounds} rounds by turns; CPU: {meter}.", place())
}

/// Machine, commit and day alone.
pub fn place() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores ({}), {} memory, Linux {}; commit {}, {}",
        processor(),
        memory(),
        file("/proc/sys/kernel/osrelease").trim(),
        commit(),
        said(Command::new("date").args(["-u", "+%Y-%m-%d"])),
    )
}

fn processor() -> String {
    let text = file("/proc/cpuinfo");
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    model.map_or("unnamed", |rest| rest.trim_start_matches([' ', '\t', ':'])).to_owned()
}

fn memory() -> String {
    let text = file("/proc/meminfo");
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or("unknown".to_owned(), |kib| format!("{:.0} GiB", kib / 1_048_576.0))
}

/// With a mark when the checkout differs from it.
fn commit() -> String {
    let git = |args: &[&str]| said(Command::new("git").args(args).current_dir(repo::root()));
    let id = git(&["rev-parse", "--short", "HEAD"]);
    let is_clean = git(&["status", "--porcelain", "--untracked-files=no"]).is_empty();
    if is_clean { id } else { format!("{id} with changes") }
}

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(path)).unwrap_or_default()
}

fn said(command: &mut Command) -> String {
    repo::output(command).unwrap_or_default().trim().to_owned()
}
