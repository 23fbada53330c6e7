//! One dimension: indices to `1-40,42`. It walks as ClusterShell's `RangeSet` does with steps
//! off, so that the text is the same to the letter, including that after padded indices a run
//! is cut where the number of digits changes. Called by `fold`.

use std::fmt;

use super::Index;

/// Writes the indices of one axis; brackets if there are several.
pub(super) fn write(mut indices: Vec<Index>, out: &mut impl fmt::Write) -> fmt::Result {
    indices.sort_unstable();
    indices.dedup();
    if let [only] = indices.as_slice() {
        return write!(out, "{only}");
    }
    out.write_char('[')?;
    for (i, (first, last)) in runs(&indices).into_iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        if first == last {
            write!(out, "{comma}{first}")?;
        } else {
            write!(out, "{comma}{first}-{last}")?;
        }
    }
    out.write_char(']')
}

/// The run being collected: either consecutive, or (`step` over 1) of two indices apart,
/// the later of which may begin the next run.
struct Run {
    first: Index,
    last: Index,
    step: Option<u64>,
    padding: Option<u8>,
}

impl Run {
    fn at(index: Index) -> Run {
        let padding = index.is_padded().then_some(index.len);
        Run { first: index, last: index, step: None, padding }
    }

    /// Whether `next` would be written with the same padding.
    fn suits(&self, next: Index) -> bool {
        match self.padding {
            Some(len) => next.len == len,
            None => !next.is_padded(),
        }
    }

    fn flush(&self, runs: &mut Vec<(Index, Index)>) {
        if self.first == self.last || self.step == Some(1) {
            runs.push((self.first, self.last));
        } else {
            runs.push((self.first, self.first));
            runs.push((self.last, self.last));
        }
    }
}

fn runs(indices: &[Index]) -> Vec<(Index, Index)> {
    let mut runs = Vec::new();
    let mut current: Option<Run> = None;
    for &index in indices {
        let Some(run) = current.as_mut() else {
            current = Some(Run::at(index));
            continue;
        };
        if !run.suits(index) {
            run.flush(&mut runs);
            *run = Run::at(index);
            continue;
        }
        let step = index.value - run.last.value;
        if run.step == Some(1) && step != 1 {
            run.flush(&mut runs);
            *run = Run { step: None, ..Run::at(index) };
        } else if run.step.is_some_and(|s| s != 1) {
            runs.push((run.first, run.first));
            run.first = run.last;
            run.last = index;
            run.step = Some(step);
        } else {
            run.last = index;
            run.step = Some(step);
        }
    }
    if let Some(run) = current {
        run.flush(&mut runs);
    }
    runs
}
