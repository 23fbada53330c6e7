//! Times of batches, their median, the line that says it; and on which core.
//!
//! Used by all others.

use rustix::thread::{CpuSet, sched_setaffinity};
use std::time::Instant;

/// Median time of a batch, in microseconds.
pub fn median_micros(batches: usize, mut batch: impl FnMut()) -> f64 {
    let mut figures: Vec<f64> = (0..batches)
        .map(|_| {
            let start = Instant::now();
            batch();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

pub fn say(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

/// Keeps this thread, and those that it starts, on one core.
pub fn pin(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).unwrap();
}
