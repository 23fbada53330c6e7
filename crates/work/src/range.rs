//! Ranges of exact decimal numbers: `1..10`, `10..1:-3`, `0..1:0.1`, `001..128`. Numbers are
//! integers with a common number of decimals, so that 0.1 three times is 0.3. A range is its
//! bounds; any value is computed from its number. Called by `sweep` and `array`.

use std::str::FromStr;

use crate::limits::{DIGITS_MAX, TASKS_MAX};
use crate::mistake::{Mistake, Result};

/// First value, step and length of an arithmetic sequence, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// In units of 10^-decimals.
    first: i128,
    step: i128,
    len: u64,
    /// Digits behind the point.
    decimals: u8,
    /// Digits before the point, zeros in front included.
    padding: u8,
}

impl Range {
    /// Whole numbers from `first` to `last`, both included.
    pub fn whole(first: u64, last: u64, step: u64) -> Result<Range> {
        let number = |value: u64| Decimal { units: i128::from(value), decimals: 0, padding: 0 };
        between(number(first), number(last), Some(number(step.max(1))))
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Value number `at`, from 0, as it stands in a command.
    pub fn get(&self, at: u64) -> String {
        let value = self.first + self.step * i128::from(at);
        let scale = 10_u128.pow(u32::from(self.decimals));
        let (whole, part) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
        let sign = if value < 0 { "-" } else { "" };
        let (wide, deep) = (usize::from(self.padding), usize::from(self.decimals));
        match deep {
            0 => format!("{sign}{whole:0wide$}"),
            _ => format!("{sign}{whole:0wide$}.{part:0deep$}"),
        }
    }
}

/// A number as it was written.
#[derive(Clone, Copy)]
struct Decimal {
    units: i128,
    decimals: u8,
    /// 0 where there are no zeros in front.
    padding: u8,
}

impl Decimal {
    fn parse(text: &str) -> Option<Decimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        let ends_well = !digits.ends_with('.') && !whole.is_empty();
        let short = whole.len() + part.len() <= DIGITS_MAX;
        if !(is_number(whole) && is_number(part) && ends_well && short) {
            return None;
        }
        let units: i128 = format!("{whole}{part}").parse().ok()?;
        let padded = whole.len() > 1 && whole.starts_with('0');
        Some(Decimal {
            units: if negative { -units } else { units },
            decimals: u8::try_from(part.len()).ok()?,
            padding: if padded { u8::try_from(whole.len()).ok()? } else { 0 },
        })
    }

    /// In units of 10^-decimals; there are at most 18 digits before and behind.
    fn units_at(self, decimals: u8) -> i128 {
        self.units * 10_i128.pow(u32::from(decimals.saturating_sub(self.decimals)))
    }
}

fn between(first: Decimal, last: Decimal, step: Option<Decimal>) -> Result<Range> {
    let deepest = first.decimals.max(last.decimals).max(step.map_or(0, |step| step.decimals));
    let (from, to) = (first.units_at(deepest), last.units_at(deepest));
    let one = Decimal { units: if from <= to { 1 } else { -1 }, decimals: 0, padding: 0 };
    let step = step.unwrap_or(one).units_at(deepest);
    if step == 0 {
        return Err(Mistake::new("a step of 0 never ends"));
    }
    if (to - from).signum() * step.signum() < 0 {
        let what = "the step leads away from the last value";
        return Err(Mistake::new(what).hint("write the step with the other sign"));
    }
    let len = (to - from) / step + 1;
    match u64::try_from(len) {
        Ok(len) if len <= TASKS_MAX => {
            let padding = first.padding.max(last.padding);
            Ok(Range { first: from, step, len, decimals: deepest, padding })
        }
        _ => Err(Mistake::new(format!("{len} values; the limit of one job is {TASKS_MAX}"))),
    }
}

/// Whether `text` has the shape of a range; other texts with dots are values.
pub fn looks_like_range(text: &str) -> bool {
    let Some((first, rest)) = text.split_once("..") else { return false };
    let last = rest.split(':').next().unwrap_or(rest);
    let is_number = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    is_number(first) && is_number(last)
}

impl FromStr for Range {
    type Err = Mistake;

    /// `FIRST..LAST` or `FIRST..LAST:STEP`, both ends included.
    fn from_str(text: &str) -> Result<Range> {
        let number = |part: &str, at: usize| {
            Decimal::parse(part).ok_or_else(|| {
                let what = format!("`{part}` is not a number of a range");
                Mistake::new(what).hint("write for instance 1..10, 0..1:0.1 or 10..1:-3").at(
                    text,
                    at,
                    part.len(),
                )
            })
        };
        let Some((first, rest)) = text.split_once("..") else {
            return Err(Mistake::new("not a range").hint("write for instance 1..10"));
        };
        let (last, step) = match rest.split_once(':') {
            Some((last, step)) => (last, Some((step, text.len() - step.len()))),
            None => (rest, None),
        };
        let first_number = number(first, 0)?;
        let last_number = number(last, first.len() + 2)?;
        let step = step.map(|(step, at)| number(step, at)).transpose()?;
        between(first_number, last_number, step).map_err(|mistake| mistake.at(text, 0, text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let range: Range = text.parse().unwrap();
        (0..range.len()).map(|at| range.get(at)).collect()
    }

    #[test]
    fn values_are_exact_and_look_as_written() {
        assert_eq!(all("1..4"), ["1", "2", "3", "4"]);
        assert_eq!(all("4..1"), ["4", "3", "2", "1"]);
        assert_eq!(all("10..1:-4"), ["10", "6", "2"]);
        assert_eq!(all("0..0.5:0.1"), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(all("-0.1..0.1:0.1"), ["-0.1", "0.0", "0.1"]);
        assert_eq!(all("008..010"), ["008", "009", "010"]);
        assert_eq!(all("1.5..3"), ["1.5", "2.5"]);
        assert_eq!(all("7..7"), ["7"]);
    }

    #[test]
    fn wrong_ranges_say_why() {
        for (text, part) in [
            ("1..2:0", "never ends"),
            ("1..9:-1", "leads away"),
            ("1..x", "`x` is not a number"),
            ("1..9999999999", "the limit"),
            ("1..2:", "`` is not a number"),
            ("1..2.", "`2.` is not a number"),
            ("x", "not a range"),
        ] {
            let told = text.parse::<Range>().unwrap_err().to_string();
            assert!(told.contains(part), "{text}: {told}");
        }
    }

    #[test]
    fn names_with_dots_are_no_ranges() {
        assert!(looks_like_range("1..2") && looks_like_range("-1.5..2:.5"));
        assert!(!looks_like_range("../x") && !looks_like_range("a..b") && !looks_like_range("1.5"));
    }
}
