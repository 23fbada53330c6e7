//! Sizes, times and counts as people write them: `4G`, `1.5h`, `50%`. Called by the faces that
//! have such options.

use std::time::Duration;

use crate::mistake::{Mistake, Result};

/// Bytes. `K M G T P` and `Ki ..` are powers of 1024, `k m g t p` of 1000, as GNU parallel has
/// them.
pub fn bytes(text: &str) -> Result<u64> {
    let wrong = || {
        let what = format!("`{text}` is not a size");
        Mistake::new(what).hint("write for instance 512M or 4G")
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].trim_end_matches(['b', 'B']);
    let (letter, binary) = match unit.len() {
        2 if unit.ends_with(['i', 'I']) => (&unit[..1], true),
        0 | 1 => (unit, unit.chars().all(|c| c.is_ascii_uppercase())),
        _ => return Err(wrong()),
    };
    let power = match letter.to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return Err(wrong()),
    };
    let factor = if binary { 1024_u64.pow(power) } else { 1000_u64.pow(power) };
    number(digits).map(|number| number * factor as f64).and_then(whole).ok_or_else(wrong)
}

/// Bytes in the largest unit that leaves no rest: `3G`, `1536M`, `1000`.
pub fn brief_bytes(bytes: u64) -> String {
    let units = ["", "K", "M", "G", "T", "P"];
    let power = (bytes.trailing_zeros() / 10).min(5);
    match bytes {
        0 => "0".to_owned(),
        _ => format!("{}{}", bytes >> (10 * power), units[power as usize]),
    }
}

/// A time: seconds, or numbers with `d h m s` (`1h30m`), or `ms`.
pub fn duration(text: &str) -> Result<Duration> {
    let wrong = || {
        let what = format!("`{text}` is not a time");
        Mistake::new(what).hint("write for instance 90, 15m, 1.5h or 1h30m")
    };
    if let Some(milliseconds) = text.strip_suffix("ms") {
        let ms = number(milliseconds).ok_or_else(wrong)?;
        return Duration::try_from_secs_f64(ms / 1000.0).map_err(|_| wrong());
    }
    let mut seconds = 0.0;
    let mut rest = text;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let value = number(&rest[..end]).ok_or_else(wrong)?;
        let factor = match rest[end..].chars().next().map(|c| c.to_ascii_lowercase()) {
            None | Some('s') => 1.0,
            Some('m') => 60.0,
            Some('h') => 3600.0,
            Some('d') => 86400.0,
            Some(_) => return Err(wrong()),
        };
        seconds += value * factor;
        rest = rest.get(end + 1..).unwrap_or("");
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// A count of cores, devices or a named resource, in thousandths.
pub fn thousandths(text: &str) -> Result<u32> {
    let wrong = || {
        let what = format!("`{text}` is not an amount");
        Mistake::new(what).hint("write for instance 2 or 0.5")
    };
    let value = number(text).ok_or_else(wrong)? * 1000.0;
    let rounded = value.round();
    let exact = (value - rounded).abs() < 1e-6;
    if !exact {
        let what = format!("`{text}` is finer than a thousandth");
        return Err(Mistake::new(what).hint("write at most three decimals"));
    }
    whole(rounded).and_then(|value| u32::try_from(value).ok()).ok_or_else(wrong)
}

/// Those that a program can take as a word to save itself, as Linux numbers them on the
/// architectures that posse runs on.
const SIGNALS: [(&str, u8); 8] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("USR1", 10),
    ("USR2", 12),
    ("ALRM", 14),
    ("TERM", 15),
    ("WINCH", 28),
];

/// A signal by its name, with or without `SIG`, or its number.
pub fn signal(text: &str) -> Result<u8> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let named = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let number = || name.parse().ok().filter(|number| (1..=64).contains(number));
    named.or_else(number).ok_or_else(|| {
        let what = format!("`{text}` is not a signal");
        Mistake::new(what).hint("write for instance USR1, TERM or 10")
    })
}

/// Digits with at most one point; no sign, exponent or name of a special value.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok() } else { None }
}

fn whole(value: f64) -> Option<u64> {
    // Above this, doubles skip whole numbers.
    (0.0..9e15).contains(&value).then_some(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_as_people_write_them() {
        for (text, want) in [
            ("0", 0),
            ("512", 512),
            ("1K", 1024),
            ("1k", 1000),
            ("4GiB", 4 << 30),
            ("1.5M", 1572864),
        ] {
            assert_eq!(bytes(text).unwrap(), want, "{text}");
        }
        for (text, want) in
            [("90", 90.0), ("1.5h", 5400.0), ("1h30m", 5400.0), ("2d", 172800.0), ("250ms", 0.25)]
        {
            assert_eq!(duration(text).unwrap().as_secs_f64(), want, "{text}");
        }
        assert_eq!(thousandths("0.5").unwrap(), 500);
        assert_eq!(["USR1", "sigterm", "34"].map(|text| signal(text).unwrap()), [10, 15, 34]);
        for text in ["0", "1000", "1536M", "3G", "16383P"] {
            assert_eq!(brief_bytes(bytes(text).unwrap_or(16383 << 50)), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "x", "4X", "-1", "1e9", "inf", "1.2.3", "é", "9999999999P"] {
            assert!(bytes(text).is_err(), "{text}");
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(["", "SIG", "0", "65", "NOPE"].iter().all(|text| signal(text).is_err()));
        assert!(thousandths("0.0001").is_err() && thousandths("99999999").is_err());
    }
}
