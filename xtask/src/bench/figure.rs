//! What a measurement gives: a time with its CPU time, or another number with its unit, or why
//! there is none.
//!
//! Called by the rows and by `table.rs`.

use std::fmt;

/// One measurement in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub wall: f64,
    pub cpu: f64,
}

#[derive(Clone, Debug)]
pub enum Figure {
    /// Nothing to measure here: no peer does it, or it has no floor.
    Absent,
    Time {
        by: String,
        sample: Sample,
    },
    Number {
        by: String,
        value: f64,
        unit: &'static str,
    },
    /// It could not be measured, and why.
    Failed {
        by: String,
        error: String,
    },
}

/// Which number of a figure the target speaks of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    Wall,
    Cpu,
    Value,
}

impl Figure {
    pub fn number(by: &str, value: f64, unit: &'static str) -> Figure {
        Figure::Number { by: by.to_owned(), value, unit }
    }

    pub fn failed(by: &str, error: &anyhow::Error) -> Figure {
        Figure::Failed { by: by.to_owned(), error: format!("{error:#}") }
    }

    pub fn get(&self, measure: Measure) -> Option<f64> {
        match (self, measure) {
            (Figure::Time { sample, .. }, Measure::Wall) => Some(sample.wall),
            (Figure::Time { sample, .. }, Measure::Cpu) => Some(sample.cpu),
            (Figure::Number { value, .. }, Measure::Value) => Some(*value),
            _ => None,
        }
    }

    /// Ours against theirs: above 1, ours is the greater.
    pub fn ratio(&self, other: &Figure, measure: Measure) -> Option<f64> {
        let (ours, theirs) = (self.get(measure)?, other.get(measure)?);
        (theirs > 0.0).then(|| ours / theirs)
    }

    pub fn error(&self) -> Option<String> {
        match self {
            Figure::Failed { by, error } => Some(format!("{by}: {error}")),
            _ => None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |by: &str| {
            if by.is_empty() || by == "posse" { String::new() } else { format!("{by}: ") }
        };
        match self {
            Figure::Absent => write!(f, "–"),
            Figure::Time { by: who, sample } => {
                write!(f, "{}{} (CPU {})", by(who), time(sample.wall), time(sample.cpu))
            }
            Figure::Number { by: who, value, unit } => write!(f, "{}{value:.3} {unit}", by(who)),
            Figure::Failed { by: who, .. } => write!(f, "{}not measured", by(who)),
        }
    }
}

/// Seconds in the unit that a person reads.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// The middle one of each kind of time; of an even count the lower one.
pub fn median(samples: &[Sample]) -> Option<Sample> {
    let middle = |kind: fn(&Sample) -> f64| {
        let mut all: Vec<f64> = samples.iter().map(kind).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len().saturating_sub(1) / 2).copied()
    };
    Some(Sample { wall: middle(|s| s.wall)?, cpu: middle(|s| s.cpu)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_taken_of_each_kind() {
        let samples = [(3.0, 1.0), (1.0, 9.0), (2.0, 5.0)].map(|(wall, cpu)| Sample { wall, cpu });
        assert_eq!(median(&samples), Some(Sample { wall: 2.0, cpu: 5.0 }));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn ratios_need_both_sides() {
        let ours = Figure::number("posse", 3.0, "MB");
        let theirs = Figure::number("gxpd", 12.0, "MB");
        assert_eq!(ours.ratio(&theirs, Measure::Value), Some(0.25));
        assert_eq!(ours.ratio(&theirs, Measure::Wall), None);
        assert_eq!(ours.ratio(&Figure::Absent, Measure::Value), None);
    }

    #[test]
    fn times_are_readable() {
        assert_eq!([0.000_25, 0.105, 6.5].map(time), ["250 µs", "105.0 ms", "6.50 s"]);
    }
}
