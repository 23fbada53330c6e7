//! Dependencies by name: who is meant, and that none waits for itself. Called by `taskfile`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::schema::Task;
use crate::mistake::{Mistake, Result};
use crate::near::suggestion;

/// Places of tasks in the file so that each comes after those it waits for, and of these the
/// places in this order.
pub(super) type Order = Vec<(usize, Vec<usize>)>;

/// Orders tasks as they are to be submitted: as in the file, but for those that wait for a later
/// one.
pub(super) fn order(tasks: &[Task]) -> Result<Order> {
    let mut after = dependencies(tasks)?;
    let (order, left) = sorted(&after);
    if let Some(places) = cycle(&after, &left) {
        let names: Vec<&str> = places.iter().map(|place| tasks[*place].name.as_str()).collect();
        let what = format!("tasks wait for each other: {}", names.join(" -> "));
        return Err(Mistake::new(what).hint("leave one of these out of `after`"));
    }
    let mut moved = vec![0; tasks.len()];
    for (new, old) in order.iter().enumerate() {
        moved[*old] = new;
    }
    let placed = order.into_iter().map(|old| {
        let mut meant: Vec<usize> = after[old].drain(..).map(|other| moved[other]).collect();
        meant.sort_unstable();
        (old, meant)
    });
    Ok(placed.collect())
}

/// For each task, the places of those it waits for.
fn dependencies(tasks: &[Task]) -> Result<Vec<Vec<usize>>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, task) in tasks.iter().enumerate().filter(|(_, task)| !task.name.is_empty()) {
        if let Some(first) = places.insert(&task.name, place) {
            let what = format!(
                "two tasks are called `{}`: number {} and number {}",
                task.name,
                first + 1,
                place + 1
            );
            return Err(Mistake::new(what));
        }
    }
    let mut after = Vec::with_capacity(tasks.len());
    for (number, task) in tasks.iter().enumerate() {
        let meant = task.after.all().iter().map(|name| {
            places.get(name.as_str()).copied().ok_or_else(|| {
                let what =
                    format!("{} waits for `{name}`, which is not there", called(task, number));
                let mistake = Mistake::new(what);
                match suggestion(name, places.keys().copied()) {
                    Some(hint) => mistake.hint(hint),
                    None => mistake,
                }
            })
        });
        let mut meant = meant.collect::<Result<Vec<usize>>>()?;
        meant.sort_unstable();
        meant.dedup();
        after.push(meant);
    }
    Ok(after)
}

/// What messages call a task.
pub(super) fn called(task: &Task, number: usize) -> String {
    match task.name.as_str() {
        "" => format!("task {}", number + 1),
        name => format!("task `{name}`"),
    }
}

/// Places in an order that dependencies allow, the first of the file first (Kahn 1962), and how
/// many each still waits for: more than none only where there is a cycle.
fn sorted(after: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut waits: Vec<usize> = after.iter().map(Vec::len).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
    for (place, meant) in after.iter().enumerate() {
        for other in meant {
            before[*other].push(place);
        }
    }
    let free = (0..after.len()).filter(|place| waits[*place] == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(after.len());
    while let Some(Reverse(done)) = ready.pop() {
        order.push(done);
        for place in &before[done] {
            waits[*place] -= 1;
            if waits[*place] == 0 {
                ready.push(Reverse(*place));
            }
        }
    }
    (order, waits)
}

/// A way from a task back to it, if some wait for ever.
fn cycle(after: &[Vec<usize>], waits: &[usize]) -> Option<Vec<usize>> {
    // Each of what is left waits for another of what is left: going on comes back.
    let mut at = (0..after.len()).find(|place| waits[*place] > 0)?;
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let mut way = Vec::new();
    while !seen.contains_key(&at) {
        seen.insert(at, way.len());
        way.push(at);
        at = after[at].iter().copied().find(|other| waits[*other] > 0)?;
    }
    let mut way = way.split_off(*seen.get(&at)?);
    way.push(at);
    Some(way)
}
