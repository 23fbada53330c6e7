//! What this host is and how busy it is, read from /proc. Called when a daemon starts and when it
//! is asked.

use posse_wire::msg::{Facts, HostLoad};
use std::fs;
use std::time::Duration;

/// Sent with the daemon's hello.
pub(crate) fn facts(user: &str, home: &str) -> Facts {
    let system = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Facts {
        hostname: text(system.nodename()),
        arch: text(system.machine()),
        system: format!("{} {}", text(system.sysname()), text(system.release())),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        memory: memory(),
        user: user.to_owned(),
        home: home.to_owned(),
        pid: std::process::id(),
        listens: String::new(),
    }
}

/// All that the host has, in bytes.
pub(crate) fn memory() -> u64 {
    meminfo("MemTotal:")
}

/// Answers [`posse_wire::msg::Question::Load`].
/// `ages` are those of the processes under the vm.
pub(crate) fn load(ages: &[Duration]) -> HostLoad {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut numbers = averages.split(' ').map(|word| word.parse().unwrap_or(0.0));
    let mut next = || numbers.next().unwrap_or(0.0);
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    HostLoad {
        load: [next(), next(), next()],
        memory_available: meminfo("MemAvailable:"),
        uptime_s: uptime.split('.').next().and_then(|word| word.parse().ok()).unwrap_or(0),
        processes: u32::try_from(ages.len()).unwrap_or(u32::MAX),
        coming: ages.iter().map(coming).sum(),
        speed: crate::speed::speed(),
    }
}

/// How much of a process that began so long ago is not yet in the load of a minute, which the
/// kernel lets come and go by this law (`CALC_LOAD` of Linux).
fn coming(age: &Duration) -> f32 {
    (-age.as_secs_f32() / 60.0).exp()
}

/// A line of /proc/meminfo in bytes; 0 where it is missing.
fn meminfo(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(0, |kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_just_begun_is_still_to_come() {
        let ages = [0, 60, 3600].map(Duration::from_secs);
        let load = load(&ages);
        assert_eq!(load.processes, 3);
        assert!((load.coming - 1.368).abs() < 0.001, "{}", load.coming);
        assert!(load.speed > 0);
    }
}
