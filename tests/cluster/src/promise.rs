//! The times that posse promises, on a computer that others use too. Called by tests of faults.

use posse_bed::wait_until;
use std::time::{Duration, Instant};

/// Looked at no longer: what is not there by now is not late, it does not come.
const NEVER: Duration = Duration::from_secs(120);

/// A promised time as it can be held against this computer now: exact where its cores are free,
/// longer in proportion where several processes want each core.
#[must_use]
pub fn promised(time: Duration) -> Duration {
    time.mul_f64(crowd())
}

/// Waits until `condition` holds and panics, with what `otherwise` says, unless that was within
/// the promised time as the computer was meanwhile.
#[track_caller]
pub fn as_promised(
    time: Duration,
    mut condition: impl FnMut() -> bool,
    otherwise: impl Fn() -> String,
) {
    let start = Instant::now();
    let mut most = crowd();
    let held = wait_until(NEVER, || {
        most = most.max(crowd());
        condition()
    });
    let took = start.elapsed();
    assert!(held, "never within {NEVER:?}: {}", otherwise());
    assert!(took < time.mul_f64(most), "after {took:?} and not {time:?} (load {most:.1})");
}

/// How many processes want each core: over the last minute or at this moment, whichever is more.
fn crowd() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut words = text.split(' ');
    let minute: f64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    // `running/all`; this process is one of them.
    let now = words.nth(2).and_then(|word| word.split('/').next()).unwrap_or("0");
    let now: f64 = now.parse().unwrap_or(0.0) - 1.0;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (minute.max(now) / cores as f64).clamp(1.0, 20.0)
}
