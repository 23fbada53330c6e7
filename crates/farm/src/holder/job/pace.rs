//! How long tasks of a job take on a host of speed 1, and how fast hosts are beside it: moving
//! averages, so that what was long ago counts less.

use std::time::Duration;

/// A new time moves the average by this part of its distance: some ten tasks are remembered.
const WEIGHT: f64 = 0.1;

/// One odd task moves a host's speed by no more than this factor.
const ODD: f64 = 4.0;

#[derive(Debug, Clone, Copy, Default)]
pub(in crate::holder) struct Pace {
    mean_us: Option<f64>,
}

impl Pace {
    /// A task that ended well took `ran` on a host; that one's speed is mended.
    pub fn observe(&mut self, ran: Duration, speed: &mut f64) {
        let us = ran.as_secs_f64() * 1e6 + 1.0;
        let Some(mean) = &mut self.mean_us else {
            self.mean_us = Some(us * *speed);
            return;
        };
        let seen = (*mean / us).clamp(*speed / ODD, *speed * ODD);
        // Far off, it is the tasks that differ, not the hosts.
        *speed = (*speed + WEIGHT * (seen - *speed)).clamp(1.0 / 64.0, 64.0);
        *mean += WEIGHT * (us * *speed - *mean);
    }

    /// How long one takes on a host of that speed. None: none has ended yet.
    pub fn expect(&self, speed: f64) -> Option<Duration> {
        // Times are at most centuries and speeds at least 1/64, so this is a duration.
        self.mean_us.map(|us| Duration::from_secs_f64((us / speed / 1e6).min(1e12)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_twice_as_fast_is_found_to_be() {
        let (mut pace, mut slow, mut fast) = (Pace::default(), 1.0, 1.0);
        assert_eq!(pace.expect(1.0), None);
        for _ in 0..200 {
            pace.observe(Duration::from_millis(200), &mut slow);
            pace.observe(Duration::from_millis(100), &mut fast);
        }
        assert!((fast / slow - 2.0).abs() < 0.1, "{}", fast / slow);
        let expected = pace.expect(fast).unwrap().as_secs_f64();
        assert!((expected - 0.1).abs() < 0.01, "{expected}");
    }
}
