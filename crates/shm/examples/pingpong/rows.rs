//! Which comparisons there are, how often each is made, and how it is shown.
//!
//! Called by `main`.

use crate::handover::{self, Second};
use crate::side::{self, Side, Way};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::time::Duration;

const ROUNDS: usize = 5;

/// How the two wait for each other, and where they run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Two cores, looking all the time.
    Spinning,
    /// One core, giving it to the other between looks.
    Yielding,
    /// Sleeping in the kernel, on one core or two.
    SleepingOnOne,
    SleepingOnTwo,
}

impl Place {
    fn words(self) -> &'static str {
        match self {
            Place::Spinning => "two cores, spinning",
            Place::Yielding => "one core, yielding",
            Place::SleepingOnOne => "one core, blocking",
            Place::SleepingOnTwo => "two cores, blocking",
        }
    }

    fn is_one_core(self) -> bool {
        matches!(self, Place::Yielding | Place::SleepingOnOne)
    }
}

/// A comparison: what, where, and what the first of `ways` (the floor) is.
struct Row {
    says: &'static str,
    place: Place,
    ways: &'static [(&'static str, Way)],
    batches: usize,
    turns: usize,
}

const SMALL: &[(&str, Way)] =
    &[("raw cache lines", Way::Line), ("ring", Way::Ring), ("ring and doorbell", Way::Bell)];
const SLEEPY: &[(&str, Way)] = &[("raw eventfds", Way::Event), ("ring and doorbell", Way::Asleep)];
const LARGE: &[(&str, Way)] = &[
    ("memcpy in, memcpy out", Way::Memcpy),
    ("segment", Way::Segment),
    ("cross-memory attach", Way::Attach),
];

const ROWS: [Row; 6] = [
    Row { says: "8 B", place: Place::Spinning, ways: SMALL, batches: 201, turns: 200 },
    Row { says: "8 B", place: Place::Yielding, ways: SMALL, batches: 101, turns: 20 },
    Row { says: "8 B", place: Place::SleepingOnOne, ways: SLEEPY, batches: 101, turns: 20 },
    Row { says: "8 B", place: Place::SleepingOnTwo, ways: SLEEPY, batches: 51, turns: 20 },
    Row { says: "1 MiB", place: Place::Spinning, ways: LARGE, batches: 201, turns: 1 },
    Row { says: "1 MiB", place: Place::Yielding, ways: LARGE, batches: 201, turns: 1 },
];

/// Both processes: the second one has a role.
pub fn main() {
    if handover::role().is_some() {
        return side::second();
    }
    let cores = sched_getaffinity(None).unwrap();
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| cores.is_set(*core)).collect();
    let second = Second::start("second", &[]).unwrap();
    let mut side = Side::first(&second.line);
    println!("one way, median of {ROUNDS} rounds");
    let only = std::env::args().nth(1).unwrap_or_default();
    for row in ROWS.into_iter().filter(|row| row.says.starts_with(&only)) {
        if cores.len() < 2 && !row.place.is_one_core() {
            println!("{}, {}: left out, there is one core", row.says, row.place.words());
            continue;
        }
        let other = if row.place.is_one_core() { cores[0] } else { cores[1] };
        pin(cores[0]);
        let mut rounds = vec![vec![]; row.ways.len()];
        for _ in 0..ROUNDS {
            for (which, (_, way)) in row.ways.iter().enumerate() {
                let place = row.place;
                side.ask(&second.line, *way, place, other, row.batches * row.turns);
                let batches = (0..row.batches).map(|_| side.time(*way, place, row.turns));
                rounds[which].push(median(batches.collect()));
            }
        }
        print(&row, rounds);
    }
}

fn print(row: &Row, rounds: Vec<Vec<Duration>>) {
    println!("{}, {}", row.says, row.place.words());
    let medians: Vec<f64> = rounds.into_iter().map(|round| median(round).as_secs_f64()).collect();
    for ((name, _), figure) in row.ways.iter().zip(&medians) {
        let (micros, ratio) = (figure * 1e6, figure / medians[0]);
        println!("  {name:24} {micros:10.3} us   {ratio:5.2}x");
    }
}

fn median(mut figures: Vec<Duration>) -> Duration {
    figures.sort();
    figures[figures.len() / 2]
}

/// Keeps this thread on one core.
pub fn pin(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).unwrap();
}
