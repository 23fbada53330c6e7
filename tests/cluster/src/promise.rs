//! The times that posse promises, on a computer that others use too. Called by tests of faults.

use std::time::Duration;

/// A promised time as it can be held against this computer now: exact where its cores are free,
/// longer in proportion where several processes want each core.
#[must_use]
pub fn promised(time: Duration) -> Duration {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    time.mul_f64((load / cores as f64).clamp(1.0, 20.0))
}
