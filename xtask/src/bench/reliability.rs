//! `cargo xtask bench reliability`: how soon deaths are known, whether pauses are taken for deaths,
//! what an idle host costs, how soon names may be changed again after the loss of who leads, and
//! what a large vm costs. A vm of 16 local daemons, one of five hosts, and one that is made large.
//!
//! Called by `mod.rs`.

use anyhow::{Result, bail};
use posse_bed::LoopbackOptions;

use super::faults::{Field, HOSTS, Known};
use super::figure::{Figure, Measure, time};
use super::ground::Ground;
use super::large::{self, Large};
use super::leaders::{Leaders, Taken};
use super::plan::Plan;
use super::table::Row;
use super::{machine, page, t11, table};
use crate::repo;

pub fn run(plan: &Plan) -> Result<bool> {
    if !plan.rows.is_empty() {
        bail!("bench reliability has no rows to choose from");
    }
    // The bed is for its directories and for the count of what is left; the hosts are local.
    let ground = Ground::start(1, LoopbackOptions::default())?;
    let mut field = Field::start(&ground)?;
    eprintln!("idle ...");
    let idle = t11::idle(&ground)?;
    let mut known = Known::default();
    for round in 1..=plan.rounds {
        eprintln!("round {round} of {} ...", plan.rounds);
        field.round(&mut known)?;
    }
    drop(field);
    drop(ground);
    let leaders = Leaders::start()?;
    let mut taken = Taken::default();
    for round in 1..=plan.rounds {
        eprintln!("who leads is lost, round {round} of {} ...", plan.rounds);
        leaders.round(&mut taken)?;
    }
    drop(leaders);
    eprintln!("a large vm ...");
    let large = large::measure()?;
    let mut rows = vec![
        death("R1", "a process is killed: its exit is told after", "≤ 0.2 s", 0.2, known.process),
        death("R2", "a daemon is killed: known after", "≤ 1 s", 1.0, known.daemon),
        death("R3", "a daemon goes silent: known after", "≤ 10 s", 10.0, known.silent),
    ];
    let deaths = Figure::number("posse", known.false_deaths as f64, "false deaths");
    let note = format!("{} pauses of 8 s", known.pauses);
    let none = Some(known.false_deaths == 0);
    rows.push(row("R4", "daemons that pause for 8 s", deaths, "none", none, vec![note]));
    let memory = Figure::number("posse", idle.megabytes, "MB");
    let what = "private memory of daemon and keeper, each host";
    let note = idle.note();
    rows.push(row("R5", what, memory, "≤ 4 MB", Some(idle.megabytes <= 4.0), vec![note]));
    let again = [
        ("R6", "the owner's daemon is killed: names are changed again after", taken.daemon),
        ("R7", "the owner's computer is lost: on another host after", taken.computer),
    ];
    rows.extend(again.map(|(name, what, times)| death(name, what, "≤ 3 s", 3.0, times)));
    rows.extend(of_large(large));
    let block = format!(
        "{}; {HOSTS} local daemons, R6 and R7 five hosts with an sshd, R8 to R10 a vm made \
         large; otherwise idle; \
         p99 of {} rounds.\n\n{}",
        machine::place(),
        plan.rounds,
        table::render(&rows)
    );
    println!("{block}");
    if plan.write {
        page::write(&repo::root(), "reliability", &block)?;
        println!("written to {}", page::PAGE);
    }
    Ok(true)
}

fn of_large(large: Large) -> [Row; 3] {
    let small = large.small_joins.iter().sum::<f64>() / large.small_joins.len() as f64;
    let what = "a host joins a vm of 10,000 hosts and 1,000,000 names: ready after";
    let mut joins = death("R8", what, "≤ 1 s", 1.0, large.joins);
    joins.notes.push(format!("{} in a vm of ten", time(small)));
    let keeps = Figure::number("posse", large.host.max(0.0), "MB");
    let what = "what it keeps more than in a small vm";
    let keeps = row("R9", what, keeps, "≤ 1 MB", Some(large.host <= 1.0), Vec::new());
    let voter = Figure::number("posse", large.voter, "MB");
    let what = "private memory of a voter of that vm";
    let voter = row("R10", what, voter, "≤ 1,000 MB", Some(large.voter <= 1000.0), Vec::new());
    [joins, keeps, voter]
}

fn death(
    name: &'static str,
    what: &'static str,
    target: &'static str,
    most: f64,
    mut seconds: Vec<f64>,
) -> Row {
    seconds.sort_by(f64::total_cmp);
    let at = |part: f64| quantile(&seconds, part);
    let note = format!(
        "p50 {}, p99 {}, max {} of {} faults",
        time(at(0.5)),
        time(at(0.99)),
        time(at(1.0)),
        seconds.len()
    );
    let figure = Figure::number("posse", at(0.99), "s");
    row(name, what, figure, target, Some(at(0.99) <= most), vec![note])
}

/// The smallest value that this part of all does not exceed; the values are sorted.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn row(
    name: &'static str,
    what: &'static str,
    posse: Figure,
    target: &'static str,
    met: Option<bool>,
    notes: Vec<String>,
) -> Row {
    let (floor, peer, measure) = (Figure::Absent, Figure::Absent, Measure::Value);
    Row { name, what, posse, floor, peer, measure, target, met, notes }
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([0.5, 0.99, 1.0].map(|part| quantile(&values, part)), [100.0, 198.0, 200.0]);
        assert_eq!(quantile(&[3.0], 0.99), 3.0);
    }
}
