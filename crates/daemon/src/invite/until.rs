//! When a minute of the day comes next, by the clock and in the time zone of this computer's user.
//! Called by `join`.

use std::io;
use std::process::Command;
use std::time::Duration;

const DAY_S: u32 = 24 * 3600;

/// From now until that minute since midnight; a whole day where it is now.
pub(super) fn until(minute: u16) -> io::Result<Duration> {
    // date(1) knows the time zone; a change to summer time on the way is not foreseen.
    let said = Command::new("date").arg("+%H:%M:%S").output()?;
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let now = seconds(&text).ok_or_else(|| io::Error::other("date does not say the time"))?;
    Ok(Duration::from_secs(left(now, minute).into()))
}

fn left(now_s: u32, minute: u16) -> u32 {
    let then = u32::from(minute) * 60 % DAY_S;
    match (then + DAY_S - now_s % DAY_S) % DAY_S {
        0 => DAY_S,
        left => left,
    }
}

fn seconds(text: &str) -> Option<u32> {
    let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts[..] else { return None };
    (hours < 24 && minutes < 60 && seconds < 61).then_some(hours * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_over_is_that_of_tomorrow() {
        let hour = 3600;
        assert_eq!(left(20 * hour, 8 * 60), 12 * hour);
        assert_eq!(left(7 * hour + 59 * 60 + 59, 8 * 60), 1);
        assert_eq!(left(8 * hour, 8 * 60), DAY_S);
        assert_eq!(left(0, 23 * 60 + 59), DAY_S - 60);
    }

    #[test]
    fn the_clock_is_read() {
        assert_eq!(seconds("08:01:02"), Some(8 * 3600 + 62));
        for odd in ["", "8", "24:00:00", "08:60:00", "a:b:c", "1:2:3:4"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
        assert!(until(0).is_ok_and(|left| left.as_secs() <= u64::from(DAY_S)));
    }
}
