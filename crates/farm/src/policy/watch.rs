//! From observations to what a borrowed computer does.
//!
//! When a condition is not met any more, work is suspended at once: the owner is not to notice it.
//! It stays in memory for a grace, since many owners are soon gone again, and then leaves. It goes
//! on when all conditions were met for a while. Hours that are over leave no grace: the owner said
//! when.

use super::{Conditions, Observed, Unmet};
use crate::worker::Mode;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Watch {
    conditions: Conditions,
    /// How long what is suspended stays.
    grace: Duration,
    /// How long conditions must be met before work goes on.
    settle: Duration,
    mode: Mode,
    unmet: Option<Unmet>,
    /// Since when conditions are met or not met.
    since: Duration,
}

impl Watch {
    /// Begins suspended: nothing was observed yet.
    pub fn new(conditions: Conditions, grace: Duration, settle: Duration, now: Duration) -> Watch {
        let unmet = Some(Unmet::IdleUnknown);
        Watch { conditions, grace, settle, mode: Mode::Suspend, unmet, since: now }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it matters for how long nobody touched the computer.
    pub fn minds_keyboard(&self) -> bool {
        self.conditions.idle_for.is_some()
    }

    /// Why it does not work.
    pub fn unmet(&self) -> Option<Unmet> {
        self.unmet
    }

    /// What is to be done from now on.
    pub fn observe(&mut self, now: Duration, seen: &Observed) -> Mode {
        let unmet = self.conditions.unmet(seen);
        if unmet.is_some() != self.unmet.is_some() {
            self.since = now;
        }
        self.unmet = unmet;
        let lasted = now.saturating_sub(self.since);
        self.mode = match (unmet, self.mode) {
            (None, Mode::Run) => Mode::Run,
            (None, _) if lasted >= self.settle => Mode::Run,
            (None, other) => other,
            (Some(Unmet::Hours), _) => Mode::Vacate,
            (Some(_), Mode::Vacate) => Mode::Vacate,
            (Some(_), _) if lasted >= self.grace => Mode::Vacate,
            (Some(_), _) => Mode::Suspend,
        };
        self.mode
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hours;
    use super::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn watch() -> Watch {
        let hours = vec![Hours { from: 20 * 60, until: 8 * 60 }];
        let conditions = Conditions { idle_for: Some(secs(300)), hours, ..Conditions::default() };
        Watch::new(conditions, secs(600), secs(60), secs(0))
    }

    fn seen(idle: u64, minute: u16) -> Observed {
        Observed { idle_for: Some(secs(idle)), load: None, battery: None, minute }
    }

    #[test]
    fn it_suspends_at_once_goes_on_after_a_while_and_leaves_after_the_grace() {
        let mut watch = watch();
        let night = |idle| seen(idle, 22 * 60);
        assert_eq!(watch.observe(secs(10), &night(300)), Mode::Suspend);
        assert_eq!(watch.observe(secs(69), &night(359)), Mode::Suspend);
        assert_eq!(watch.observe(secs(70), &night(360)), Mode::Run);
        assert_eq!(watch.observe(secs(100), &night(0)), Mode::Suspend);
        assert_eq!(watch.unmet(), Some(Unmet::InUse));
        assert_eq!(watch.observe(secs(400), &night(300)), Mode::Suspend);
        assert_eq!(watch.observe(secs(460), &night(360)), Mode::Run);
        assert_eq!(watch.observe(secs(500), &night(0)), Mode::Suspend);
        assert_eq!(watch.observe(secs(1099), &night(20)), Mode::Suspend);
        assert_eq!(watch.observe(secs(1100), &night(0)), Mode::Vacate);
        assert_eq!(watch.observe(secs(1500), &night(300)), Mode::Vacate);
        assert_eq!(watch.observe(secs(1560), &night(360)), Mode::Run);
    }

    #[test]
    fn in_the_morning_it_leaves_without_grace() {
        let mut watch = watch();
        watch.observe(secs(0), &seen(900, 0));
        assert_eq!(watch.observe(secs(60), &seen(900, 1)), Mode::Run);
        assert_eq!(watch.observe(secs(90), &seen(900, 8 * 60)), Mode::Vacate);
    }
}
