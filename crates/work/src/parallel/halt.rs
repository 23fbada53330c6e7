//! `--halt`: when enough has failed, or succeeded, to stop. Called by `options`, and by whoever
//! runs the tasks.

use crate::limits::FAILED_MAX;
use crate::mistake::{Mistake, Result};

/// When a run ends before all its tasks have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt {
    pub when: When,
    pub on: On,
    pub bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Running tasks end by themselves, no new ones start.
    Soon,
    /// Running tasks are ended.
    Now,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Fail,
    Success,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Count(u64),
    /// Of the tasks begun, after at least three.
    Percent(u64),
}

impl Halt {
    /// `never`, `soon,fail=1`, `now,success=30%`, and the old numbers -2 to 2.
    pub(super) fn parse(text: &str) -> Result<Option<Halt>> {
        let expanded = match text {
            "0" | "never" => return Ok(None),
            "1" => "soon,fail=1",
            "2" => "now,fail=1",
            "-1" => "soon,success=1",
            "-2" => "now,success=1",
            text => text,
        };
        let percent = expanded.strip_suffix('%').filter(|rest| rest.parse::<u64>().is_ok());
        let expanded = match percent {
            Some(_) => format!("soon,fail={expanded}"),
            None => expanded.to_owned(),
        };
        let read = || {
            let (when, rest) = expanded.split_once(',')?;
            let (on, bound) = rest.split_once('=').or_else(|| rest.split_once(','))?;
            let when = match when {
                "soon" => When::Soon,
                "now" => When::Now,
                _ => return None,
            };
            let on = match on {
                "fail" => On::Fail,
                "success" => On::Success,
                "done" => On::Done,
                _ => return None,
            };
            let bound = match bound.strip_suffix('%') {
                Some(part) => Bound::Percent(part.parse().ok()?),
                None => Bound::Count(bound.parse().ok()?),
            };
            Some(Halt { when, on, bound })
        };
        read().map(Some).ok_or_else(|| {
            let what = format!("`{text}` says not when to halt");
            Mistake::new(what).hint("write for instance --halt soon,fail=1 or --halt now,fail=10%")
        })
    }

    /// Whether to stop, with so many tasks ended either way out of `total`.
    pub fn is_reached(&self, failed: u64, succeeded: u64, total: u64) -> bool {
        let counted = match self.on {
            On::Fail => failed,
            On::Success => succeeded,
            On::Done => failed.saturating_add(succeeded),
        };
        match self.bound {
            Bound::Count(count) => counted >= count,
            // A share of the first one or two would be all or nothing.
            Bound::Percent(part) => {
                counted >= 3 && counted.saturating_mul(100) >= total.saturating_mul(part)
            }
        }
    }
}

impl Halt {
    /// The exit status of a run that stopped by this, after so many of `total` failed; `last` is
    /// that of the task at which it stopped.
    pub fn status(&self, failed: u64, total: u64, last: u8) -> u8 {
        let status = match (self.on, self.bound) {
            (On::Success, _) => 0,
            (On::Fail, Bound::Count(1)) => u64::from(last),
            (_, Bound::Count(_)) => failed.min(FAILED_MAX),
            (_, Bound::Percent(_)) => (failed * 200 + total) / (2 * total).max(1),
        };
        u8::try_from(status).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_are_read() {
        let soon = Halt { when: When::Soon, on: On::Fail, bound: Bound::Count(1) };
        assert_eq!(Halt::parse("1").unwrap(), Some(soon));
        assert_eq!(Halt::parse("soon,fail=1").unwrap(), Some(soon));
        assert_eq!(Halt::parse("never").unwrap(), None);
        let part = Halt { bound: Bound::Percent(5), ..soon };
        assert_eq!(Halt::parse("5%").unwrap(), Some(part));
        assert!(Halt::parse("later").is_err() && Halt::parse("now,fail").is_err());
    }

    #[test]
    fn the_status_is_that_of_gnu_parallel() {
        let status = |text, failed, total, last| {
            Halt::parse(text).unwrap().unwrap().status(failed, total, last)
        };
        assert_eq!(status("now,fail=1", 1, 5, 3), 3);
        assert_eq!(status("now,fail=2", 2, 5, 4), 2);
        assert_eq!(status("soon,fail=50%", 3, 5, 4), 60);
        assert_eq!(status("now,done=40%", 2, 7, 4), 29);
        assert_eq!(status("now,success=2", 2, 5, 0), 0);
    }

    #[test]
    fn shares_wait_for_three() {
        let halt = Halt::parse("now,fail=10%").unwrap().unwrap();
        assert!(!halt.is_reached(2, 0, 10) && halt.is_reached(3, 0, 30));
        assert!(!halt.is_reached(3, 0, 31));
        assert!(Halt::parse("-2").unwrap().unwrap().is_reached(0, 1, 9));
    }
}
