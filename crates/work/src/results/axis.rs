//! The axes of plots: numbers with round ticks, or categories in their natural order. Called by
//! `line` and `heat`.

use std::cmp::Ordering;

use crate::units;
use crate::values::Cell;

/// Numbers from `least` to `most`, with marks at round ones.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub least: f64,
    pub most: f64,
    step: f64,
}

impl Scale {
    /// Wide enough for all values, about `marks` marks.
    pub fn of(values: impl Iterator<Item = f64> + Clone, marks: usize) -> Scale {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        if !(least.is_finite() && most.is_finite()) {
            return Scale { least: 0.0, most: 1.0, step: 0.25 };
        }
        // Zero is shown where it is not far: heights are then in proportion.
        let least = if least > 0.0 && least < most / 2.0 { 0.0 } else { least };
        let most = if most < 0.0 && most > least / 2.0 { 0.0 } else { most };
        let span = most - least;
        // Equal values, and spans that overflow, get a unit around them.
        let span =
            if span > 0.0 && span.is_finite() { span } else { most.abs().clamp(1e-300, 1e300) };
        let step = round_up(span / marks.max(1) as f64);
        let (low, high) = ((least / step).floor() * step, (most / step).ceil() * step);
        let high = if high > low { high } else { low + step };
        Scale { least: low, most: high, step }
    }

    /// From 0 to 1.
    pub fn part(&self, value: f64) -> f64 {
        let part = (value - self.least) / (self.most - self.least);
        if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The marks and their labels.
    pub fn marks(&self) -> Vec<(f64, String)> {
        let count = ((self.most - self.least) / self.step).round();
        // The step was made for some ten marks; more would be a span of rounding errors.
        let count = if count.is_finite() { count.clamp(1.0, 100.0) as u32 } else { 1 };
        let all = (0..=count).map(|n| self.least + f64::from(n) * self.step);
        all.map(|value| (value, label(value, self.step))).collect()
    }
}

/// 1, 2 or 5 times a power of ten, not less than `step`.
fn round_up(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|n| n * power >= step * 0.999);
    let rounded = times.unwrap_or(10.0) * power;
    if rounded.is_finite() && rounded > 0.0 { rounded } else { 1.0 }
}

/// As many decimals as the step needs.
fn label(value: f64, step: f64) -> String {
    // -0 would show its sign.
    let value = if value.abs() < step / 1000.0 { 0.0 } else { value };
    if value.abs() >= 1e6 || (step < 1e-4 && step > 0.0) {
        return tidy_exponent(value, step);
    }
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

fn tidy_exponent(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => {
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
            format!("{mantissa}e{exponent}")
        }
        _ => text,
    }
}

/// A number with about three digits, for a cell or a legend.
pub(super) fn brief(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&digits) {
        return format!("{value:.1e}");
    }
    let decimals = (2.0 - digits).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Distinct values of a column: numbers and sizes by their amount, other texts as they come.
pub(super) fn categories<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for cell in cells {
        if known.insert(cell.text()) {
            seen.push(cell.text().to_owned());
        }
    }
    if seen.iter().all(|text| amount(text).is_some()) {
        let by_amount = |a: &String, b: &String| match (amount(a), amount(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => Ordering::Equal,
        };
        seen.sort_by(by_amount);
    }
    seen
}

/// `64`, `-1.5`, `512K`.
fn amount(text: &str) -> Option<f64> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.or_else(|| units::bytes(text).ok().map(|bytes| bytes as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        let marks = Scale::of(values.iter().copied(), 5).marks();
        marks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(labels(&[0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[3.0, 97.0]), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&[90.0, 100.0]), ["90", "92", "94", "96", "98", "100"]);
        assert_eq!(labels(&[0.0, 3e9])[1], "1e9");
        assert_eq!(labels(&[-1.0, 1.0])[0], "-1.0");
    }

    #[test]
    fn odd_values_have_an_axis_too() {
        for values in [&[][..], &[0.0], &[5.0], &[f64::MAX, f64::MIN], &[1e-310], &[-3.0, -3.0]] {
            let marks = Scale::of(values.iter().copied(), 5).marks();
            assert!((2..=101).contains(&marks.len()), "{values:?}: {marks:?}");
        }
    }

    #[test]
    fn sizes_stand_by_their_amount() {
        let cells = ["1M", "512K", "2M", "512K"].map(Cell::of);
        assert_eq!(categories(cells.iter()), ["512K", "1M", "2M"]);
        let cells = ["sort", "fft"].map(Cell::of);
        assert_eq!(categories(cells.iter()), ["sort", "fft"]);
        assert_eq!([0.123456, 1234.5, 12.0, 1e-9].map(brief), ["0.123", "1234", "12", "1.0e-9"]);
    }
}
