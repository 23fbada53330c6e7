//! Makes a failing world smaller, as long as the same check fails: fewer faults, hosts, front
//! ends, jobs, no relays. What is left out changes all that is drawn later, so each try is given
//! a few draws. The same case always shrinks to the same one. Called by the program.

use crate::case::Case;
use crate::world::{Report, run};
use std::collections::BTreeSet;

/// Draws that each smaller world is given.
const DRAWS: u64 = 40;

/// Draws of the smallest, of which the shortest story is told.
const STORIES: u64 = 400;

/// The smallest world found in which the check fails that fails in this one, and what comes out
/// of it; `None` where none fails.
pub fn shrink(case: &Case) -> Option<(Case, Report)> {
    let check = run(case, false).violations.first()?.check;
    let mut best = case.clone();
    let mut size = usize::MAX;
    while left(&best) < size {
        size = left(&best);
        pass(&mut best, check);
    }
    Some(shortest(best, check))
}

/// What could still be left out.
fn left(case: &Case) -> usize {
    let plan = case.plan().0;
    let jobs = plan.jobs_from.map_or(4, |from| from as usize);
    let fronts = plan.fronts - case.without.fronts.len();
    let talkers = plan.talkers.map_or(0, |talkers| talkers.count);
    plan.faults.len() + plan.hosts + fronts + jobs + plan.relays + talkers
}

fn pass(best: &mut Case, check: &str) {
    let drawn = Case { without: Default::default(), ..best.clone() }.plan().0;
    sets(best, check, 0..drawn.faults.len(), |case| &mut case.without.faults);
    sets(best, check, 1..drawn.hosts + 1, |case| &mut case.without.hosts);
    sets(best, check, 1..drawn.fronts, |case| &mut case.without.fronts);
    for jobs in 0..best.without.jobs_from.unwrap_or(4) {
        let mut smaller = best.clone();
        smaller.without.jobs_from = Some(jobs);
        if accept(best, smaller, check) {
            break;
        }
    }
    if drawn.talkers.is_some() && !best.without.processes {
        let mut smaller = best.clone();
        smaller.without.processes = true;
        accept(best, smaller, check);
    }
    if drawn.relays > 0 && !best.without.relays {
        let mut smaller = best.clone();
        smaller.without.relays = true;
        accept(best, smaller, check);
    }
}

/// Leaves out parts of a range: all of it, its halves, their halves, each alone.
fn sets(
    best: &mut Case,
    check: &str,
    all: std::ops::Range<usize>,
    of: impl Fn(&mut Case) -> &mut BTreeSet<usize>,
) {
    let mut piece = all.len();
    while piece > 0 {
        for first in all.clone().step_by(piece) {
            let part: BTreeSet<usize> = (first..(first + piece).min(all.end)).collect();
            let mut smaller = best.clone();
            of(&mut smaller).extend(&part);
            if *of(&mut smaller) != *of(best) {
                accept(best, smaller, check);
            }
        }
        piece /= 2;
    }
}

/// Takes the smaller world if the check fails in it too, in any of its draws.
fn accept(best: &mut Case, smaller: Case, check: &str) -> bool {
    let draws = std::iter::once(best.draw).chain(0..DRAWS);
    for draw in draws {
        let case = Case { draw, ..smaller.clone() };
        if fails(&run(&case, false), check) {
            *best = case;
            return true;
        }
    }
    false
}

fn fails(report: &Report, check: &str) -> bool {
    report.violations.first().is_some_and(|violation| violation.check == check)
}

/// The draw of a world whose story is the shortest.
fn shortest(best: Case, check: &str) -> (Case, Report) {
    let mut told = run(&best, true);
    let mut which = best.clone();
    for draw in 0..STORIES {
        let case = Case { draw, ..best.clone() };
        let report = run(&case, true);
        if fails(&report, check) && report.lines.len() < told.lines.len() {
            (told, which) = (report, case);
        }
    }
    (which, told)
}
