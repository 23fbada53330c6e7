//! How many records each task takes: one, a fixed number, or as many as fit on a command line
//! and over the slots. Called by `plan`.

use super::options::Options;
use crate::column::Grid;
use crate::limits::FILL_BYTES_MAX;
use posse_farm::quote;

/// Neighbouring tasks that take the same number of records (the last may take fewer only where
/// the run has one task).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub first: u64,
    pub records: u64,
    pub per_task: u64,
}

/// What a command costs beside its values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// Bytes without any value.
    pub fixed: usize,
    /// Fields that are repeated with each value.
    pub fields: usize,
    /// Bytes that are repeated with each value.
    pub context: usize,
}

/// The tasks of a grid, in order.
pub(super) fn runs(grid: &Grid, options: &Options, slots: u32, room: Room) -> Vec<Run> {
    if !options.fill {
        // 0 is one record that gives no value (`-N0`).
        return fixed(grid.len(), options.per_task.unwrap_or(1).max(1));
    }
    let mut runs = Vec::new();
    let mut filler = Filler { grid, room, options, at: 0, most: options.per_task.unwrap_or(0) };
    let mut spread = false;
    while filler.at < grid.len() {
        let mut take = filler.take();
        let at_end = filler.at + take == grid.len();
        if at_end && !spread {
            spread = true;
            // What is left goes over all slots, not to the first alone.
            if take > 1 {
                filler.most = take.div_ceil(u64::from(slots.max(1)));
                take = filler.most;
            }
        }
        push(&mut runs, Run { first: filler.at, records: take, per_task: take });
        filler.at += take;
    }
    runs
}

fn fixed(records: u64, per_task: u64) -> Vec<Run> {
    let whole = records - records % per_task;
    let rest = records - whole;
    let runs = [
        Run { first: 0, records: whole, per_task },
        Run { first: whole, records: rest, per_task: rest },
    ];
    runs.into_iter().filter(|run| run.records > 0).collect()
}

fn push(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.per_task == run.per_task => last.records += run.records,
        _ => runs.push(run),
    }
}

struct Filler<'a> {
    grid: &'a Grid,
    room: Room,
    options: &'a Options,
    at: u64,
    /// Records a task may take; 0: as fit.
    most: u64,
}

impl Filler<'_> {
    /// How many records the next task takes: one at least.
    fn take(&self) -> u64 {
        let bound = self.options.max_chars.unwrap_or(FILL_BYTES_MAX).min(FILL_BYTES_MAX);
        let mut bytes = self.room.fixed;
        let mut taken = 0;
        let mut values = 0;
        for record in self.at..self.grid.len() {
            let point = self.grid.point(record);
            values += point.len();
            bytes += point.iter().map(|value| self.cost(value)).sum::<usize>();
            let fits = bytes < bound && values <= usize::from(u16::MAX);
            if taken > 0 && !fits {
                break;
            }
            taken += 1;
            if taken == self.most {
                break;
            }
        }
        taken
    }

    fn cost(&self, value: &str) -> usize {
        (quote(value).len() + 1) * self.room.fields + self.room.context
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Axis, Combine, Values};

    fn sizes(count: u64, options: &Options, slots: u32) -> Vec<u64> {
        let range = Values::Range(crate::range::Range::whole(1, count, 1).unwrap());
        let grid = Grid::new(vec![Axis::new("1", range)], Combine::Product).unwrap();
        let room = Room { fixed: 5, fields: 1, context: 0 };
        let runs = runs(&grid, options, slots, room);
        runs.iter().flat_map(|r| vec![r.per_task; (r.records / r.per_task) as usize]).collect()
    }

    #[test]
    fn a_fixed_number_leaves_a_rest() {
        let options = |n| Options { per_task: Some(n), ..Options::default() };
        assert_eq!(sizes(5, &options(2), 1), [2, 2, 1]);
        assert_eq!(sizes(4, &options(2), 1), [2, 2]);
        assert_eq!(sizes(3, &Options::default(), 1), [1, 1, 1]);
        assert_eq!(sizes(2, &options(0), 1), [1, 1]);
    }

    #[test]
    fn what_fits_is_spread_over_the_slots() {
        let fill = Options { fill: true, ..Options::default() };
        assert_eq!(sizes(6, &fill, 4), [2, 2, 2]);
        assert_eq!(sizes(7, &fill, 3), [3, 3, 1]);
        assert_eq!(sizes(1, &fill, 3), [1]);
        let short = Options { max_chars: Some(10), ..fill.clone() };
        assert_eq!(sizes(4, &short, 1), [2, 2]);
        let some = Options { per_task: Some(3), ..fill };
        assert_eq!(sizes(5, &some, 2), [3, 1, 1]);
    }
}
