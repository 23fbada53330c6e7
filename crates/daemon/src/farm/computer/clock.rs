//! The time of day where the computer is: what `TZ` says, else `/etc/localtime`, else UTC.

use super::{Computer, zone};
use std::time::{SystemTime, UNIX_EPOCH};

const MINUTES_A_DAY: i64 = 24 * 60;

impl Computer {
    /// Minutes since midnight there.
    pub fn minute(&self, now: SystemTime) -> u16 {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let seconds = i64::try_from(seconds).unwrap_or(0);
        let said = std::env::var("TZ").unwrap_or_default();
        let local = seconds + i64::from(self.offset(&said, seconds).unwrap_or(0));
        // Below a day.
        local.div_euclid(60).rem_euclid(MINUTES_A_DAY) as u16
    }

    /// Seconds that its clocks are ahead of UTC.
    fn offset(&self, said: &str, at: i64) -> Option<i32> {
        let name = said.trim_start_matches(':');
        if name.is_empty() {
            return zone::of_file(&self.bytes("etc/localtime")?, at);
        }
        match self.bytes(format!("usr/share/zoneinfo/{}", name.trim_start_matches('/'))) {
            Some(file) => zone::of_file(&file, at),
            None => zone::of_rule(name, at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn without_a_zone_it_is_utc_and_a_rule_is_a_zone() {
        let computer = Fake::new(&[]).computer();
        let at = UNIX_EPOCH + Duration::from_secs(10 * 86_400 + 3_600 * 5 + 60 * 7);
        if std::env::var_os("TZ").is_none() {
            assert_eq!(computer.minute(at), 5 * 60 + 7);
        }
        assert_eq!(computer.offset("JST-9", 0), Some(9 * 3600));
        assert_eq!(computer.offset(":No/Such", 0), None);
    }
}
