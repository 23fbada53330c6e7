//! How a run ended, for people (`reached:`, `failed:` with who tried and what ssh said, as GXP has
//! it) and for programs. Called by `commands/explore` and `run::launch`.

use super::target::{Settled, Target, Way};
use super::ways::Ways;
use crate::output::visible;
use crate::run::launch::fold;
use posse::Cause;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Hosts whose failures are told in full; of more, what they have in common.
const TOLD_IN_FULL: usize = 8;

/// One object a host.
pub fn json(ways: &Ways, at: usize) -> String {
    let target = &ways.targets[at];
    let through = |way: Way| match way {
        Way::Direct => Value::Null,
        way => Value::from(ways.from(way)),
    };
    let tried = target.tried.iter().map(|attempt| {
        json!({"through": through(attempt.way), "cause": format!("{:?}", attempt.cause),
            "why": attempt.why})
    });
    let tried: Vec<Value> = tried.collect();
    match (target.settled(), target.tried.last()) {
        (Some(Settled::Up { way, already }), _) => json!({
            "host": target.name(), "up": true, "already": already, "through": through(way),
            "tried": tried,
        }),
        (_, Some(last)) => json!({
            "host": target.name(), "up": false, "cause": format!("{:?}", last.cause),
            "why": last.why, "hint": last.hint, "through": through(last.way), "tried": tried,
        }),
        (_, None) => json!({"host": target.name(), "up": false, "tried": tried}),
    }
    .to_string()
}

/// The lines of `posse explore`.
pub fn reached_and_failed(ways: &Ways) -> Vec<String> {
    let mut reached: BTreeMap<(bool, Way), Vec<&str>> = BTreeMap::new();
    let mut failed: Vec<&Target> = Vec::new();
    for target in &ways.targets {
        match target.settled() {
            Some(Settled::Up { way, already }) => {
                let way = if already { Way::Direct } else { way };
                reached.entry((!already, way)).or_default().push(target.name());
            }
            _ => failed.push(target),
        }
    }
    let mut lines: Vec<String> = reached
        .iter()
        .map(|((new, way), names)| match (new, way) {
            (false, _) => format!("reached: {} (up already)", fold(names)),
            (true, Way::Direct) => format!("reached: {}", fold(names)),
            (true, way) => format!("reached: {} through {}", fold(names), ways.from(*way)),
        })
        .collect();
    let in_full = failed.len() <= TOLD_IN_FULL;
    let mut alike: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    for target in failed {
        alike.entry(tries(ways, target, in_full)).or_default().push(target.name());
    }
    for (tries, names) in alike {
        lines.push(format!("failed: {}", fold(&names)));
        lines.extend(tries);
    }
    // Words of strangers stand in them.
    lines.iter().map(|line| visible(line.as_bytes())).collect()
}

/// Who tried, and what came of it.
fn tries(ways: &Ways, target: &Target, in_full: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for attempt in &target.tried {
        let mut words = attempt.why.lines();
        let first = words.next().unwrap_or_default();
        lines.push(format!("  from {}: {first}", ways.from(attempt.way)));
        lines.extend(words.filter(|_| in_full).map(|line| format!("    {}", line.trim_start())));
    }
    lines
}

/// What to type next, where a failure says it.
pub fn hints(ways: &Ways) -> Vec<String> {
    let failed = || ways.targets.iter().filter(|one| one.settled() == Some(Settled::Failed));
    let mut hints = Vec::new();
    for target in failed() {
        let unknown = |attempt: &&super::target::Attempt| {
            attempt.cause == Cause::HostKey && attempt.way != Way::Direct
        };
        if let Some(attempt) = target.tried.iter().find(unknown) {
            let (from, name) = (ways.from(attempt.way), target.name());
            hints.push(format!("`posse sh {from}`, and there `ssh {name}`, accepts a host key"));
            break;
        }
    }
    if failed().next().is_some() {
        hints.push("`posse use SRC TGT` states who can log in where".to_owned());
    }
    hints
}

/// The lines of `--dry`: hosts with the same outlook stand together.
pub fn outlook(ways: &Ways) -> Vec<String> {
    let mut alike: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    for (at, target) in ways.targets.iter().enumerate() {
        let steps = ways.outlook(at).into_iter().map(|(kind, who)| match kind {
            "direct" => "from here".to_owned(),
            "stated" => format!("from {who} (stated)"),
            "before" => format!("from {who} (as before)"),
            _ => format!("from {who}"),
        });
        alike.entry(steps.collect()).or_default().push(target.name());
    }
    alike.iter().map(|(steps, names)| format!("{}: {}", fold(names), steps.join(", "))).collect()
}
