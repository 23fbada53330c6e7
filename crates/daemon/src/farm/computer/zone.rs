//! How far a time zone is ahead of UTC at some moment: from a zone's file (TZif, RFC 9636) and from
//! a rule as `TZ` has it (POSIX.1-2024, 8.3). Bytes in, seconds out.

/// Seconds east of UTC at `at`, seconds since 1970. None where the bytes are no such file.
pub(super) fn of_file(bytes: &[u8], at: i64) -> Option<i32> {
    let (first, rest) = Block::read(bytes, 4)?;
    // From version 2 on, all comes again with times of 64 bits, and with a rule for later ones.
    let (block, rule) = match bytes.get(4)? {
        0 => (first, &[][..]),
        _ => Block::read(rest, 8)?,
    };
    let rule = rule.strip_prefix(b"\n").and_then(|rule| rule.split(|byte| *byte == b'\n').next());
    let rule = rule.and_then(|rule| std::str::from_utf8(rule).ok());
    let passed = block.passed(at);
    let later = passed == block.count;
    match rule.filter(|rule| later && !rule.is_empty()) {
        Some(rule) => of_rule(rule, at).or_else(|| block.offset(passed)),
        None => block.offset(passed),
    }
}

/// Transitions of one form of a zone's file.
struct Block<'a> {
    width: usize,
    count: usize,
    times: &'a [u8],
    kinds: &'a [u8],
    offsets: &'a [u8],
}

const HEADER: usize = 44;

impl<'a> Block<'a> {
    /// With times of so many bytes. Also what comes behind it.
    fn read(bytes: &'a [u8], width: usize) -> Option<(Block<'a>, &'a [u8])> {
        let header = bytes.get(..HEADER)?;
        if !header.starts_with(b"TZif") {
            return None;
        }
        let number = |at: usize| {
            let four = header.get(20 + 4 * at..24 + 4 * at)?;
            Some(u32::from_be_bytes(four.try_into().ok()?) as usize)
        };
        let [utc, standard, leaps, count, kinds, letters] =
            [number(0)?, number(1)?, number(2)?, number(3)?, number(4)?, number(5)?];
        let mut rest = &bytes[HEADER..];
        let mut part = |length: Option<usize>| {
            let (part, behind) = rest.split_at_checked(length?)?;
            rest = behind;
            Some(part)
        };
        let times = part(count.checked_mul(width))?;
        let of_each = part(Some(count))?;
        let offsets = part(kinds.checked_mul(6))?;
        part(Some(letters))?;
        part(leaps.checked_mul(width + 4))?;
        part(Some(standard))?;
        part(Some(utc))?;
        Some((Block { width, count, times, kinds: of_each, offsets }, rest))
    }

    /// Transitions that are not later than `at`.
    fn passed(&self, at: i64) -> usize {
        let time = |bytes: &[u8]| match self.width {
            4 => bytes.try_into().map(i32::from_be_bytes).map_or(0, i64::from),
            _ => bytes.try_into().map(i64::from_be_bytes).unwrap_or(0),
        };
        self.times.chunks_exact(self.width).take_while(|bytes| time(bytes) <= at).count()
    }

    /// Behind so many transitions; before the first it is that of the first kind.
    fn offset(&self, passed: usize) -> Option<i32> {
        let kind = match passed.checked_sub(1) {
            Some(last) => usize::from(*self.kinds.get(last)?),
            None => 0,
        };
        let bytes = self.offsets.get(6 * kind..6 * kind + 4)?;
        Some(i32::from_be_bytes(bytes.try_into().ok()?))
    }
}

/// By a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
pub(super) fn of_rule(rule: &str, at: i64) -> Option<i32> {
    let mut text = Text(rule);
    text.name()?;
    let standard = -text.time()?;
    if text.0.is_empty() {
        return Some(standard);
    }
    text.name()?;
    let summer = match text.0.starts_with(',') {
        true => standard + 3600,
        false => -text.time()?,
    };
    let mut day = || {
        text.skip(',')?;
        let date = Date::read(&mut text)?;
        let time = if text.skip('/').is_some() { text.time()? } else { 2 * 3600 };
        Some((date, time))
    };
    let (begins, ends) = (day()?, day()?);
    let year = year_of(at + i64::from(standard));
    let moment = |(date, time): (Date, i32), offset: i32| {
        date.in_year(year) * 86_400 + i64::from(time) - i64::from(offset)
    };
    let (begins, ends) = (moment(begins, standard), moment(ends, summer));
    let is_summer = match begins < ends {
        true => (begins..ends).contains(&at),
        // South of the equator.
        false => !(ends..begins).contains(&at),
    };
    Some(if is_summer { summer } else { standard })
}

/// What is left of a rule.
struct Text<'a>(&'a str);

impl Text<'_> {
    fn skip(&mut self, what: char) -> Option<()> {
        self.0 = self.0.strip_prefix(what)?;
        Some(())
    }

    /// Letters, or anything in angle brackets.
    fn name(&mut self) -> Option<()> {
        let end = match self.0.starts_with('<') {
            true => self.0.find('>')? + 1,
            false => self.0.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.0.len()),
        };
        self.0 = &self.0[end..];
        (end > 0).then_some(())
    }

    fn number(&mut self) -> Option<i32> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        // Four digits are more than any has.
        let number = self.0[..end].parse().ok().filter(|number| *number <= 9_999)?;
        self.0 = &self.0[end..];
        Some(number)
    }

    /// Seconds: `[+-]hh[:mm[:ss]]`.
    fn time(&mut self) -> Option<i32> {
        let sign = if self.skip('-').is_some() { -1 } else { 1 };
        let _plus = self.skip('+');
        let mut seconds = self.number()? * 3600;
        for unit in [60, 1] {
            if self.skip(':').is_some() {
                seconds += self.number()? * unit;
            }
        }
        Some(sign * seconds)
    }
}

