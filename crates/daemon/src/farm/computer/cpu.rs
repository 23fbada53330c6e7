//! Time of processors and memory: what all processes of the computer used, and what some did.

use super::Computer;
use rustix::process::Pid;

/// As Linux tells times to programs, on all its architectures (`sysconf(3)`, `_SC_CLK_TCK`).
pub(in crate::farm) const TICKS_A_SECOND: u64 = 100;

/// What processes have used so far, and hold now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::farm) struct Usage {
    /// Of processors, with children that were waited for.
    pub ticks: u64,
    /// Bytes that are in memory; what several share is counted for each.
    pub resident: u64,
}

/// Ticks in which these cores did something since the computer started.
pub(in crate::farm) fn busy(computer: &Computer, cores: &[u16]) -> Option<u64> {
    let stat = computer.read("proc/stat")?;
    Some(busy_of(&stat, cores))
}

/// proc_stat(5): user, nice, system, idle, iowait, irq, softirq. What a hypervisor gave to others
/// is not ours to count.
fn busy_of(stat: &str, cores: &[u16]) -> u64 {
    let of_core = |line: &str| {
        let mut words = line.strip_prefix("cpu")?.split_ascii_whitespace();
        let core: u16 = words.next()?.parse().ok()?;
        let ticks: Vec<u64> = words.map(|word| word.parse().unwrap_or(0)).collect();
        let used = [0, 1, 2, 5, 6].iter().filter_map(|at| ticks.get(*at)).sum::<u64>();
        cores.contains(&core).then_some(used)
    };
    // The first line is their sum, and has no number.
    stat.lines().filter(|line| !line.starts_with("cpu ")).filter_map(of_core).sum()
}

/// Of processes of this host, whatever computer is shown to it.
pub(in crate::farm) fn usage(pids: &[Pid], page: u64) -> Usage {
    let mut all = Usage::default();
    for pid in pids {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let Some(one) = of_stat(&stat, page) else { continue };
        all.ticks += one.ticks;
        all.resident += one.resident;
    }
    all
}

/// proc_pid_stat(5): times are fields 14 to 17, pages in memory field 24. The name, which may hold
/// anything, ends at the last parenthesis.
fn of_stat(stat: &str, page: u64) -> Option<Usage> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = [11, 12, 13, 14].into_iter().map(number).sum::<Option<u64>>()?;
    Some(Usage { ticks, resident: number(21)?.saturating_mul(page) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  60 6 30 900 9 3 3 50 0 0\ncpu0 10 1 5 300 3 1 1 9 0 0\n\
                        cpu1 20 2 10 300 3 1 1 9 0 0\ncpu12 30 3 15 300 3 1 1 9 0 0\n\
                        intr 4 5\nctxt 1\n";

    #[test]
    fn idle_time_and_other_cores_do_not_count() {
        assert_eq!(busy_of(STAT, &[0]), 18);
        assert_eq!(busy_of(STAT, &[0, 1]), 18 + 34);
        assert_eq!(busy_of(STAT, &[12, 7]), 50);
        assert_eq!(busy_of("cpu0\ncpux 1\ncpu1 a b", &[0, 1]), 0);
    }

    #[test]
    fn a_process_uses_something() {
        let stat = "7 (a) S b) S 1 7 7 0 -1 4 0 0 0 0 12 3 30 4 20 0 1 0 99 5000 25 18446744073";
        assert_eq!(of_stat(stat, 4096), Some(Usage { ticks: 49, resident: 25 * 4096 }));
        assert_eq!(of_stat("7 (a) S 1 2", 4096), None);
        assert!(usage(&[rustix::process::getpid()], 4096).resident > 0);
    }
}
