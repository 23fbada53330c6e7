//! How fast a core of this host is: a short fixed computation, done once, when somebody first asks
//! how busy the host is. Counted in time of the processor, so that others who compute meanwhile
//! change little. Not for: memory, disks, what many cores do together. Called by `facts`.

use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

/// One try; takes about a quarter of a millisecond.
const STEPS: u32 = 50_000;

/// The best of so many: what disturbs a try makes it slower, nothing makes it faster.
const TRIES: u32 = 4;

/// Steps that a core of speed 1 does in a second, of [`posse_wire::msg::HostLoad::speed`]; 1000
/// is a usual server's core of about 2020.
const STEPS_A_SECOND: u64 = 200_000;

/// As [`posse_wire::msg::HostLoad::speed`].
pub(crate) fn speed() -> u32 {
    static MEASURED: OnceLock<u32> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let best = (0..TRIES).map(|_| one_try()).min().unwrap_or_default();
        let a_second = u64::from(STEPS) * 1_000_000_000 / (best.as_nanos() as u64).max(1);
        u32::try_from(a_second / STEPS_A_SECOND).unwrap_or(u32::MAX).max(1)
    })
}

fn one_try() -> Duration {
    let before = of_this_thread();
    black_box(compute(black_box(STEPS)));
    of_this_thread().saturating_sub(before)
}

/// Whole numbers and fractions, each step waiting for the last, with a branch that is not
/// foreseen.
fn compute(steps: u32) -> f64 {
    let (mut whole, mut sum) = (0x9e37_79b9_7f4a_7c15_u64, 1.0_f64);
    for _ in 0..steps {
        whole ^= whole << 13;
        whole ^= whole >> 7;
        whole ^= whole << 17;
        if whole & 1 == 0 {
            sum = sum * 0.999 + (whole >> 40) as f64;
        } else {
            sum = (sum + 1.0).sqrt();
        }
    }
    sum
}

fn of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.max(0) as u64, u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_measured_once() {
        let first = speed();
        assert!(first > 0);
        assert_eq!(speed(), first);
    }
}
