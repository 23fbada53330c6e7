//! Memory of the computer, and of a task that may have too much.

use super::Computer;
use rustix::process::Pid;

impl Computer {
    /// Bytes that are there and bytes that could be had, by `/proc/meminfo`.
    pub fn memory(&self) -> Option<(u64, u64)> {
        let text = self.read("proc/meminfo")?;
        let line = |name: &str| kibibytes(text.lines().find_map(|line| line.strip_prefix(name))?);
        Some((line("MemTotal:")?, line("MemAvailable:")?))
    }
}

/// Bytes of these processes, where what `n` processes share counts as an `n`th for each (Pss of
/// `/proc/PID/smaps_rollup`, Linux 4.14). None where it can not be told of one that is there.
pub(in crate::farm) fn proportional(pids: &[Pid]) -> Option<u64> {
    let mut all = 0;
    for pid in pids {
        let text = match std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
            Ok(text) => text,
            Err(_) if !std::path::Path::new(&format!("/proc/{pid}")).exists() => continue,
            Err(_) => return None,
        };
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        // A process that is over has none.
        all += line.and_then(kibibytes).unwrap_or(0);
    }
    Some(all)
}

/// `  123 kB`.
fn kibibytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    #[test]
    fn memory_is_what_could_be_had() {
        let text = "MemTotal:       16 kB\nMemFree:  1 kB\nMemAvailable:    9 kB\n";
        let fake = Fake::new(&[("proc/meminfo", text)]);
        assert_eq!(fake.computer().memory(), Some((16 * 1024, 9 * 1024)));
        assert_eq!(Fake::new(&[("proc/meminfo", "x")]).computer().memory(), None);
    }

    #[test]
    fn a_process_has_its_part_of_what_it_shares() {
        let me = rustix::process::getpid();
        // Kernels that do not tell have nothing to test.
        let Some(own) = proportional(&[me]) else { return };
        assert!(own > 0);
        assert!(own <= super::super::usage(&[me], 4096).resident * 2);
    }
}