/// A day of each year.
#[derive(Clone, Copy)]
enum Date {
    /// Month, week (5: the last), day of the week from Sunday.
    Week(i64, i64, i64),
    /// From 1, without the 29th of February.
    Julian(i64),
    /// From 0, with it.
    Day(i64),
}

impl Date {
    fn read(text: &mut Text<'_>) -> Option<Date> {
        if text.skip('J').is_some() {
            return text.number().map(|day| Date::Julian(i64::from(day)));
        }
        if text.skip('M').is_none() {
            return text.number().map(|day| Date::Day(i64::from(day)));
        }
        let month = text.number().filter(|month| (1..=12).contains(month))?;
        text.skip('.')?;
        let week = text.number().filter(|week| (1..=5).contains(week))?;
        text.skip('.')?;
        let day = text.number().filter(|day| (0..=6).contains(day))?;
        Some(Date::Week(month.into(), week.into(), day.into()))
    }

    /// In days since 1970.
    fn in_year(self, year: i64) -> i64 {
        match self {
            Date::Julian(day) if day < 60 => days(year, 1) + day - 1,
            Date::Julian(day) => days(year, 3) + day - 60,
            Date::Day(day) => days(year, 1) + day,
            Date::Week(month, week, day) => {
                let first = days(year, month);
                let next = if month == 12 { days(year + 1, 1) } else { days(year, month + 1) };
                // 1970 began with a Thursday.
                let found = first + (day - (first + 4)).rem_euclid(7) + 7 * (week - 1);
                if found < next { found } else { found - 7 }
            }
        }
    }
}

/// From 1970 to the first of that month, in days (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn year_of(seconds: i64) -> i64 {
    let day = seconds.div_euclid(86_400);
    let guess = 1970 + day.div_euclid(366);
    let later = (guess..).take_while(|year| days(*year, 1) <= day);
    later.last().unwrap_or(guess)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds since 1970 of an hour in UTC.
    fn at(year: i64, month: i64, day: i64, hour: i64) -> i64 {
        (days(year, month) + day - 1) * 86_400 + hour * 3600
    }

    #[test]
    fn days_are_counted() {
        assert_eq!((days(1970, 1), days(2000, 3), days(2026, 12)), (0, 11_017, 20_788));
        assert_eq!((year_of(0), year_of(-1), year_of(at(2024, 12, 31, 23))), (1970, 1969, 2024));
        assert_eq!(year_of(at(2025, 1, 1, 0)), 2025);
    }

    #[test]
    fn summer_is_by_the_rule() {
        let berlin = |at| of_rule("CET-1CEST,M3.5.0,M10.5.0/3", at);
        // 2026-03-29 and 2026-10-25, at 01:00 UTC both.
        assert_eq!(berlin(at(2026, 3, 29, 1) - 1), Some(3600));
        assert_eq!(berlin(at(2026, 3, 29, 1)), Some(7200));
        assert_eq!(berlin(at(2026, 10, 25, 1) - 1), Some(7200));
        assert_eq!(berlin(at(2026, 10, 25, 1)), Some(3600));
        let sydney = |at| of_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", at);
        assert_eq!(sydney(at(2026, 1, 1, 0)), Some(11 * 3600));
        assert_eq!(sydney(at(2026, 7, 1, 0)), Some(10 * 3600));
        assert_eq!(of_rule("<-03>3", 0), Some(-3 * 3600));
        assert_eq!(of_rule("IST-5:30", 0), Some(19_800));
        assert_eq!(of_rule("EST5EDT,J60,J300", at(2024, 3, 1, 8)), Some(-4 * 3600));
        assert_eq!(of_rule("EST5EDT,59,300", at(2024, 2, 29, 8)), Some(-4 * 3600));
        for bad in ["", "5", "X", "X5Y,M13.1.0,M1.1.0", "X5Y,M3.2", "X5Y,", "<X5", "X99999"] {
            assert_eq!(of_rule(bad, 0), None, "{bad}");
        }
    }

    /// One transition at 100, from 60 to 120 seconds, then the rule.
    fn file(rule: &str) -> Vec<u8> {
        let block = |width: usize| {
            let mut bytes = b"TZif2".to_vec();
            bytes.extend([0; 15]);
            [0u32, 0, 0, 1, 2, 4].iter().for_each(|n| bytes.extend(n.to_be_bytes()));
            bytes.extend(&100i64.to_be_bytes()[8 - width..]);
            bytes.push(1);
            for offset in [60i32, 120] {
                bytes.extend(offset.to_be_bytes());
                bytes.extend([0, 0]);
            }
            bytes.extend(b"ABC\0");
            bytes
        };
        [block(4), block(8), format!("\n{rule}\n").into_bytes()].concat()
    }

    #[test]
    fn files_have_transitions_and_then_a_rule() {
        let ruled = file("XYZ-1");
        assert_eq!((of_file(&ruled, 99), of_file(&ruled, 100)), (Some(60), Some(3600)));
        assert_eq!(of_file(&file(""), 1000), Some(120));
        for length in 0..ruled.len() {
            let _total = of_file(&ruled[..length], 100);
        }
        let mut wild = ruled.clone();
        for at in 0..wild.len() {
            wild[at] ^= 0xff;
            let _total = of_file(&wild, 100);
            wild[at] ^= 0xff;
        }
    }
}
