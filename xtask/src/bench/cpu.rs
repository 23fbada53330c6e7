//! CPU time of all that a measurement starts: client, daemons, servers, commands, whoever their
//! parent is by then.
//!
//! By a control group of our own where one can be made, which is exact; else by the whole
//! machine's busy time, which counts strangers too and says so. Called by `contest.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub enum Meter {
    /// Version 1: nanoseconds in `cpuacct.usage`.
    Accounted(PathBuf),
    /// Version 2: microseconds in `cpu.stat`.
    Unified(PathBuf),
    Machine,
}

const ACCOUNTS: &str = "/sys/fs/cgroup/cpuacct";
const UNIFIED: &str = "/sys/fs/cgroup";

impl Meter {
    /// From here on everything that this process starts is counted.
    pub fn start() -> Meter {
        let name = format!("posse-bench-{}", std::process::id());
        let accounts = Path::new(ACCOUNTS).join(&name);
        if enter(&accounts, "cpuacct.usage") {
            return Meter::Accounted(accounts);
        }
        let unified = Path::new(UNIFIED).join(&name);
        if enter(&unified, "cpu.stat") {
            return Meter::Unified(unified);
        }
        Meter::Machine
    }

    pub fn says(&self) -> &'static str {
        match self {
            Meter::Machine => "the whole machine's busy time, strangers included",
            _ => "all processes of the measurement, by a control group",
        }
    }

    /// Seconds so far.
    pub fn seconds(&self) -> Result<f64> {
        match self {
            Meter::Accounted(group) => Ok(number(&read(&group.join("cpuacct.usage"))?)? / 1e9),
            Meter::Unified(group) => {
                let text = read(&group.join("cpu.stat"))?;
                let usage = text.lines().find_map(|line| line.strip_prefix("usage_usec "));
                Ok(number(usage.context("cpu.stat has no usage_usec")?)? / 1e6)
            }
            Meter::Machine => {
                let text = read(Path::new("/proc/stat"))?;
                let first = text.lines().next().unwrap_or_default();
                let ticks: Vec<f64> =
                    first.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
                // user, nice, system, idle, iowait, irq, softirq: all but the two that wait.
                let busy = [0, 1, 2, 5, 6].iter().filter_map(|n| ticks.get(*n)).sum::<f64>();
                Ok(busy / TICKS_PER_SECOND)
            }
        }
    }
}

/// The kernel's unit for `/proc/stat`, the same on every Linux that we know.
const TICKS_PER_SECOND: f64 = 100.0;

impl Drop for Meter {
    fn drop(&mut self) {
        let (Meter::Accounted(group) | Meter::Unified(group)) = self else { return };
        let above = group.parent().unwrap_or(group).join("cgroup.procs");
        // Whoever is still in it keeps it; an empty group costs nothing.
        let _ = fs::write(above, std::process::id().to_string());
        let _ = fs::remove_dir(group);
    }
}

fn enter(group: &Path, file: &str) -> bool {
    let own = std::process::id().to_string();
    let entered = fs::create_dir(group).is_ok()
        && group.join(file).exists()
        && fs::write(group.join("cgroup.procs"), own).is_ok();
    if !entered {
        let _ = fs::remove_dir(group);
    }
    entered
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn number(text: &str) -> Result<f64> {
    text.trim().parse().with_context(|| format!("'{}' is no number", text.trim()))
}
