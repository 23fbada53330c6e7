//! Times several ways of doing one job against each other: by turns, so that what the machine
//! does meanwhile hits all alike, and by the median.
//!
//! Called by `floors.rs` and the rows.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::cpu::Meter;
use super::figure::{Figure, Sample, median};

/// What runs jobs against each other, and how often.
pub struct Contest {
    pub meter: Meter,
    pub rounds: usize,
}

/// One way of doing the job.
pub struct Way<'a> {
    by: &'static str,
    run: Box<dyn FnMut() -> Result<()> + 'a>,
    /// Puts back what the job changed; not timed.
    after: Box<dyn FnMut() -> Result<()> + 'a>,
}

impl<'a> Way<'a> {
    pub fn new(by: &'static str, run: impl FnMut() -> Result<()> + 'a) -> Way<'a> {
        Way { by, run: Box::new(run), after: Box::new(|| Ok(())) }
    }

    /// An external command; `make` builds it anew for each run.
    pub fn command(by: &'static str, mut make: impl FnMut() -> Command + 'a) -> Way<'a> {
        Way::new(by, move || succeed(&mut make()))
    }

    pub fn after(mut self, after: impl FnMut() -> Result<()> + 'a) -> Way<'a> {
        self.after = Box::new(after);
        self
    }
}

impl Contest {
    /// One figure for each way, in the same order. A way that fails is out, with its error.
    pub fn run<const N: usize>(&self, ways: [Way<'_>; N]) -> [Figure; N] {
        self.run_at_most(self.rounds, ways)
    }

    /// For jobs so long that fewer rounds must do.
    pub fn run_at_most<const N: usize>(&self, most: usize, ways: [Way<'_>; N]) -> [Figure; N] {
        let mut runs = ways.map(|way| (way, Ok(Vec::<Sample>::new())));
        // The first round warms caches up and is not counted.
        for round in 0..=self.rounds.min(most) {
            for (way, result) in &mut runs {
                let Ok(samples) = result else { continue };
                match self.once(way) {
                    Ok(sample) if round > 0 => samples.push(sample),
                    Ok(_) => {}
                    Err(error) => *result = Err(error),
                }
            }
        }
        runs.map(|(way, result)| match result.map(|samples| median(&samples)) {
            Ok(Some(sample)) => Figure::Time { by: way.by.to_owned(), sample },
            Ok(None) => Figure::Absent,
            Err(error) => Figure::failed(way.by, &error),
        })
    }

    fn once(&self, way: &mut Way<'_>) -> Result<Sample> {
        let cpu = self.meter.seconds()?;
        let start = Instant::now();
        let ran = (way.run)();
        let wall = start.elapsed().as_secs_f64();
        let cpu = self.meter.seconds()? - cpu;
        // Also after a failure, whose own error says more.
        let after = (way.after)();
        ran.and(after).map(|()| Sample { wall, cpu })
    }
}

/// Run a command to its end without a terminal or input; its errors are ours.
pub fn succeed(command: &mut Command) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let out = command.spawn().and_then(std::process::Child::wait_with_output);
    let out = out.with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        let last = said.lines().last().unwrap_or("it said nothing").to_owned();
        bail!("{:?} ended with {}: {last}", command.get_program(), out.status);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_take_turns_and_a_failing_one_is_out() {
        let contest = Contest { meter: Meter::Machine, rounds: 3 };
        let order = std::cell::RefCell::new(String::new());
        let good = Way::new("good", || {
            order.borrow_mut().push('g');
            Ok(())
        });
        let bad = Way::new("bad", || {
            order.borrow_mut().push('b');
            bail!("no")
        });
        let figures = contest.run([good, bad]);
        assert!(matches!(figures[0], Figure::Time { .. }));
        assert_eq!(figures[1].error().unwrap(), "bad: no");
        assert_eq!(order.into_inner(), "gbggg");
    }

    #[test]
    fn a_failing_command_says_why() {
        let error = succeed(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
    }
}
