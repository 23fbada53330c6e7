//! Waiting for a condition with a deadline, the only form of waiting that tests may use.
//! Not for product code. Called by every test that has something to wait for.

use std::thread;
use std::time::{Duration, Instant};

/// Looks at `condition` until it holds or `deadline` has passed; says whether it held.
/// The pause between two looks grows from 1 ms to 50 ms, so that waiting costs little.
#[must_use]
pub fn wait_until(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + deadline;
    let mut pause = Duration::from_millis(1);
    loop {
        if condition() {
            return true;
        }
        let now = Instant::now();
        if now >= end {
            return false;
        }
        thread::sleep(pause.min(end - now));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::wait_until;
    use std::time::{Duration, Instant};

    #[test]
    fn holds_at_the_third_look() {
        let mut looks = 0;
        assert!(wait_until(Duration::from_secs(5), || {
            looks += 1;
            looks == 3
        }));
    }

    #[test]
    fn gives_up_at_the_deadline() {
        let start = Instant::now();
        assert!(!wait_until(Duration::from_millis(30), || false));
        assert!(start.elapsed() >= Duration::from_millis(30));
    }
}
