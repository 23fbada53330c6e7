//! The shortest edit from one list of lines to another (Myers 1986), within a bound.
//! Knows no text. Called by `unified.rs`.

/// One step of an edit; lines are taken in order.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Keep,
    Delete,
    Insert,
}

/// From `a` to `b`; None if it takes more than `most` deletions and insertions.
pub fn edit(a: &[u32], b: &[u32], most: usize) -> Option<Vec<Step>> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    let trace = search(a, b, most)?;
    let mut steps = vec![Step::Keep; head];
    let middle = steps.len();
    walk_back(a, b, &trace, &mut steps);
    steps[middle..].reverse();
    steps.resize(steps.len() + tail, Step::Keep);
    Some(steps)
}

/// For each number of edits `d`: how far into `a` one gets on the diagonals -d, -d+2 ... d.
type Trace = Vec<Vec<u32>>;

fn search(a: &[u32], b: &[u32], most: usize) -> Option<Trace> {
    let mut trace: Trace = vec![];
    for d in 0..=most.min(a.len() + b.len()) {
        let mut row = Vec::with_capacity(d + 1);
        for index in 0..=d {
            let diagonal = 2 * index as i64 - d as i64;
            let (mut x, _) = trace.last().map_or((0, false), |last| best(last, index, d));
            let mut y = (x as i64 - diagonal) as usize;
            while x < a.len() && y < b.len() && a[x] == b[y] {
                x += 1;
                y += 1;
            }
            row.push(x as u32);
            if x >= a.len() && y >= b.len() {
                trace.push(row);
                return Some(trace);
            }
        }
        trace.push(row);
    }
    None
}

/// Where the `index`th diagonal of row `d` begins in `a`, from the row before; true if by an
/// insertion (from the diagonal above), false if by a deletion.
fn best(last: &[u32], index: usize, d: usize) -> (usize, bool) {
    let above = last.get(index).map(|x| *x as usize);
    let below = index.checked_sub(1).map(|below| last[below] as usize);
    match (above, below) {
        (Some(above), Some(below)) if above > below => (above, true),
        (Some(above), None) => (above, true),
        (_, Some(below)) => (below + 1, false),
        (None, None) => (d, true),
    }
}

fn walk_back(a: &[u32], b: &[u32], trace: &Trace, steps: &mut Vec<Step>) {
    let (mut x, mut y) = (a.len(), b.len());
    for d in (0..trace.len()).rev() {
        let diagonal = x as i64 - y as i64;
        let index = ((diagonal + d as i64) / 2) as usize;
        let (start, inserted) = match d {
            0 => (0, false),
            _ => best(&trace[d - 1], index, d),
        };
        while x > start {
            steps.push(Step::Keep);
            x -= 1;
            y -= 1;
        }
        if d == 0 {
            return;
        }
        if inserted {
            steps.push(Step::Insert);
            y -= 1;
        } else {
            steps.push(Step::Delete);
            x -= 1;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(a: &[u32], b: &[u32], steps: &[Step]) -> (Vec<u32>, usize) {
        let (mut from, mut to) = (a.iter(), b.iter());
        let (mut made, mut edits) = (vec![], 0);
        for step in steps {
            match step {
                Step::Keep => {
                    made.push(*from.next().unwrap());
                    assert_eq!(made.last(), to.next());
                }
                Step::Delete => {
                    from.next().unwrap();
                    edits += 1;
                }
                Step::Insert => {
                    made.push(*to.next().unwrap());
                    edits += 1;
                }
            }
        }
        assert!(from.next().is_none());
        (made, edits)
    }

    /// Length of the longest common subsequence, the slow way.
    fn common(a: &[u32], b: &[u32]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (at, y) in b.iter().enumerate() {
                let next = if x == y { corner + 1 } else { row[at].max(row[at + 1]) };
                corner = row[at + 1];
                row[at + 1] = next;
            }
        }
        row[b.len()]
    }

    #[test]
    fn the_bound_holds() {
        assert_eq!(edit(&[1, 2, 3], &[4, 5, 6], 5), None);
        assert_eq!(edit(&[1, 2, 3], &[4, 5, 6], 6).map(|steps| steps.len()), Some(6));
        assert_eq!(edit(&[1], &[1], 0), Some(vec![Step::Keep]));
        assert_eq!(edit(&[], &[], 0), Some(vec![]));
    }

    proptest! {
        #[test]
        fn edits_are_right_and_shortest(
            a in proptest::collection::vec(0u32..4, 0..24),
            b in proptest::collection::vec(0u32..4, 0..24),
        ) {
            let steps = edit(&a, &b, 1000).unwrap();
            let (made, edits) = apply(&a, &b, &steps);
            prop_assert_eq!(&made, &b);
            prop_assert_eq!(edits, a.len() + b.len() - 2 * common(&a, &b));
        }
    }
}
