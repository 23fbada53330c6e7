//! Figures that programs print, one a line: what it is, its parameters, its value, its unit. Of
//! several programs that take turns, the median of each figure.
//!
//! Called by the rows.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::bench::figure::Figure;

/// Somebody who is run once a round, and prints figures.
pub struct Teller<'a> {
    by: &'static str,
    run: Box<dyn FnMut() -> Result<String> + 'a>,
}

/// All that it said, or why it is out.
pub struct Told {
    by: &'static str,
    figures: Result<BTreeMap<String, Vec<f64>>, String>,
}

const UNITS: [(&str, &str); 4] = [("us", "µs"), ("ms", "ms"), ("/s", "/s"), ("MiB", "MiB")];

impl<'a> Teller<'a> {
    pub fn new(by: &'static str, run: impl FnMut() -> Result<String> + 'a) -> Teller<'a> {
        Teller { by, run: Box::new(run) }
    }
}

/// One run of each, then the next round. The first round warms up and is not counted; one who
/// fails is out.
pub fn by_turns<const N: usize>(rounds: usize, mut tellers: [Teller<'_>; N]) -> [Told; N] {
    let mut told = tellers.each_ref().map(|it| Told { by: it.by, figures: Ok(BTreeMap::new()) });
    for round in 0..=rounds {
        for (teller, told) in tellers.iter_mut().zip(&mut told) {
            let Ok(figures) = &mut told.figures else { continue };
            match (teller.run)() {
                Ok(text) if round > 0 => note(&text, figures),
                Ok(_) => {}
                Err(error) => told.figures = Err(format!("{error:#}")),
            }
        }
    }
    told
}

fn note(text: &str, figures: &mut BTreeMap<String, Vec<f64>>) {
    for line in text.lines() {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let Some(unit) = words.pop() else { continue };
        let Some(value) = words.pop().and_then(|word| word.parse::<f64>().ok()) else { continue };
        if UNITS.iter().any(|(known, _)| *known == unit) {
            words.push(unit);
            figures.entry(words.join(" ")).or_default().push(value);
        }
    }
}

impl Told {
    /// The median of what stands under `what`, which ends with the unit: `barrier dynamic 64 ms`.
    pub fn figure(&self, what: &str) -> Figure {
        let failed = |error: String| Figure::Failed { by: self.by.to_owned(), error };
        let figures = match &self.figures {
            Ok(figures) => figures,
            Err(error) => return failed(error.clone()),
        };
        let unit = what.rsplit(' ').next().unwrap_or_default();
        let unit = UNITS.iter().find(|(known, _)| *known == unit);
        let mut values = figures.get(what).cloned().unwrap_or_default();
        values.sort_by(f64::total_cmp);
        let median = values.get(values.len().saturating_sub(1) / 2);
        match (median, unit) {
            (Some(value), Some((_, unit))) => Figure::number(self.by, *value, unit),
            _ => failed(format!("it did not say '{what}'")),
        }
    }
}

/// What a program says until its end; if that is an error, its last words are in it.
pub fn text(command: &mut Command) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().to_owned();
    let out = command.output().with_context(|| format!("cannot start {}", program.display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complained) = (text(&out.stdout), text(&out.stderr));
    if !out.status.success() {
        let last = said.lines().chain(complained.lines()).last().unwrap_or("it said nothing");
        bail!("{} ended with {}: {last}", program.display(), out.status);
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::Measure;

    #[test]
    fn figures_are_medians_of_all_rounds_but_the_first() {
        let mut values = [90.0, 3.0, 1.0, 2.0].into_iter();
        let says = || Ok(format!("a word\nsame 8 {} us\nother 1 ms\n", values.next().unwrap()));
        let [told, out] = by_turns(3, [Teller::new("x", says), Teller::new("y", || bail!("no"))]);
        assert_eq!(told.figure("same 8 us").get(Measure::Value), Some(2.0));
        assert_eq!(told.figure("same 8 us").to_string(), "x: 2.000 µs");
        assert_eq!(told.figure("same 9 us").error().unwrap(), "x: it did not say 'same 9 us'");
        assert_eq!(out.figure("same 8 us").error().unwrap(), "y: no");
    }
}
