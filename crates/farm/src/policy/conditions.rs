//! What the owner of a computer asks before it may be used, and whether what was observed agrees.

use crate::limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// None of these: it works always.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    /// Keyboard, mouse and terminals were untouched for this long.
    pub idle_for: Option<Duration>,
    /// Others than posse use fewer cores than this, in thousandths.
    pub load_below: Option<u32>,
    /// It is on mains, or its battery has more than so many percent.
    pub battery_above: Option<u8>,
    /// Within one of these; empty: at any time.
    pub hours: Vec<Hours>,
}

/// A part of each day, in minutes since midnight of the host's own time: from `from` until before
/// `until`. Over midnight where `until` is not later.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    pub from: u16,
    pub until: u16,
}

/// What was seen of a computer. What can not be seen there is None, and does not keep it from
/// working, but for the keyboard: a policy that asks for it is never met blindly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Observed {
    pub idle_for: Option<Duration>,
    /// Cores that others than posse use, in thousandths.
    pub load: Option<u32>,
    pub battery: Option<Battery>,
    /// Since midnight, of the host's own time.
    pub minute: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Battery {
    pub percent: u8,
    pub on_mains: bool,
}

/// Why it may not be used.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unmet {
    InUse,
    IdleUnknown,
    Load,
    Battery,
    Hours,
}

impl Conditions {
    /// Only while nobody uses it.
    pub fn when_idle() -> Conditions {
        Conditions {
            idle_for: Some(limits::IDLE_FOR),
            load_below: Some(limits::IDLE_LOAD),
            ..Conditions::default()
        }
    }

    /// None: it may be used. Otherwise the first reason against.
    pub fn unmet(&self, seen: &Observed) -> Option<Unmet> {
        if !self.hours.is_empty() && !self.hours.iter().any(|hours| hours.holds(seen.minute)) {
            return Some(Unmet::Hours);
        }
        if let Some(least) = self.idle_for {
            match seen.idle_for {
                None => return Some(Unmet::IdleUnknown),
                Some(idle) if idle < least => return Some(Unmet::InUse),
                Some(_) => {}
            }
        }
        let loaded = self.load_below.zip(seen.load).is_some_and(|(below, load)| load >= below);
        if loaded {
            return Some(Unmet::Load);
        }
        let low = self.battery_above.zip(seen.battery);
        let low = low.is_some_and(|(above, has)| !has.on_mains && has.percent <= above);
        low.then_some(Unmet::Battery)
    }
}

impl Hours {
    pub fn holds(&self, minute: u16) -> bool {
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unmet::InUse => "somebody uses it",
            Unmet::IdleUnknown => "it can not be seen whether somebody uses it",
            Unmet::Load => "others load it",
            Unmet::Battery => "its battery is low",
            Unmet::Hours => "it is not its time",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Observed = Observed {
        idle_for: Some(Duration::from_secs(900)),
        load: Some(300),
        battery: Some(Battery { percent: 50, on_mains: false }),
        minute: 23 * 60,
    };

    #[test]
    fn a_computer_without_conditions_works_always() {
        assert_eq!(Conditions::default().unmet(&SEEN), None);
    }

    #[test]
    fn the_keyboard_must_have_been_idle() {
        let asks = |secs| Conditions {
            idle_for: Some(Duration::from_secs(secs)),
            ..Conditions::default()
        };
        assert_eq!(asks(900).unmet(&SEEN), None);
        assert_eq!(asks(901).unmet(&SEEN), Some(Unmet::InUse));
        let blind = Observed { idle_for: None, ..SEEN };
        assert_eq!(asks(1).unmet(&blind), Some(Unmet::IdleUnknown));
    }

    #[test]
    fn load_of_others_must_be_low() {
        let asks = |below| Conditions { load_below: Some(below), ..Conditions::default() };
        assert_eq!(asks(301).unmet(&SEEN), None);
        assert_eq!(asks(300).unmet(&SEEN), Some(Unmet::Load));
        assert_eq!(asks(1).unmet(&Observed { load: None, ..SEEN }), None);
    }

    #[test]
    fn the_battery_must_be_charged_unless_on_mains() {
        let asks = |above| Conditions { battery_above: Some(above), ..Conditions::default() };
        assert_eq!(asks(49).unmet(&SEEN), None);
        assert_eq!(asks(50).unmet(&SEEN), Some(Unmet::Battery));
        let battery = Some(Battery { percent: 1, on_mains: true });
        assert_eq!(asks(50).unmet(&Observed { battery, ..SEEN }), None);
        assert_eq!(asks(50).unmet(&Observed { battery: None, ..SEEN }), None);
    }

    #[test]
    fn hours_may_go_over_midnight() {
        let night = Hours { from: 20 * 60, until: 8 * 60 };
        let day = Hours { from: 9 * 60, until: 17 * 60 };
        let holds = |hours: Hours| [0, 479, 480, 540, 1019, 1020, 1200].map(|m| hours.holds(m));
        assert_eq!(holds(night), [true, true, false, false, false, false, true]);
        assert_eq!(holds(day), [false, false, false, true, true, false, false]);
        let all = Hours { from: 0, until: 0 };
        assert!(all.holds(0) && all.holds(1439));
        let asks = Conditions { hours: vec![day, night], ..Conditions::default() };
        assert_eq!(asks.unmet(&SEEN), None);
        assert_eq!(asks.unmet(&Observed { minute: 18 * 60, ..SEEN }), Some(Unmet::Hours));
    }
}
