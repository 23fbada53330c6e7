//! What a process that is over has used, read before it is reaped: afterwards the kernel knows
//! nothing of it. Called by the daemon when children end.

use super::computer::TICKS_A_SECOND;
use posse_farm::words::Usage;
use rustix::process::Pid;
use std::time::Duration;

/// None while it runs. The peak of its memory is gone with it, and 0 here.
pub(super) fn of_dead(pid: Pid) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    of_stat(&stat)
}

/// proc_pid_stat(5): fields 14 to 17 are its times and those of children it has waited for. The
/// name, which may hold anything, ends at the last parenthesis.
fn of_stat(stat: &str) -> Option<Usage> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    if *fields.first()? != "Z" {
        return None;
    }
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let time = |own: u64, children: u64| {
        Duration::from_millis((own + children).saturating_mul(1000 / TICKS_A_SECOND))
    };
    Some(Usage {
        user: time(ticks(11)?, ticks(13)?),
        system: time(ticks(12)?, ticks(14)?),
        memory_peak: 0,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_are_its_own_and_those_of_its_children() {
        let stat = "7 (a) Z b) Z 1 7 7 0 -1 4 0 0 0 0 12 3 30 4 20 0 1 0 99 0 0";
        let usage = of_stat(stat).unwrap();
        assert_eq!(usage.user, Duration::from_millis(420));
        assert_eq!(usage.system, Duration::from_millis(70));
        assert_eq!(of_stat(&stat.replace(") Z 1", ") S 1")), None);
        assert_eq!(of_stat("nonsense"), None);
    }
}
