//! Dependencies by name: who is meant, and that none waits for itself. Called by `taskfile`.

use std::collections::BTreeMap;

use super::schema::Task;
use crate::mistake::{Mistake, Result};
use crate::near::suggestion;

/// For each task, the places of those it waits for.
pub(super) fn order(tasks: &[Task]) -> Result<Vec<Vec<usize>>> {
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
    match cycle(&after) {
        None => Ok(after),
        Some(places) => {
            let names: Vec<&str> = places.iter().map(|place| tasks[*place].name.as_str()).collect();
            let what = format!("tasks wait for each other: {}", names.join(" -> "));
            Err(Mistake::new(what).hint("leave one of these out of `after`"))
        }
    }
}

/// What messages call a task.
pub(super) fn called(task: &Task, number: usize) -> String {
    match task.name.as_str() {
        "" => format!("task {}", number + 1),
        name => format!("task `{name}`"),
    }
}

/// A way from a task back to it, if there is one (Kahn 1962: what can not be ordered).
fn cycle(after: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut waits: Vec<usize> = after.iter().map(Vec::len).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
    for (place, meant) in after.iter().enumerate() {
        for other in meant {
            before[*other].push(place);
        }
    }
    let mut ready: Vec<usize> = (0..after.len()).filter(|place| waits[*place] == 0).collect();
    while let Some(done) = ready.pop() {
        for place in &before[done] {
            waits[*place] -= 1;
            if waits[*place] == 0 {
                ready.push(*place);
            }
        }
    }
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
